"""The report of a student who handed in nothing: no points, no fault, and nothing to try again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader import __version__
from grader.i18n.language import N_
from grader.i18n.message import Message, said
from grader.model import timestamps
from grader.model.report import CriterionResult, Report
from grader.rubric.load import text_in
from grader.scoring.points import exact_fraction, rounded

if TYPE_CHECKING:
    from grader.model.batch import Student
    from grader.rubric.rubric import Rubric

NOTHING_HANDED_IN = N_("Nothing was handed in.")
HAND_IN = N_("Hand in your credentials block where your course asks for it.")


def absent_report(
    student: Student,
    rubric: Rubric,
    *,
    seed: int,
    region: str,
    lang: str,
    before: Report | None = None,
) -> Report:
    """The report of a student whose row says no way to an account.

    ``before`` is an earlier one, which keeps its time: nothing has been looked at since.
    """
    now = timestamps.now()
    earlier = before if before is not None and before.nothing_seen else None
    return Report(
        student_id=student.student_id,
        name=student.name,
        email=student.email,
        group=student.group,
        account_id=student.account_id,
        region=region,
        status="ungraded",
        kind="nothing-handed-in",
        score=None,
        sure_points=0.0,
        max_score=float(rubric.max_score),
        criteria=tuple(
            CriterionResult(
                id=criterion.id,
                title=text_in(criterion.title, lang),
                status="ungraded",
                points=None,
                max_points=rounded(exact_fraction(criterion.points)),
                message=said(Message(NOTHING_HANDED_IN), lang),
                message_id=NOTHING_HANDED_IN,
                hint=said(Message(HAND_IN), lang),
                hint_id=HAND_IN,
            )
            for criterion in rubric.criteria
        ),
        seed=earlier.seed if earlier else seed,
        rubric_sha256=rubric.sha256,
        grader_version=earlier.grader_version if earlier else __version__,
        started_at=earlier.started_at if earlier else now,
        finished_at=earlier.finished_at if earlier else now,
        duration_s=0.0,
    )
