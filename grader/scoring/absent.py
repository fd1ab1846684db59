"""The report of a student who handed in nothing: no points, no fault, and nothing to try again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from grader.i18n.language import N_
from grader.i18n.message import Message, said
from grader.model.report import CriterionResult
from grader.rubric.load import text_in
from grader.scoring.blank_report import blank_report
from grader.scoring.points import exact_fraction, rounded

if TYPE_CHECKING:
    from grader.model.batch import Student
    from grader.model.report import Report
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
    criteria = (
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
    )
    blank = blank_report(student, rubric, criteria, seed=seed, region=region)
    report = msgspec.structs.replace(blank, kind="nothing-handed-in")
    if before is None or not before.nothing_seen:
        return report
    return msgspec.structs.replace(
        report,
        seed=before.seed,
        grader_version=before.grader_version,
        started_at=before.started_at,
        finished_at=before.finished_at,
    )
