"""Who could not be graded: in a word, and by why and what there is to do about it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from rich.text import Text

from grader.i18n.language import N_, _, plural, spoken
from grader.i18n.message import as_message
from grader.safety.printable import printable
from grader.scoring.open_by import first_open, open_by, open_reason
from grader.scoring.phrases import what_next
from grader.terminal.student_label import label, labels_listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from grader.model.report import OpenBy, Report
    from grader.terminal.student_label import Named

_ABSENT_NAMED = 100
_REASON, _LETTER = 300, 1000
_KINDS = {
    "credentials": N_("credentials"),
    "permission": N_("permission denied"),
    "unreachable": N_("unreachable"),
    "not-ready": N_("not ready"),
    "disturbed": N_("queue disturbed"),
    "clock": N_("wrong clock"),
    "ambiguous": N_("ambiguous"),
    "vanished": N_("vanished"),
    "unusable-key": N_("unusable key"),
    "account-mismatch": N_("other account"),
    "not-observed": N_("not looked at"),
}
_EARLIER_REMEDIES = {
    "Get new credentials (in AWS Academy: AWS Details, Show) and try again.": "credentials",
    "Say which one is meant (--use), or remove the others.": "ambiguous",
}
"""What stored reports hold in another wording than today's."""


def not_graded(report: Report) -> str:
    """That there is no score, and the kind of fault where it has a word."""
    if report.absent:
        return _("nothing handed in")
    first = first_open(report)
    kind = _by_remedy().get(_remedy(first.hint_values)) if first else None
    return _("not graded: {why}", why=_(kind)) if kind else _("not graded")


@cache
def _by_remedy() -> dict[str, str]:
    """A report keeps what there is to do, which is one thing for each kind."""
    today = {_remedy(what_next(kind).values): words for kind, words in _KINDS.items()}
    return today | {remedy: _KINDS[kind] for remedy, kind in _EARLIER_REMEDIES.items()}


def _remedy(hint_values: Mapping[str, Any]) -> str:
    remedy = as_message(hint_values.get("next"))
    return remedy.message_id if remedy else ""


def show_ungraded(reports: Sequence[Report], out: Console) -> None:
    """What the grader could not find out: one line for each reason, with the first few whom it is about
    and what to do. Reasons that differ in numbers only are one. What is open by the student is not here.
    """
    groups = _by_reason(reports, "grader", _REASON)
    if not groups:
        return
    count = sum(len(students) for students, _why in groups)
    out.print(Text(plural(count, "{count} could not be graded:", "{count} could not be graded:")))
    for students, why in groups:
        out.print(_line([label(report) for report in students], why))


def _by_reason(
    reports: Sequence[Report], whose: OpenBy, longest: int
) -> list[tuple[list[Report], str]]:
    """Those that are ``whose`` to settle, by the reason, with its words and what to do about it."""
    groups: dict[tuple[str, str], tuple[list[Report], str]] = {}
    for report in reports:
        first = first_open(report)
        if first is not None and open_by(report) == whose:
            words = f"{printable(first.message, longest)} {printable(first.hint)}".strip()
            groups.setdefault(open_reason(first), ([], words))[0].append(report)
    return [*groups.values()]


def show_unjudged(reports: Sequence[Report], out: Console) -> None:
    """Whose observation the grader cannot judge: a line for each reason, and that the reports stay."""
    groups: dict[str, list[str]] = {}
    for report in reports:
        first = first_open(report)
        why = printable(first.message, _REASON) if first else ""
        groups.setdefault(why, []).append(label(report))
    for why, students in groups.items():
        out.print(_line(students, why))
    told = plural(
        len(reports),
        "The report of {students} stays as it is.",
        "The reports of {students} stay as they are.",
        students=labels_listed(map(label, reports), _ABSENT_NAMED),
    )
    out.print(Text(told), soft_wrap=True)


def show_missing(students: Sequence[Named], out: Console) -> None:
    """Who is of the class and has no report yet."""
    told = plural(
        len(students),
        "{count} student has no report yet: {students}.",
        "{count} students have no report yet: {students}.",
        students=labels_listed(map(label, students), _ABSENT_NAMED),
    )
    out.print(Text(told), soft_wrap=True)


def show_waiting(reports: Sequence[Report], out: Console) -> None:
    """Who can settle alone what is open of them, with their sure points and the words to send them:
    one line for all who are sent the same."""
    groups = _by_reason(reports, "student", _LETTER)
    if not groups:
        return
    count = sum(len(students) for students, _words in groups)
    head = plural(
        count,
        "Waiting for {count} student, who alone can settle what is open; send them these words:",
        "Waiting for {count} students, who alone can settle what is open; send them these words:",
    )
    out.print(Text(head))
    for students, words in groups:
        out.print(_line([_with_sure_points(report) for report in students], words))


def _with_sure_points(report: Report) -> str:
    if report.sure_points is None:
        return label(report)
    sure = spoken().number(report.sure_points)
    return _("{student} ({points} sure)", student=label(report), points=sure)


def _line(students: Sequence[str], why: str) -> Text:
    return Text("  " + _("{students}: {why}", students=labels_listed(students), why=why))


def show_absent(students: Sequence[Named], out: Console) -> None:
    """Who handed in nothing."""
    if students:
        told = plural(
            len(students),
            "{count} student handed in nothing: {students}.",
            "{count} students handed in nothing: {students}.",
            students=labels_listed(map(label, students), _ABSENT_NAMED),
        )
        out.print(Text(told), soft_wrap=True)
