"""Whose an ungraded criterion or report is to settle, and which points are sure until it is settled.

A fault that the student alone can end would otherwise pay: whoever keeps a criterion from being checked
would lose nothing by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from grader.scoring.adjust import is_still_open
from grader.scoring.points import exact_fraction, rounded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.model.batch import Batch
    from grader.model.fact import UnknownKind
    from grader.model.report import CriterionResult, OpenBy, Report
    from grader.model.run_bounds import AbsentScore, OpenScore

_NUMBER = re.compile(r"\d+")

BY_STUDENTS: frozenset[UnknownKind] = frozenset(
    {"disturbed", "ambiguous", "vanished", "unusable-key", "needs-change"}
)
"""The kinds of Unknown that only the student can end: a reader of the output queue, or more old messages
there than can be read; several resources that could be meant; something taken away in mid-run; a queue
whose key nobody can use; what is to be changed or deployed again first. All others are the grader's to
try again."""


def settled_by(kinds: Iterable[str]) -> OpenBy:
    """Who can settle what is open for reasons of these kinds: the student only where all are theirs."""
    return "student" if {*kinds} <= BY_STUDENTS else "grader"


def open_by(report: Report) -> OpenBy | None:
    """Who has to settle the report; ``None`` where it is graded, or nothing was handed in.

    One criterion that is the grader's makes the whole report the grader's: what the student does alone
    would not give it a score. So is one that does not say, as those of version 0.1.0.
    """
    if report.status == "graded" or report.absent:
        return None
    whose = {result.open_by for result in open_criteria(report)}
    return "student" if whose == {"student"} else "grader"


def open_criteria(report: Report) -> list[CriterionResult]:
    """The criteria that could not be checked, and that nobody settled."""
    return [result for result in report.criteria if is_still_open(result, report)]


def first_open(report: Report) -> CriterionResult | None:
    """The first open criterion that whoever has to settle the report can settle; ``None`` if none."""
    theirs = open_by(report) == "student"
    still = open_criteria(report)
    return next((result for result in still if (result.open_by == "student") is theirs), None)


def without_numbers(text: str) -> str:
    """``text`` with a ``#`` for each number: texts that differ in numbers only become equal."""
    return _NUMBER.sub("#", text)


def open_reason(result: CriterionResult) -> tuple[str, str]:
    """Equal where two criteria are open for one reason. The numbers in it do not matter, except to a
    student who is to settle it, who is sent the words as they are."""
    by_student = result.open_by == "student"
    return result.message if by_student else without_numbers(result.message), result.hint


def open_points(report: Report) -> float:
    """How many points of the rubric may still come, once what is open is settled."""
    return rounded(sum(map(still_open, open_criteria(report)), Fraction(0)))


def still_open(result: CriterionResult) -> Fraction:
    """The points of an ungraded criterion that may still come: those of tests that neither passed nor
    failed."""
    most = exact_fraction(result.max_points)
    unsettled = [test.outcome in {"ungraded", "blocked"} for test in result.tests]
    return most * Fraction(sum(unsettled), len(unsettled)) if unsettled else most


def with_open_score(report: Report, shown: OpenScore) -> Report:
    """The report as a class's files and exports give it.

    With ``sure``, and open by the student, its score is the points that are sure. It stays
    ``ungraded``, which tells them from a grade.
    """
    if shown == "blank" or open_by(report) != "student":
        return report
    return msgspec.structs.replace(report, score=report.sure_points)


@dataclass(frozen=True)
class ShownScores:
    """What a class's files and exports say in place of a missing score. The report stays ``ungraded``
    all the same."""

    open_by_student: OpenScore = "blank"
    absent: AbsentScore = "blank"

    @classmethod
    def as_kept(cls, batch: Batch) -> ShownScores:
        """What the command that graded the class was told."""
        return cls(batch.open_by_student, batch.absent or "blank")

    def of(self, report: Report) -> Report:
        """The report as they give it."""
        if report.absent and self.absent == "zero":
            # What a human added to nothing counts all the same.
            return msgspec.structs.replace(report, score=report.sure_points or 0.0)
        return with_open_score(report, self.open_by_student)


AS_GRADED = ShownScores()
"""No score where there is none."""
