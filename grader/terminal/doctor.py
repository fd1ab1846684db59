"""What a person sees of the accounts that were examined: a table, then what to fix."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from grader.doctor.examine import LEARNER_LAB_HOURS, PARTNER
from grader.i18n.language import _, plural
from grader.model.fact import Found, Unknown
from grader.safety.printable import printable
from grader.terminal.student_label import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from grader.doctor.examine import Examination

_AS = 2
_SHORT_NAME = 16
_ANY_WIDTH = 10_000


def show_examinations(found: Sequence[Examination], out: Console) -> None:
    """A line a student, then a line for each thing to fix before the batch, with everybody whom it is
    about."""
    table = _table(found)
    if out.measure(table, options=out.options.update_width(_ANY_WIDTH)).maximum > out.width:
        # Whose session it is can be told from its beginning; a student's id is needed whole.
        table.columns[_AS].max_width = _SHORT_NAME
    out.print(table)
    out.print()
    if any(
        examination.ends_by and isinstance(examination.seen.identity, Found)
        for examination in found
    ):
        out.print(
            _(
                "“by” ({zone}): a Learner Lab's session ends at most {hours} h after its block was"
                " handed in.",
                zone=datetime.now().astimezone().tzname(),
                hours=LEARNER_LAB_HOURS,
            )
        )
    untold = dict.fromkeys(action for examination in found for action in examination.seen.untold)
    if untold:
        line = _(
            "Not known, because only doing it would tell: whether {actions} is allowed.",
            actions=", ".join(untold),
        )
        out.print(line)
    notes: dict[str, list[str]] = {}
    for examination in found:
        for note in examination.notes:
            notes.setdefault(note, []).append(printable(examination.entry.student_id))
    for note, students in notes.items():
        line = _("{student}: {note}", student=", ".join(students), note=printable(note))
        out.print(Text(line))
    faults: dict[tuple[str, str], list[str]] = {}
    for examination in found:
        for fault in examination.faults:
            faults.setdefault(fault, []).append(label(examination.entry))
    if not faults:
        out.print(_("Nothing to fix before the batch."))
        return
    out.print()
    out.print(Text(_("Fix before the batch:"), style="bold"))
    for (message, remedy), students in faults.items():
        out.print(
            Text(
                _(
                    "{student}: {fault} {remedy}",
                    student=", ".join(students),
                    fault=printable(message),
                    remedy=printable(remedy),
                )
            )
        )


def _table(found: Sequence[Examination]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(_("student"), overflow="fold")
    for name in (_("account"), _("as"), _("ends"), _("functions"), _("actions")):
        table.add_column(name, no_wrap=True)
    for examination in found:
        identity = examination.seen.identity
        known = identity.value if isinstance(identity, Found) else None
        table.add_row(
            Text(printable(examination.entry.student_id)),
            Text(printable(known.account_id) if known else "-"),
            Text(printable(known.arn.rpartition("/")[2].rpartition(":")[2]) if known else "-"),
            Text(_ends(examination) if known or examination.ends == PARTNER else "-"),
            Text(_functions(examination)),
            Text(_actions(examination)),
        )
    return table


def _ends(examination: Examination) -> str:
    if examination.ends_by is not None:
        return _("by {time}", time=f"{examination.ends_by:%H:%M}")
    return _(examination.ends)


def _functions(examination: Examination) -> str:
    facts = examination.seen.functions.values()
    if examination.seen.elsewhere:
        return examination.seen.elsewhere
    if not facts or any(isinstance(fact, Unknown) for fact in facts):
        return "?" if facts else "-"
    there = sum(isinstance(fact, Found) for fact in facts)
    return _("{some} of {all}", some=there, all=len(facts))


def _actions(examination: Examination) -> str:
    if not examination.seen.functions:
        return "-"
    if examination.seen.refused is not None:
        return _("refused")
    if examination.seen.denied:
        return plural(len(examination.seen.denied), "{count} denied", "{count} denied")
    return "?" if examination.seen.unknown else _("OK")
