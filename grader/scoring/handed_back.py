"""Which marks differ from the last hand-back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.model.handed_back import HandedBack, HandedBackGrade
from grader.scoring.open_by import AS_GRADED, ShownScores

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from grader.model.report import Report

_WITH_SCORE = ShownScores(open_by_student="sure", absent="zero")


def grade_of_report(report: Report) -> HandedBackGrade:
    """The mark that a report says, as it is handed out."""
    return HandedBackGrade(
        status="absent" if report.absent else report.status,
        score=report.score,
        max_score=report.max_score,
    )


def merge_grades(
    before: HandedBack | None,
    grades: Mapping[str, HandedBackGrade],
    *,
    at: str,
    to: Sequence[str],
    students: Collection[str],
) -> HandedBack:
    """The new record after handing out ``grades`` to ``to``. ``students`` are all of the class.

    Whoever is not among ``grades`` keeps the grade of ``before``. So does whoever had a score and has
    none now: no platform is told to take one back.
    """
    kept = {
        name: grade
        for name, grade in (before.students if before is not None else {}).items()
        if name in students
    }
    new = {
        name: grade
        for name, grade in grades.items()
        if grade.score is not None or name not in kept or kept[name].score is None
    }
    return HandedBack(at=at, to=tuple(to), students=kept | new)


def changes_since(
    handed_back: HandedBack, reports: Sequence[Report]
) -> dict[str, tuple[HandedBackGrade | None, HandedBackGrade]]:
    """The marks that changed since they were handed out, by student: the old one and the new one.

    It was ``None`` for whoever has a score now, and of whom nothing was handed out.
    """
    changes: dict[str, tuple[HandedBackGrade | None, HandedBackGrade]] = {}
    for report in reports:
        before = handed_back.students.get(report.student_id)
        now = _now(report, before)
        if now != before and (before is not None or now.score is not None):
            changes[report.student_id] = (before, now)
    return changes


def _now(report: Report, before: HandedBackGrade | None) -> HandedBackGrade:
    """The current mark. It has a score in place of a missing grade if ``before`` had one so."""
    as_before = before is not None and before.status != "graded" and before.score is not None
    return grade_of_report((_WITH_SCORE if as_before else AS_GRADED).of(report))
