"""What of a report is open, whose it is to settle, and what is earned whatever comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from grader.model.report import OpenBy, Report

_BY_THE_STUDENT = frozenset({"disturbed", "ambiguous", "vanished"})
"""Kinds of Unknown that only whoever owns the account can settle: something else takes the answers,
several things could be meant, what was there was removed during the run."""


def settled_by(kind: str) -> OpenBy:
    """Whose it is to settle what an Unknown of ``kind`` left open."""
    return "student" if kind in _BY_THE_STUDENT else "grader"


def with_sure_points(report: Report) -> Report:
    """The report with what is sure as its score, where all that is open is the student's to settle.

    For exports only: whoever wants no grade must not be better off than who has one. Any other report
    is as it was.
    """
    if report.score is not None or report.open_by != "student" or report.sure_points is None:
        return report
    criteria = tuple(
        msgspec.structs.replace(result, points=sure_share(result.max_points, result.outcomes))
        if result.status == "ungraded"
        else result
        for result in report.criteria
    )
    return msgspec.structs.replace(report, score=report.sure_points, criteria=criteria)


def sure_share(max_points: float, outcomes: tuple[str, ...]) -> float:
    """The points of the tests that passed, of all that share ``max_points``; not yet rounded."""
    return max_points * outcomes.count("passed") / len(outcomes) if outcomes else 0.0
