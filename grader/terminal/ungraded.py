"""Who could not be graded: in a word, and by why and what there is to do about it."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from rich.text import Text

from grader.i18n.language import N_, _, plural
from grader.i18n.message import as_message
from grader.safety.printable import plain
from grader.scoring.phrases import what_next

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.console import Console

    from grader.model.report import CriterionResult, Report

_NAMED = 10
_REASON = 300
_NUMBER = re.compile(r"\d+")
_KINDS = {
    "credentials": N_("credentials"),
    "permission": N_("permission denied"),
    "unreachable": N_("unreachable"),
    "not-ready": N_("not ready"),
    "disturbed": N_("queue disturbed"),
    "clock": N_("wrong clock"),
    "ambiguous": N_("ambiguous"),
    "vanished": N_("vanished"),
    "account-mismatch": N_("other account"),
    "not-observed": N_("not looked at"),
}


def not_graded(report: Report) -> str:
    """That there is no score, and the kind of fault where it has a word."""
    first = _first_ungraded(report)
    kind = _by_remedy().get(_remedy(first.hint_values)) if first else None
    return _("not graded: {why}", why=_(kind)) if kind else _("not graded")


@cache
def _by_remedy() -> dict[str, str]:
    """A report keeps what there is to do, which is one thing for each kind."""
    return {_remedy(what_next(kind).values): words for kind, words in _KINDS.items()}


def _remedy(hint_values: Mapping[str, Any]) -> str:
    remedy = as_message(hint_values.get("next"))
    return remedy.message_id if remedy else ""


def _first_ungraded(report: Report) -> CriterionResult | None:
    return next((one for one in report.criteria if one.status == "ungraded"), None)


def show_ungraded(reports: Sequence[Report], out: Console) -> None:
    """Who could not be graded; apart from them who has to settle it, with what to tell them."""
    theirs = [one for one in reports if one.score is None and one.open_by == "student"]
    named = {report.student_id for report in theirs}
    others = [report for report in reports if report.student_id not in named]
    _show(
        others,
        lambda n: plural(n, "{count} could not be graded:", "{count} could not be graded:"),
        out,
    )
    _show(
        theirs,
        lambda n: plural(
            n,
            "{count} has to settle something; tell them:",
            "{count} have to settle something; tell them:",
        ),
        out,
    )


def _show(reports: Sequence[Report], head: Callable[[int], str], out: Console) -> None:
    """One line for each reason, with the first few whom it is about and what to do; nothing where all
    are graded. Reasons that differ in numbers only are one."""
    groups: dict[tuple[str, str], list[str]] = {}
    reasons: dict[tuple[str, str], str] = {}
    for report in reports:
        first = _first_ungraded(report)
        if report.score is None and first is not None:
            alike = _NUMBER.sub("#", first.message), first.hint
            groups.setdefault(alike, []).append(report.student_id)
            reasons.setdefault(
                alike, f"{plain(first.message, _REASON)} {plain(first.hint)}".strip()
            )
    if not groups:
        return
    count = sum(map(len, groups.values()))
    out.print(Text(head(count)))
    for alike, students in groups.items():
        names = ", ".join(plain(name) for name in students[:_NAMED])
        if len(students) > _NAMED:
            names = plural(
                len(students) - _NAMED,
                "{first} and {count} more",
                "{first} and {count} more",
                first=names,
            )
        out.print(Text("  " + _("{students}: {why}", students=names, why=reasons[alike])))
