"""A report without an observation, which the reports of those of whom nothing was seen begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader import __version__
from grader.model import timestamps
from grader.model.report import CriterionResult, Report

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.model.batch import Student
    from grader.rubric.rubric import Rubric


def blank_report(
    student: Student,
    rubric: Rubric,
    criteria: Iterable[CriterionResult],
    *,
    seed: int,
    region: str,
) -> Report:
    """The ungraded report of a student with these ``criteria``. It begins and ends now."""
    now = timestamps.now()
    return Report(
        student_id=student.student_id,
        name=student.name,
        email=student.email,
        group=student.group,
        account_id=student.account_id,
        region=region,
        status="ungraded",
        score=None,
        sure_points=0.0,
        max_score=float(rubric.max_score),
        criteria=tuple(criteria),
        seed=seed,
        rubric_sha256=rubric.sha256,
        grader_version=__version__,
        started_at=now,
        finished_at=now,
        duration_s=0.0,
    )
