"""Who could not be graded, by what there is to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from grader.language import _, plural
from grader.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from grader.report import Report

_NAMED = 10


def show_ungraded(reports: Sequence[Report], out: Console) -> None:
    """One line for each remedy, with the first few whom it is for; nothing where all are graded."""
    groups: dict[str, list[str]] = {}
    for report in reports:
        first = next((r for r in report.criteria if r.status == "ungraded"), None)
        if report.score is None and first is not None:
            groups.setdefault(first.hint, []).append(report.student_id)
    if not groups:
        return
    count = sum(map(len, groups.values()))
    out.print(Text(plural(count, "{count} could not be graded:", "{count} could not be graded:")))
    for hint, students in groups.items():
        names = ", ".join(plain(name) for name in students[:_NAMED])
        if len(students) > _NAMED:
            names = plural(
                len(students) - _NAMED,
                "{first} and {count} more",
                "{first} and {count} more",
                first=names,
            )
        out.print(Text("  " + _("{students}: {hint}", students=names, hint=plain(hint))))
