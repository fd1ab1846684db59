"""What a format is given, and the files it makes of it: a module with a function ``files(export)``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.inputs.bounded_read import MOST_BYTES_OF_CLASS, read_bounded
from grader.scoring.hide_criteria import hide_criteria, visibility_of

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

    from grader.inputs.problems import Problem
    from grader.model.batch import Student
    from grader.model.handed_back import HandedBack
    from grader.model.report import Report
    from grader.results.read_class import ClassRow
    from grader.rubric.rubric import Rubric
    from grader.scoring.scale import Scale


@dataclass(frozen=True)
class File:
    """A file of an export. ``name`` is its place below ``--out``; empty for ``--out`` itself.

    ``data`` is ``None`` for what an earlier export left, and must not be there any more.
    ``schema`` names the JSON Schema that it satisfies.
    """

    name: str
    data: bytes | None
    schema: str = ""


@dataclass(frozen=True)
class Export:
    """What a format is given. It adds to ``problems`` whose grade is not exported and why, to
    ``left_out`` who that is, and to ``notes`` what a human should know.

    ``students`` are all of the class, ``rows`` those with a report. ``out`` is where its files go, and
    where earlier ones may be. ``handed_back`` is what was handed out by then."""

    root: Path
    rows: tuple[ClassRow, ...]
    students: tuple[Student, ...]
    rubric: Rubric | None
    scale: Scale
    lang: str
    worksheet: Path | None = None
    gradebook: Path | None = None
    assignment: str | None = None
    ids: str | None = None
    out: Path | None = None
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    handed_back: HandedBack | None = None

    def leave_out(self, student_id: str, problem: Problem) -> None:
        """Say that a student's grade is not exported, and why."""
        self.problems.append(problem)
        self.left_out.add(student_id)

    def hides(self, criterion: str) -> bool:
        """Whether students may not see the criterion, or nobody knows whether they may."""
        return visibility_of(criterion, self.rubric) == "hidden"

    def shown(self, report: Report) -> Report:
        """The report without the titles of hidden criteria in what other criteria say."""
        return hide_criteria(report, lambda _id, because: self.hides(because), self.lang)

    @property
    def tops(self) -> set[Decimal]:
        """The maxima of the scores: several where reports were made by other rubrics."""
        return {self.scale.maximum(row.report.max_score) for row in self.rows}

    @property
    def inputs(self) -> list[Path]:
        """The files given besides the results."""
        return [path for path in (self.worksheet, self.gradebook) if path is not None]


def earlier(path: Path) -> bytes:
    """What an earlier export may have left at ``path``; nothing where nothing can be read."""
    try:
        return read_bounded(path, MOST_BYTES_OF_CLASS)
    except OSError:
        return b""
