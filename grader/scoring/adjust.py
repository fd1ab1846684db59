"""Lateness and a human's judgement on top of what the checks earned: the only place that applies them.

Criteria, then lateness, then overrides, then bonuses, between 0 and the maximum; a total is the score
itself. Whatever computes or shows a score goes by :func:`exact_score` and :func:`counted`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from grader.scoring.points import earned, exact_fraction, rounded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.model.report import Adjustment, CriterionResult, Report

OVERRIDDEN = "overridden"
"""The flag of a report that a human's judgement changed."""


def overrides_of(report: Report) -> dict[str, Adjustment]:
    """The overrides of a report's criteria, by their ids."""
    return {
        adjustment.criterion: adjustment
        for adjustment in report.adjusted
        if adjustment.kind == "override" and adjustment.criterion
    }


def counted(result: CriterionResult, report: Report) -> Fraction | None:
    """What a criterion counts in the score: its override, else what it earned before lateness.

    ``None`` where it is ungraded and nobody settled it.
    """
    override = overrides_of(report).get(result.id)
    if override is not None:
        return _within(exact_fraction(override.points), result.max_points)
    return None if result.points is None else earned(result)


def exact_score(report: Report) -> Fraction:
    """The score by a report's criteria and adjustments, not rounded. Of what is open, tests that passed
    count: then it is what is sure."""
    totals = [adjustment.points for adjustment in report.adjusted if adjustment.kind == "total"]
    if totals:
        return _within(exact_fraction(totals[-1]), report.max_score)
    added = [
        adjustment.points for adjustment in report.adjusted if adjustment.kind in {"late", "bonus"}
    ]
    overridden = overrides_of(report)
    points = sum(map(exact_fraction, added), Fraction(0))
    for result in report.criteria:
        override = overridden.get(result.id)
        points += (
            earned(result)
            if override is None
            else _within(exact_fraction(override.points), result.max_points)
        )
    # Unadjusted points add up to the maximum at most, but for what each of them is rounded by.
    return _within(points, report.max_score) if report.adjusted else points


def is_still_open(result: CriterionResult, report: Report) -> bool:
    """The criterion could not be checked, and no override or total settles it."""
    return (
        result.status == "ungraded"
        and result.id not in overrides_of(report)
        and not any(adjustment.kind == "total" for adjustment in report.adjusted)
    )


def as_earned(report: Report) -> Report:
    """The report as the checks alone gave it."""
    if report.adjustments is UNSET:
        return report
    score = None if report.earned_score is UNSET else report.earned_score
    return msgspec.structs.replace(
        report,
        status="ungraded" if score is None else "graded",
        score=score,
        sure_points=rounded(sum(map(earned, report.criteria), Fraction(0))),
        earned_score=UNSET,
        adjustments=UNSET,
        flags=tuple(flag for flag in report.flags if flag != OVERRIDDEN),
    )


def with_overrides(report: Report, marks: Iterable[Adjustment]) -> Report:
    """The report with a human's ``marks`` in the place of earlier ones. Lateness stays."""
    late = next((adjustment for adjustment in report.adjusted if adjustment.kind == "late"), None)
    return adjusted(report, late, marks)


def adjusted(report: Report, late: Adjustment | None, marks: Iterable[Adjustment]) -> Report:
    """The report with ``late`` and a human's ``marks`` instead of any adjustments that it has.

    Lateness takes its share of what was earned, but of no criterion that a human has marked. A mark of a
    criterion that the report does not have counts nothing, and is left out. Which of several marks of
    one thing counts is the caller's to say.
    """
    bare = as_earned(report)
    marks = list(marks)
    known = [result.id for result in bare.criteria]
    overrides = {mark.criterion: mark for mark in marks if mark.kind == "override"}
    given = [overrides[name] for name in known if name in overrides]
    given += [mark for kind in ("bonus", "total") for mark in marks if mark.kind == kind]
    lateness = (
        [] if late is None else [_taken(bare, late, {adjustment.criterion for adjustment in given})]
    )
    if not (given or lateness):
        return bare
    flags = {*bare.flags, OVERRIDDEN} if given else {*bare.flags}
    made = msgspec.structs.replace(
        bare,
        earned_score=bare.score,
        adjustments=(*lateness, *given),
        flags=tuple(sorted(flags)),
    )
    sure = rounded(exact_score(made))
    # Of what nobody asked about no score is made.
    partly = bare.looked_at is not UNSET
    ungraded = partly or any(is_still_open(result, made) for result in made.criteria)
    return msgspec.structs.replace(
        made,
        status="ungraded" if ungraded else "graded",
        score=None if ungraded else sure,
        sure_points=sure,
    )


def _taken(report: Report, late: Adjustment, overridden: set[str | None]) -> Adjustment:
    """``late`` with the points that its share takes of all criteria but the ``overridden`` ones."""
    share = exact_fraction(0 if late.share is UNSET else late.share)
    of = sum(
        (earned(criterion) for criterion in report.criteria if criterion.id not in overridden),
        Fraction(0),
    )
    return msgspec.structs.replace(late, points=rounded(-share * of))


def _within(points: Fraction, maximum: float) -> Fraction:
    return min(max(points, Fraction(0)), exact_fraction(maximum))
