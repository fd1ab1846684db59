"""Contradictions that no report of the grader's has: somebody edited the file.

One rule for all that reads reports. A mark of a human's own is given with ``grader override``.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import UNSET

from grader.i18n.language import N_, _
from grader.model.timestamps import time_of
from grader.scoring.adjust import exact_score, is_still_open
from grader.scoring.points import earned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.model.report import CriterionResult, Report

REMEDY = N_(
    "Move it away; `grader regrade` makes it again, or --resume grades the student. A mark of your own "
    "is given with `grader override`."
)

_ROUNDED_BY = 0.00005
_FLOATS_ARE_OFF_BY = 1e-9


def faults(report: Report, student_id: str) -> Iterator[str]:
    """Each way in which a student's report contradicts itself."""
    if report.student_id != student_id:
        yield _("It is the report of another student, {name}.", name=repr(report.student_id))
    counted = Counter(result.id for result in report.criteria)
    if any(count > 1 for count in counted.values()):
        yield _("A criterion is in it twice.")
    # Each number is rounded to four decimals by itself.
    tolerance = _ROUNDED_BY * (len(report.criteria) + 1) + _FLOATS_ARE_OFF_BY
    complete = report.looked_at is UNSET and not any(
        is_still_open(result, report) for result in report.criteria
    )
    said = float(exact_score(report))
    if (report.status == "graded") != (report.score is not None) or (
        complete != (report.score is not None)
        or any(
            (criterion.points is None) != (criterion.status == "ungraded")
            for criterion in report.criteria
        )
    ):
        yield _("Its status, its score and its criteria contradict each other.")
    elif report.score is not None and abs(report.score - said) > tolerance:
        if report.adjusted:
            yield _("Its score is not what its criteria and its adjustments come to.")
        else:
            yield _("Its score is not the sum of its criteria's points.")
    if abs(report.max_score - sum(result.max_points for result in report.criteria)) > tolerance:
        yield _("Its maximum is not the sum of its criteria's.")
    if any(not 0 <= (result.points or 0) <= result.max_points for result in report.criteria):
        yield _("A criterion's points are not between 0 and its maximum.")
    elif any(_is_off(result) for result in report.criteria):
        yield _("A criterion's points are not those that its tests earn.")
    elif report.status == "ungraded" and _is_unsure(report, said, tolerance):
        yield _("Its sure points are not those that its criteria earn.")
    if time_of(report.finished_at) is None:
        yield _("Its times are not times.")


def _is_off(result: CriterionResult) -> bool:
    """Whether the points of a criterion are not those of its tests, of which the maximum is
    rounded too."""
    off = 0.0 if result.points is None else abs(result.points - float(earned(result)))
    return off > 2 * _ROUNDED_BY + _FLOATS_ARE_OFF_BY


def _is_unsure(report: Report, said: float, tolerance: float) -> bool:
    """Whether the sure points, which may be exported, are not what the criteria and their tests
    earn."""
    return report.sure_points is not None and abs(report.sure_points - said) > tolerance
