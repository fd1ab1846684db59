"""What judging again changed, as a person reads it: who, by how much, and why."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.text import Text

from grader.i18n.language import _, spoken
from grader.safety.printable import printable
from grader.scoring.adjustment_words import adjustment_lines
from grader.terminal.report import points
from grader.terminal.student_label import label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from grader.batch.regrade import CriterionChange, ReportChange
    from grader.model.report import CriterionResult, Report

_WHY = 160


def show_changes(changes: Iterable[ReportChange], out: Console) -> None:
    """A student a paragraph: the score before and after, then each criterion that moved and why."""
    for change in changes:
        after = change.after
        out.print(
            Text(
                _(
                    "{student}: {before} -> {after}",
                    student=label(after),
                    before=_score(change.before),
                    after=points(after.score, after.max_score) + _by(change),
                ),
                style="bold",
            )
        )
        for moved in change.moved:
            out.print(Text(_line(moved, out.width)))
        if change.is_adjusted:
            for line in adjustment_lines(after, spoken().code, spoken().number):
                out.print(Text(f"  {printable(line)}"), soft_wrap=True)
            if not after.adjusted:
                out.print(Text("  " + _("Nothing is adjusted any more.")))


def _score(report: Report | None) -> str:
    return _("no report") if report is None else points(report.score, report.max_score)


def _by(change: ReportChange) -> str:
    before = None if change.before is None else change.before.score
    after = change.after.score
    if before is None or after is None:
        return f" ({_('not graded')})" if after is None else ""
    return f" ({'+' if after >= before else '-'}{spoken().number(abs(after - before))})"


def _line(moved: CriterionChange, width: int) -> str:
    said = f"  {printable(moved.id)}  {_moved(moved.before, moved.after)}"
    why = moved.after.message if moved.after else _("The rubric does not have it any more.")
    if why:
        said += f"  {printable(why, _WHY)}"
    return textwrap.fill(
        said, width, subsequent_indent="    ", break_on_hyphens=False, drop_whitespace=True
    )


def _moved(before: CriterionResult | None, after: CriterionResult | None) -> str:
    if before is None:
        return _("none -> {after}", after=_points(after))
    if after is None:
        return _("{before} -> none", before=_points(before))
    return f"{_points(before)} -> {_points(after)}"


def _points(result: CriterionResult | None) -> str:
    return "-" if result is None else points(result.points, result.max_points)
