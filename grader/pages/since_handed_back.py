"""What the class page says of the last hand-back: when it was, and whose mark changed since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.i18n.language import N_
from grader.pages.text import page_text
from grader.scoring.handed_back import changes_since

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.model.handed_back import HandedBack, HandedBackGrade
    from grader.model.report import Report
    from grader.pages.speech import Speech

CHANGED = "c"
"""The token of a row whose mark changed since."""
_MOST_FORMATS, _MOST_OF_FORMAT = 12, 40
_WITHOUT_SCORE = {
    "absent": N_("nothing handed in"),
    "graded": N_("not graded"),
    "ungraded": N_("not graded"),
}


@dataclass(frozen=True)
class SinceHandedBack:
    """The last hand-back in words, and what changed since, by student."""

    at: str
    to: str
    changes: Mapping[str, str]


def since_handed_back(
    handed_back: HandedBack | None, reports: Sequence[Report], speech: Speech
) -> SinceHandedBack | None:
    """What to say of the last hand-back; ``None`` where there was none."""
    if handed_back is None:
        return None
    formats = [page_text(name, _MOST_OF_FORMAT) for name in handed_back.to[:_MOST_FORMATS]]
    changes = {
        student: _change(before, now, speech)
        for student, (before, now) in changes_since(handed_back, reports).items()
    }
    return SinceHandedBack(speech.moment(handed_back.at), ", ".join(formats), changes)


def _change(before: HandedBackGrade | None, now: HandedBackGrade, speech: Speech) -> str:
    if before is None:
        return speech.say("not handed back yet")
    other_maximum = before.max_score != now.max_score
    was, is_now = (_words(grade, speech, with_most=other_maximum) for grade in (before, now))
    return speech.say("was {before}, now {now}", before=was, now=is_now)


def _words(grade: HandedBackGrade, speech: Speech, *, with_most: bool) -> str:
    if grade.score is None:
        return speech.say(_WITHOUT_SCORE[grade.status])
    points = speech.number(grade.score)
    if with_most:
        most = speech.number(grade.max_score)
        points = speech.say("{points} of {most}", points=points, most=most)
    return speech.say("{points} sure", points=points) if grade.status == "ungraded" else points
