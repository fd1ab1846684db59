"""How far a batch is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from math import ceil
from typing import TYPE_CHECKING, Protocol

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from grader.i18n.language import _, plural, spoken
from grader.i18n.message import said
from grader.safety.printable import printable
from grader.terminal.report import points
from grader.terminal.student_label import label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from grader.i18n.message import Message
    from grader.model.report import Report
    from grader.terminal.student_label import Named

_LAST = 3
"""So few are named while the bar stands still."""

_BAR, _OTHERS = 16, 14
"""How wide the bar is, and spinner, time and the blanks between: what is told has the rest."""


class Told(Protocol):
    """Told of each student as soon as that student is done."""

    def __call__(self, report: Report) -> None:
        """Show it."""


@contextmanager
def progress(students: Sequence[Named], out: Console, *, quiet: bool) -> Iterator[Told]:
    """A live bar on a terminal, a line for each student elsewhere, nothing when ``quiet``.

    The bar names the last few of ``students`` while it waits for them.
    """
    if quiet:
        yield lambda report: None  # noqa: ARG005
    elif out.is_terminal:
        with _bar(out) as bar:
            yield _Bar(bar, students)
    else:
        yield _Lines(len(students), out)


class Working:
    """What is told while one account is visited. Its methods are called in any thread."""

    def __init__(
        self, out: Console, moving: Progress | None = None, *, quiet: bool = False
    ) -> None:
        self._out, self._moving, self._quiet = out, moving, quiet
        self._task = None if moving is None else moving.add_task("", total=None)
        self._last = ""

    def tell(self, why: Message, longest_s: float) -> None:
        """What the run waits for, and how many seconds at most."""
        if not self._quiet:
            self._out.print(Text(_up_to(why, longest_s)))

    def step(self, why: Message, longest_s: float) -> None:
        """What the run does next: beside what moves; elsewhere in a line, once for what is repeated."""
        if self._moving is not None and self._task is not None:
            self._moving.update(self._task, description=_up_to(why, longest_s))
        elif why.message_id != self._last:
            self.tell(why, longest_s)
        self._last = why.message_id

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing moves meanwhile, so that something can be shown on the same terminal."""
        if self._moving is not None:
            self._moving.stop()
        try:
            yield
        finally:
            if self._moving is not None:
                self._moving.start()


@contextmanager
def working(out: Console, *, quiet: bool = False) -> Iterator[Working]:
    """What moves while one account is visited, the time it has taken and what is done: on a terminal.
    Elsewhere plain lines; nothing when ``quiet``."""
    if not out.is_terminal:
        yield Working(out, quiet=quiet)
        return
    columns = (_spinner(out), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=out, transient=True) as moving:
        yield Working(out, moving)


def _up_to(why: Message, longest_s: float) -> str:
    waits = _("{why}, up to {seconds} s.", why=said(why, spoken().code), seconds=ceil(longest_s))
    return printable(waits)


def _spinner(out: Console) -> SpinnerColumn:
    return SpinnerColumn("dots" if out.encoding.startswith("utf") else "line")


def _bar(out: Console) -> Progress:
    return Progress(
        _spinner(out),
        BarColumn(bar_width=_BAR),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}", markup=False),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=out,
        transient=True,
    )


class _Bar:
    def __init__(self, bar: Progress, students: Sequence[Named]) -> None:
        self._bar, self._ungraded = bar, 0
        self._left = {student.student_id: label(student) for student in students}
        self._done = plural(len(students), "done", "done")
        self._room = bar.console.width - _BAR - _OTHERS - 2 * len(str(len(students))) - 1
        self._task = bar.add_task("", total=len(students), counts=self._counts())

    def __call__(self, report: Report) -> None:
        self._ungraded += report.score is None
        self._left.pop(report.student_id, None)
        self._bar.update(self._task, advance=1, counts=self._counts())

    def _counts(self) -> str:
        counts = self._done
        if self._ungraded:
            unsaid = plural(self._ungraded, "{count} not graded", "{count} not graded")
            counts = f"{counts}, {unsaid}"
        if 0 < len(self._left) <= _LAST:
            waits = _("waiting for {students}", students=", ".join(self._left.values()))
            counts = f"{counts}, {waits}"
        # Longer, it would take the room of all else.
        return printable(counts, max(1, self._room))


class _Lines:
    def __init__(self, total: int, out: Console) -> None:
        self._total, self._done, self._out = total, 0, out

    def __call__(self, report: Report) -> None:
        self._done += 1
        result = _("not graded") if report.score is None else points(report.score, report.max_score)
        number = f"{self._done}/{self._total}"
        line = _(
            "{number} {student}: {said}",
            number=number,
            student=label(report),
            said=result,
        )
        self._out.print(Text(line))
