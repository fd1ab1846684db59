"""What a person sees in the terminal: a report, a class, problems, progress."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from grader.export.grades_csv import number
from grader.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grader.problems import Problem
    from grader.report import CriterionResult, Report
    from grader.summary import Summary

_MARKS = {
    "passed": ("✓", "green"),
    "partial": ("◐", "yellow"),
    "failed": ("✗", "red"),
    "blocked": ("·", "dim"),
    "ungraded": ("?", "magenta"),
}
_PLAINER = str.maketrans(
    {"✓": "+", "◐": "~", "✗": "x", "·": "-", "—": "-", "–": "-", "…": "...", "→": "->"}
    | dict.fromkeys("“”«»", '"')
    | dict.fromkeys("‘’", "'")
)


def _plainer(error: UnicodeError) -> tuple[str, int]:
    """What a terminal of fewer characters shows instead of one that it does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end].translate(_PLAINER)
    return missing.encode("ascii", "replace").decode(), error.end


codecs.register_error("grader.plainer", _plainer)


class _Console(Console):
    """A console whose reader may go away: what is said afterwards is lost, and nothing else is."""

    def on_broken_pipe(self) -> None:
        discard_output(self.file)


def discard_output(stream: IO[str]) -> None:
    """Send what is still written to ``stream`` nowhere: whoever read it has gone."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def console(stream: IO[str], *, quiet: bool = False) -> Console:
    """A console on ``stream``: colour on a terminal; plain lines elsewhere, with ``NO_COLOR`` set and
    when ``quiet``."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="grader.plainer")
    terminal = stream.isatty()
    plain_lines = quiet or not terminal or bool(os.environ.get("NO_COLOR"))
    # A pipe has no width: a line is as long as it is.
    return _Console(
        file=stream,
        no_color=True if plain_lines else None,
        force_terminal=False if plain_lines else None,
        width=None if terminal else 10_000,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not terminal,
    )


def _mark(status: str) -> Text:
    mark, style = _MARKS[status]
    return Text(mark, style=style)


def points(value: float | None, maximum: float) -> str:
    """``3/4``, or ``-/4`` where there are none."""
    return f"{number(value) or '-'}/{number(maximum)}"


# -- one report -----------------------------------------------------------------------------------


def show_report(report: Report, out: Console) -> None:
    """One line a criterion; for what did not pass: expected, found, next step; the score last."""
    reason = _unreached(report)
    if reason is not None:
        out.print(Text.assemble(("Not graded. ", "bold magenta"), plain(reason.message)))
        out.print(Text(plain(reason.hint), style="italic"))
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for result in report.criteria:
        value = Text(points(result.points, result.max_points), style="dim")
        table.add_row(_mark(result.status), value, _said(result))
    out.print(table)
    out.print()
    if report.score is None:
        out.print(
            Text.assemble(
                ("Not graded. ", "bold magenta"),
                "Something could not be checked; it does not count against you.",
            )
        )
    else:
        style = "bold green" if report.score == report.max_score else "bold"
        out.print(
            Text(f"Score: {number(report.score)} of {number(report.max_score)} points", style=style)
        )
    if report.flags:
        out.print(Text(f"Noted: {', '.join(report.flags)}", style="dim"))


def _unreached(report: Report) -> CriterionResult | None:
    """The one thing to say where the same fault kept everything from being checked."""
    said = {(result.status, result.message) for result in report.criteria}
    same = len(said) == 1 and len(report.criteria) > 1
    return report.criteria[0] if same and report.criteria[0].status == "ungraded" else None


def _said(result: CriterionResult) -> Text:
    """The criterion's line, and what to do next below it."""
    if result.status == "passed":
        return Text(plain(result.title))
    line = Text.assemble((plain(result.title), "bold"))
    if result.message:
        line.append(f" — {plain(result.message)}")
    if result.hint and result.status != "blocked":
        line.append(f"\n{plain(result.hint)}", style="italic")
    return line


# -- a class --------------------------------------------------------------------------------------


def show_class(reports: Sequence[Report], summary: Summary, out: Console) -> None:
    """A table of students, then statistics."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("student", overflow="fold", max_width=28)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("lost on", overflow="fold")
    table.add_column("noted", overflow="fold", style="dim")
    for report in reports:
        table.add_row(
            Text(plain(report.student_id)),
            Text(points(report.score, report.max_score)),
            _lost(report),
            Text(", ".join(report.flags)),
        )
    out.print(table)
    out.print()
    _show_statistics(summary, out)


def _lost(report: Report) -> Text:
    if report.score is None:
        reasons = {r.message: None for r in report.criteria if r.status == "ungraded"}
        return Text("not graded: " + plain(next(iter(reasons), ""), 120), style="magenta")
    return Text(", ".join(r.id for r in report.criteria if r.status in {"failed", "partial"}))


def _show_statistics(summary: Summary, out: Console) -> None:
    students = "1 student" if summary.students == 1 else f"{summary.students} students"
    counts = f"{students}, {summary.graded} graded"
    if summary.ungraded:
        counts += f", {summary.ungraded} not graded"
    out.print(Text(counts, style="bold"))
    if summary.mean is None or summary.median is None:
        return
    out.print(
        Text(
            f"mean {summary.mean:.2f}, median {summary.median:.2f}, "
            f"from {number(summary.lowest)} to {number(summary.highest)} "
            f"of {number(summary.max_score)} points"
        )
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("criterion")
    table.add_column("passed", justify="right")
    table.add_column("mean points", justify="right")
    for criterion in summary.criteria:
        rate = "-" if criterion.pass_rate is None else f"{criterion.pass_rate:.0%}"
        mean = None if criterion.mean_points is None else round(criterion.mean_points, 2)
        table.add_row(Text(criterion.id), rate, points(mean, criterion.max_points))
    out.print(table)


def show_problems(problems: Iterable[Problem], out: Console) -> None:
    """Every problem of the files given, a line each."""
    for problem in problems:
        out.print(Text(plain(str(problem), 2000)), soft_wrap=True)


# -- progress -------------------------------------------------------------------------------------


class Told(Protocol):
    """Told of each student as soon as that student is done."""

    def __call__(self, report: Report) -> None:
        """Show it."""


@contextmanager
def progress(total: int, out: Console, *, quiet: bool) -> Iterator[Told]:
    """A live bar on a terminal, a line for each student elsewhere, nothing when ``quiet``."""
    if quiet:
        yield lambda report: None  # noqa: ARG005
    elif out.is_terminal:
        with _bar(out) as bar:
            yield _Bar(bar, total)
    else:
        yield _Lines(total, out)


def _bar(out: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=out,
        transient=True,
    )


class _Bar:
    def __init__(self, bar: Progress, total: int) -> None:
        self._bar, self._ungraded = bar, 0
        self._task = bar.add_task("grading", total=total, counts="graded")

    def __call__(self, report: Report) -> None:
        self._ungraded += report.score is None
        counts = "graded" + (f", {self._ungraded} not graded" if self._ungraded else "")
        self._bar.update(self._task, advance=1, counts=counts)


class _Lines:
    def __init__(self, total: int, out: Console) -> None:
        self._total, self._done, self._out = total, 0, out

    def __call__(self, report: Report) -> None:
        self._done += 1
        said = "not graded" if report.score is None else points(report.score, report.max_score)
        line = f"{self._done}/{self._total} {plain(report.student_id)}: {said}"
        self._out.print(Text(line))


def standard_output(*, quiet: bool = False) -> Console:
    """Results go here."""
    return console(sys.stdout, quiet=quiet)


def standard_error(*, quiet: bool = False) -> Console:
    """Progress and diagnostics go here."""
    return console(sys.stderr, quiet=quiet)
