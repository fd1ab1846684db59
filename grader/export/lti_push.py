"""Which scores are posted, and what is remembered of it: running twice posts nothing twice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from grader.clock import iso
from grader.export.lti import PlatformError, Time, after, scores_of
from grader.export.placing import PUSHED
from grader.language import _
from grader.problems import refuse
from grader.whole_file import write_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from grader.export.formats import Export
    from grader.export.lti import Score
    from grader.export.lti_platform import Platform

SCHEMA = "lti-pushed"
_KEPT_EVERY = 20
_MILLISECOND = timedelta(milliseconds=1)


class Accepted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last score that a platform took for one user of one line item."""

    line_item: str
    user_id: str
    score_given: Annotated[float, msgspec.Meta(ge=0)]
    score_maximum: Annotated[float, msgspec.Meta(gt=0)]
    comment_sha256: str
    timestamp: Time


class Pushed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``lti-pushed.json``, beside the results: what platforms have taken."""

    schema: Literal["lti-pushed/1"] = "lti-pushed/1"
    accepted: list[Accepted]


@dataclass
class Outcome:
    """What became of the students' scores: by student, in the results' order.

    ``ended`` says why the platform was not asked for the ``left`` any more.
    """

    posted: list[tuple[str, Score]] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    ended: str = ""


class Memory:
    """What was accepted of one line item, kept in a file for all of them."""

    def __init__(self, root: Path, line_item: str) -> None:
        self._path, self._line_item = root / PUSHED, line_item
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=Pushed).accepted
        except FileNotFoundError:
            kept = []
        except msgspec.MsgspecError as error:
            message = _("This file is damaged or from another version: {error}.", error=error)
            remedy = _("Move it away: every score is then posted again.")
            raise refuse(self._path, None, message, remedy) from None
        self._all = {(one.line_item, one.user_id): one for one in kept}
        self._unsaved = 0

    def has(self, score: Score) -> bool:
        """The platform has this very score, whenever it was posted."""
        one = self._all.get((self._line_item, score.user_id))
        return one is not None and _same(one) == _same(self._of(score))

    def timed(self, score: Score, now: datetime) -> Score:
        """The score with the time it is posted at, later than any that the platform took."""
        one = self._all.get((self._line_item, score.user_id))
        moment = iso(now) if one is None else after(one.timestamp, now)
        return msgspec.structs.replace(score, timestamp=moment)

    def accept(self, score: Score) -> None:
        """The platform took it."""
        self._all[self._line_item, score.user_id] = self._of(score)
        self._unsaved += 1
        if self._unsaved >= _KEPT_EVERY:
            self.save()

    def save(self) -> None:
        """Write what is not written yet."""
        if self._unsaved:
            data = msgspec.json.encode(Pushed(accepted=list(self._all.values())))
            write_json(self._path, msgspec.json.format(data, indent=2) + b"\n", SCHEMA)
            self._unsaved = 0

    def _of(self, score: Score) -> Accepted:
        return Accepted(
            line_item=self._line_item,
            user_id=score.user_id,
            score_given=score.score_given,
            score_maximum=score.score_maximum,
            comment_sha256=hashlib.sha256(score.comment.encode()).hexdigest(),
            timestamp=score.timestamp,
        )


def _same(one: Accepted) -> tuple[float, float, str]:
    return one.score_given, one.score_maximum, one.comment_sha256


def push(
    export: Export,
    memory: Memory,
    platform: Platform | None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Outcome:
    """Post what the platform has not; without a ``platform`` say what would be posted.

    What was accepted is kept, however it ends. A platform that refuses for a reason that is nobody's
    own, does not answer, or fails for two students in a row, is not asked again.
    """
    done = Outcome()
    unsure = False
    scores = list(scores_of(export))
    try:
        for student, score in scores:
            if memory.has(score):
                done.known.append(student)
            elif done.ended:
                done.left.append(student)
            elif platform is None:
                done.posted.append((student, score))
            else:
                try:
                    last = platform.post(_Rising(memory, score, now))
                except PlatformError as error:
                    if error.fatal or (unsure and error.may_be_all):
                        done.ended = str(error)
                        done.left.append(student)
                    else:
                        done.refused.append((student, str(error)))
                    unsure = error.may_be_all
                else:
                    unsure = False
                    memory.accept(last)
                    done.posted.append((student, last))
    finally:
        memory.save()
    return done


class _Rising:
    """Gives one score for each attempt, each later than the one before."""

    def __init__(self, memory: Memory, score: Score, now: Callable[[], datetime]) -> None:
        self._memory, self._score, self._now = memory, score, now
        self._last: datetime | None = None

    def __call__(self) -> Score:
        moment = self._now()
        if self._last is not None:
            moment = max(moment, self._last + _MILLISECOND)
        timed = self._memory.timed(self._score, moment)
        self._last = datetime.fromisoformat(timed.timestamp)
        return timed
