"""What a person sees in the terminal of a report, and of a class."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.i18n.language import _, plural, spoken
from grader.pages.words import SHORT_FLAGS
from grader.safety.printable import printable
from grader.scoring.adjust import counted
from grader.scoring.adjustment_words import adjustment_lines
from grader.scoring.open_by import open_by, open_points
from grader.terminal.class_table import class_table
from grader.terminal.evidence import evidence_lines
from grader.terminal.student_label import label, label_of
from grader.terminal.ungraded import not_graded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import Console

    from grader.model.report import CriterionResult, Report
    from grader.scoring.summary import Summary

_MARKS = {
    "passed": ("✓", "green"),
    "partial": ("◐", "dark_orange3"),  # yellow vanishes on white
    "failed": ("✗", "red"),
    "blocked": ("·", "dim"),
    "ungraded": ("?", "magenta"),
}
_WAITING = ("…", "dim")


def points(value: float | None, maximum: float) -> str:
    """``3/4``, or ``-/4`` where there are none."""
    return f"{'-' if value is None else spoken().number(value)}/{spoken().number(maximum)}"


# -- one report -----------------------------------------------------------------------------------


def show_report(report: Report, out: Console, after: Report | None = None) -> None:
    """One line a criterion; for what did not pass: expected, found, next step; the score last.

    What :func:`show_partial_report` said of ``after`` already is not said again.
    """
    reason = _unreached(report)
    if reason is not None:
        out.print(
            Text.assemble((f"{_('Not graded.')} ", "bold magenta"), printable(reason.message))
        )
        out.print(Text(printable(reason.hint), style="italic"))
        return
    if after is None or after.found_as != report.found_as:
        _show_found(report, out)
    known = (
        set() if after is None else {msgspec.json.encode(criterion) for criterion in after.criteria}
    )
    rest = [result for result in looked_at(report) if msgspec.json.encode(result) not in known]
    _show_criteria([(_MARKS[result.status], result, _said(result)) for result in rest], out)
    out.print()
    if report.looked_at is not msgspec.UNSET:
        _show_subtotal(report, out)
    elif report.score is None:
        _show_open(report, out)
    else:
        style = "bold green" if report.score == report.max_score else "bold"
        line = _("Score: {score} of {maximum} points", score=report.score, maximum=report.max_score)
        out.print(Text(line, style=style))
    show_adjustments(report, out)
    if report.flags:
        out.print(Text(_("Noted: {flags}", flags=_flags(report)), style="dim"))


def show_change(report: Report, shown: Report, out: Console) -> None:
    """What the end of a visit changed of the whole report that was ``shown`` before; mostly nothing."""
    as_late = {"finished_at": report.finished_at, "duration_s": report.duration_s}
    if msgspec.structs.replace(shown, **as_late) != report:
        out.print(Text(_("What came after that changes it:")))
        show_report(report, out, shown)


def show_adjustments(report: Report, out: Console) -> None:
    """What the checks gave, and what made another score of it; nothing where nothing did."""
    for line in adjustment_lines(report, spoken().code, spoken().number):
        out.print(Text(printable(line)), soft_wrap=True)


def show_partial_report(
    report: Report, waiting: Callable[[CriterionResult], bool], out: Console
) -> None:
    """The same of what is known before the function is run: the rest is ``waiting``, without a score."""
    _show_found(report, out)
    rows: list[tuple[tuple[str, str], CriterionResult, Text]] = []
    for result in looked_at(report):
        if waiting(result):
            line = Text(f"{printable(result.title)} — {_('waiting')}", style="dim")
            rows.append((_WAITING, result, line))
        else:
            rows.append((_MARKS[result.status], result, _said(result)))
    _show_criteria(rows, out)
    out.print()


def looked_at(report: Report) -> list[CriterionResult]:
    """The criteria that were looked at: all, unless the report says which."""
    every = [*report.criteria]
    if report.looked_at is msgspec.UNSET:
        return every
    return [result for result in every if result.id in report.looked_at]


def _show_found(report: Report, out: Console) -> None:
    for role, one in report.found_as.items():
        line = _("“{role}” is {name}, {how}.", role=role, name=one.name, how=one.how)
        out.print(Text(printable(line)))


def _show_criteria(
    rows: Iterable[tuple[tuple[str, str], CriterionResult, Text]], out: Console
) -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for mark, result, said in rows:
        value = Text(points(result.points, result.max_points), style="dim")
        table.add_row(Text(*mark), value, said)
    out.print(table)


def _show_subtotal(report: Report, out: Console) -> None:
    """The points of what was looked at, and what was not."""
    looked = looked_at(report)
    open_ones = [result for result in looked if result.status == "ungraded"]
    line = _(
        "Subtotal of the criteria that were looked at, in points: {sure} of {maximum}. There is a score"
        " only when all are looked at.",
        sure=report.sure_points,
        maximum=math.fsum(result.max_points for result in looked),
    )
    if open_ones:
        unsure = _("Something could not be checked; it does not count against you.")
        out.print(Text.assemble((f"{_('Not graded.')} ", "bold magenta"), unsure))
    out.print(Text(line, style="bold"))
    left = [criterion.id for criterion in report.criteria if criterion not in looked]
    out.print(
        Text(_("Not looked at: {criteria}.", criteria=printable(", ".join(left))), style="dim")
    )


def _show_open(report: Report, out: Console) -> None:
    """That there is no grade, whose that is to settle, and what is sure all the same."""
    why = (
        _("Only you can fix what is open: do what is said above, then check again.")
        if open_by(report) == "student"
        else _("Something could not be checked; it does not count against you.")
    )
    out.print(Text.assemble((f"{_('Not graded.')} ", "bold magenta"), why))
    if report.sure_points is not None:
        line = _(
            "Sure so far: {sure} of {maximum} points; still open: {open}.",
            sure=report.sure_points,
            maximum=report.max_score,
            open=open_points(report),
        )
        out.print(Text(line))


def _flags(report: Report, suspicion: Iterable[str] = ()) -> str:
    names = sorted({*report.flags, *suspicion})
    return ", ".join(printable(_(SHORT_FLAGS.get(name, name))) for name in names)


def _unreached(report: Report) -> CriterionResult | None:
    """The one thing to say where the same fault kept everything from being checked."""
    looked = looked_at(report)
    said = {(result.status, result.message) for result in looked}
    same = len(said) == 1 and len(looked) > 1
    return looked[0] if same and looked[0].status == "ungraded" else None


def _said(result: CriterionResult) -> Text:
    """The criterion's line, and below it what to do next, and what that rests on."""
    if result.status == "passed":
        return Text(printable(result.title))
    line = Text.assemble((printable(result.title), "bold"))
    if result.message:
        line.append(f" — {printable(result.message)}")
    for step in result.next_steps:
        line.append(f"\n{printable(step)}", style="italic")
    for words in evidence_lines(result):
        line.append(f"\n{words}", style="dim")
    return line


# -- a class --------------------------------------------------------------------------------------


def show_class(reports: Sequence[Report], summary: Summary, out: Console) -> None:
    """A table of students, or a paragraph for each where a table has no room; then statistics.

    What is suspicious of a student comes from the summary: no report says it.
    """
    suspicion = {score.student_id: score.suspicion or () for score in summary.scores}
    noted = {
        report.student_id: _flags(
            report, [finding.flag for finding in suspicion.get(report.student_id, ())]
        )
        for report in reports
    }
    names = [Text(label_of(report)) for report in reports]
    columns = {
        _("student"): [Text(printable(report.student_id)) for report in reports],
        _("points"): [Text(points(report.score, report.max_score)) for report in reports],
        **({_("name"): names} if any(names) else {}),
        _("lost on"): [_lost(report) for report in reports],
        _("noted"): [Text(noted[report.student_id], style="dim") for report in reports],
    }
    table = class_table(columns, out.width)
    if table is not None:
        out.print(table)
    else:
        for report in reports:
            _show_paragraph(report, noted[report.student_id], out)
    out.print()
    _show_statistics(summary, out)


def _show_paragraph(report: Report, noted: str, out: Console) -> None:
    """What a row of the table says, where there is no room for a table."""
    out.print(Text(f"{label(report)}  {points(report.score, report.max_score)}"))
    lines = [_lost(report)]
    if report.score is not None and lines[0]:
        lines = [Text.assemble(_("lost on"), _(": "), lines[0])]
    lines += [Text(f"{_('noted')}{_(': ')}{noted}", style="dim")] if noted else []
    for line in filter(None, lines):
        out.print(Padding(line, (0, 0, 0, 2)))


def _lost(report: Report) -> Text:
    if report.score is None:
        return Text(not_graded(report), style="magenta")
    lost = [
        result.id
        for result in report.criteria
        # A human may have given the points back.
        if result.status in {"failed", "partial"} and counted(result, report) != result.max_points
    ]
    return Text(", ".join(lost))


def _show_statistics(summary: Summary, out: Console) -> None:
    counts = [
        plural(summary.students, "{count} student", "{count} students"),
        plural(summary.graded, "{count} graded", "{count} graded"),
    ]
    absent = summary.absent or 0
    if open_yet := summary.ungraded - absent:
        counts.append(plural(open_yet, "{count} not graded", "{count} not graded"))
    if absent:
        told = plural(absent, "{count} handed in nothing", "{count} handed in nothing")
        counts.append(told)
    out.print(Text(", ".join(counts), style="bold"))
    if summary.mean is None or summary.median is None:
        return
    out.print(
        Text(
            _(
                "mean {mean}, median {median}, from {lowest} to {highest} of {maximum} points",
                mean=spoken().number(summary.mean, "0.00"),
                median=spoken().number(summary.median, "0.00"),
                lowest=summary.lowest,
                highest=summary.highest,
                maximum=summary.max_score,
            )
        )
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(_("criterion"))
    table.add_column(_("passed"), justify="right")
    table.add_column(_("mean points"), justify="right")
    for criterion in summary.criteria:
        rate = "-" if criterion.pass_rate is None else spoken().percent(criterion.pass_rate)
        mean = None if criterion.mean_points is None else round(criterion.mean_points, 2)
        table.add_row(Text(criterion.id), rate, points(mean, criterion.max_points))
    out.print(table)
