"""What a student is told of adjustments: a line for each, the same on page, terminal and export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.i18n.language import N_, language
from grader.i18n.message import Message, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.model.report import Adjustment, Report

EARNED = N_("The checks alone gave {points} of {maximum} points.")
UNCHECKED = N_("The checks alone gave no score: something could not be checked.")
TAKEN = N_("Late: {points} points.")
LATE = N_("Late.")
OVERRIDE = N_("{title}: {points} of {maximum} points, given by hand; the checks gave {earned}.")
SETTLED = N_("{title}: {points} of {maximum} points, given by hand; it could not be checked.")
HIDDEN = N_("A criterion that is not shown was marked by hand.")
BONUS = N_("Added by hand: {points} points.")
TOTAL = N_("The score was given by hand: {points} of {maximum} points.")


def why(adjustment: Adjustment, lang: str) -> str:
    """The reason in the language ``lang``; a human's as it was written."""
    if isinstance(adjustment.why_id, str) and isinstance(adjustment.why_values, dict):
        return said(Message(adjustment.why_id, adjustment.why_values), lang)
    return adjustment.why


def adjustment_lines(
    report: Report,
    lang: str,
    points: Callable[[float], str],
    hides: Callable[[str], bool] = lambda _criterion: False,
) -> Iterator[str]:
    """First what the checks gave, then a line for each adjustment, with its reason.

    ``points`` writes a number of points, on whatever scale. Of a criterion that it ``hides`` from its
    reader neither title nor points are told.
    """
    words = language(lang)
    if not report.adjusted:
        return
    maximum = points(report.max_score)
    earned = report.earned_score
    if isinstance(earned, float | int):
        yield words.say(EARNED, points=points(earned), maximum=maximum)
    else:
        yield words.say(UNCHECKED)
    results = {result.id: result for result in report.criteria}
    for adjustment in report.adjusted:
        given = points(adjustment.points)
        if adjustment.kind == "late":
            told = words.say(TAKEN, points=given) if adjustment.share else words.say(LATE)
        elif adjustment.kind == "bonus":
            told = words.say(BONUS, points=f"+{given}" if adjustment.points > 0 else given)
        elif adjustment.kind == "total":
            told = words.say(TOTAL, points=given, maximum=maximum)
        elif hides(adjustment.criterion or ""):
            told = words.say(HIDDEN)
        else:
            result = results[adjustment.criterion or ""]
            values = {
                "title": result.title,
                "points": given,
                "maximum": points(result.max_points),
            }
            told = (
                words.say(SETTLED, **values)
                if result.points is None
                else words.say(OVERRIDE, **values, earned=points(result.points))
            )
        yield f"{told} {why(adjustment, lang)}".rstrip()
