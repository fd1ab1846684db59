"""Which scores are posted, and what is remembered of it: running twice posts nothing twice."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from grader.export.lti import PlatformError, Time, after, scores_of
from grader.i18n.language import _
from grader.inputs.bounded_read import MOST_BYTES_OF_CLASS, read_bounded
from grader.inputs.problems import bad_input, reason
from grader.model.timestamps import iso
from grader.model.work_out import work_out
from grader.results.directory import PUSHED, UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from grader.export.formats import Export
    from grader.export.lti import Score
    from grader.export.lti_platform import Platform

IN_A_ROW = 3
"""Students in a row who are refused for what may be the platform's fault, before it is called that."""

_MILLISECOND = timedelta(milliseconds=1)


class Pushed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of ``lti-pushed.ndjson``, beside the results: what a platform said to a user's score."""

    schema: Literal["lti-pushed/1"] = "lti-pushed/1"
    line_item: str
    user_id: str
    accepted: bool
    score_given: Annotated[float, msgspec.Meta(ge=0)]
    score_maximum: Annotated[float, msgspec.Meta(gt=0)]
    comment_sha256: str
    timestamp: Time


work_out(Pushed)


@dataclass
class PostOutcome:
    """What became of the students' scores: by student, in the order in which they were tried.

    ``ended`` says why the platform was not asked for the ``left`` any more.
    """

    posted: list[tuple[str, Score]] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    ended: str = ""


class Memory:
    """What platforms said, in a file beside the results to which each answer is added as it comes.

    Of one line item: who has which score, and whose was refused last. ``keeping``: answers will be
    added. Raises :class:`BadInput` where the file cannot be read, or written then.
    """

    def __init__(self, root: Path, line_item: str, *, keeping: bool = True) -> None:
        self._path, self._line_item = root / PUSHED, line_item
        self._accepted: dict[str, Pushed] = {}
        self._last: dict[str, Pushed] = {}
        try:
            data = read_bounded(self._path, MOST_BYTES_OF_CLASS) if self._path.exists() else b""
            whole, _newline, unfinished = data.rpartition(b"\n")
            if keeping:
                # A line that a killed push did not finish is nobody's.
                with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                    file.truncate(len(data) - len(unfinished))
        except OSError as error:
            message = _("It cannot be read and written ({reason}).", reason=reason(error))
            raise bad_input(self._path, None, message) from None
        for number, line in enumerate(whole.splitlines(), 1):
            self._remember(self._read(line, number))

    def _read(self, line: bytes, number: int) -> Pushed:
        try:
            pushed = msgspec.json.decode(line, type=Pushed)
            after(pushed.timestamp, datetime.now(UTC))
        except (*UNREADABLE, ValueError, OverflowError) as error:
            message = _("This file is damaged or from another version: {error}.", error=error)
            remedy = _("Move it away: every score is then posted again.")
            raise bad_input(self._path, number, message, remedy) from None
        return pushed

    def _remember(self, pushed: Pushed) -> None:
        if pushed.line_item == self._line_item:
            self._last[pushed.user_id] = pushed
            if pushed.accepted:
                self._accepted[pushed.user_id] = pushed

    def has(self, score: Score) -> bool:
        """The platform has this very score, whenever it was posted."""
        accepted_score = self._accepted.get(score.user_id)
        return accepted_score is not None and _same(accepted_score) == _same(
            self._of(score, accepted=True)
        )

    def refused(self, score: Score) -> bool:
        """The platform did not take what it was last sent for this user."""
        return score.user_id in self._last and not self._last[score.user_id].accepted

    def timed(self, score: Score, now: datetime) -> Score:
        """The score with the time it is posted at, later than any that the platform may have."""
        last_score = self._last.get(score.user_id)
        moment = iso(now) if last_score is None else after(last_score.timestamp, now)
        return msgspec.structs.replace(score, timestamp=moment)

    def keep(self, score: Score, *, accepted: bool) -> None:
        """The platform took it, or did not: on disk before anything else is asked."""
        pushed = self._of(score, accepted=accepted)
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(pushed) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._remember(pushed)

    def _of(self, score: Score, *, accepted: bool) -> Pushed:
        return Pushed(
            line_item=self._line_item,
            user_id=score.user_id,
            accepted=accepted,
            score_given=score.score_given,
            score_maximum=score.score_maximum,
            comment_sha256=hashlib.sha256(score.comment.encode()).hexdigest(),
            timestamp=score.timestamp,
        )


def _same(pushed: Pushed) -> tuple[float, float, str]:
    return pushed.score_given, pushed.score_maximum, pushed.comment_sha256


def push(
    export: Export,
    memory: Memory,
    platform: Platform | None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> PostOutcome:
    """Post what the platform has not; without a ``platform`` say what would be posted.

    Each answer is kept as it comes. A platform that refuses for a reason that is nobody's own, or
    answers :data:`IN_A_ROW` students so that it may be the platform and not they, is not asked again.
    Whose score was refused last time comes last: those few cannot stand in everybody's way for ever.
    """
    done = PostOutcome()
    unsure = 0
    for student, score in sorted(scores_of(export), key=lambda pair: memory.refused(pair[1])):
        if memory.has(score):
            done.known.append(student)
        elif done.ended:
            done.left.append(student)
        elif platform is None:
            done.posted.append((student, score))
        else:
            rising = _Rising(memory, score, now)
            try:
                last = platform.post(rising)
            except PlatformError as error:
                unsure = unsure + 1 if error.may_be_all else 0
                if error.fatal or unsure == IN_A_ROW:
                    done.ended = str(error)
                if error.fatal:
                    done.left.append(student)
                else:
                    memory.keep(rising.last, accepted=False)
                    done.refused.append((student, str(error)))
            else:
                unsure = 0
                memory.keep(last, accepted=True)
                done.posted.append((student, last))
    return done


class _Rising:
    """Gives one score for each attempt, each later than the one before."""

    def __init__(self, memory: Memory, score: Score, now: Callable[[], datetime]) -> None:
        self._memory, self._now = memory, now
        self._tried = False
        self.last = score

    def __call__(self) -> Score:
        moment = self._now()
        if self._tried:
            moment = max(moment, datetime.fromisoformat(self.last.timestamp) + _MILLISECOND)
        self._tried = True
        self.last = self._memory.timed(self.last, moment)
        return self.last
