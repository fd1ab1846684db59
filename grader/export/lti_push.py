"""Which scores are posted, and what is remembered of it: running twice posts nothing twice."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from grader.export.lti import PlatformError, Time, later_timestamp, scores_of
from grader.i18n.language import _
from grader.inputs.bounded_read import MOST_BYTES_OF_CLASS, read_bounded
from grader.inputs.problems import bad_input, reason
from grader.model.resolve_types import resolve_types
from grader.model.timestamps import iso
from grader.results.directory import PUSHED, UNREADABLE, damaged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from grader.export.formats import Export
    from grader.export.lti import Score
    from grader.export.lti_platform import Platform

IN_A_ROW = 3
"""How many students in a row may be refused for what may be the platform's fault, before the push
ends."""


class Pushed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of ``lti-pushed.ndjson``, beside the results: a user's score that a platform is sent, or
    has ``accepted``."""

    schema: Literal["lti-pushed/1"] = "lti-pushed/1"
    line_item: str
    user_id: str
    accepted: bool
    score_given: Annotated[float, msgspec.Meta(ge=0)]
    score_maximum: Annotated[float, msgspec.Meta(gt=0)]
    comment_sha256: str
    timestamp: Time


resolve_types(Pushed)


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
    """What platforms were sent and took, in a file beside the results that grows as it comes.

    Of one line item: who has which score, and of whom that is not sure. ``keeping``: more will be
    added. Raises :class:`BadInput` where the file cannot be read, or written then.
    """

    def __init__(self, root: Path, line_item: str, *, keeping: bool = True) -> None:
        self._path, self._line_item = root / PUSHED, line_item
        self._last: dict[str, Pushed] = {}
        try:
            data = read_bounded(self._path, MOST_BYTES_OF_CLASS) if self._path.exists() else b""
            whole, _newline, unfinished = data.rpartition(b"\n")
            # Before anything is changed: whatever else it may be, it is no push's then.
            for number, line in enumerate(whole.splitlines(), 1):
                self._remember(self._read(line, number))
            if keeping:
                with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                    if os.fstat(file.fileno()).st_nlink > 1:
                        # It is written in place, so what else has that name would change as well.
                        message = _("This file stands in another place, too (a hard link).")
                        raise bad_input(self._path, None, message, _("Put a copy of it here."))
                    # A line that a killed push did not finish is nobody's.
                    file.truncate(len(data) - len(unfinished))
        except OSError as error:
            message = _("It cannot be read and written ({reason}).", reason=reason(error))
            raise bad_input(self._path, None, message) from None

    def _read(self, line: bytes, number: int) -> Pushed:
        try:
            pushed = msgspec.json.decode(line, type=Pushed)
            later_timestamp(pushed.timestamp, datetime.now(UTC))
        except (*UNREADABLE, ValueError, OverflowError) as error:
            message = damaged(error)
            remedy = _("Move it away: every score is then posted again.")
            raise bad_input(self._path, number, message, remedy) from None
        return pushed

    def _remember(self, pushed: Pushed) -> None:
        if pushed.line_item == self._line_item:
            self._last[pushed.user_id] = pushed

    def has(self, score: Score) -> bool:
        """Whether the platform has this very score, whenever it was posted: nothing was sent after
        it."""
        last = self._last.get(score.user_id)
        return last is not None and last == self._of(
            msgspec.structs.replace(score, timestamp=last.timestamp), accepted=True
        )

    def is_open(self, score: Score) -> bool:
        """Whether it is not known that the platform took what it was last sent for this user."""
        return score.user_id in self._last and not self._last[score.user_id].accepted

    def sending(self, score: Score, now: Callable[[], datetime]) -> Score:
        """The score as it is about to be sent: later than any that the platform may have, and kept."""
        last = self._last.get(score.user_id)
        moment = iso(now()) if last is None else later_timestamp(last.timestamp, now())
        timed = msgspec.structs.replace(score, timestamp=moment)
        self._keep(timed, accepted=False)
        return timed

    def taken(self, score: Score) -> None:
        """Write to disk that the platform has the score, before anything else is asked."""
        self._keep(score, accepted=True)

    def _keep(self, score: Score, *, accepted: bool) -> None:
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


def push(
    export: Export,
    memory: Memory,
    platform: Platform | None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> PostOutcome:
    """Post what the platform has not; without a ``platform`` say what would be posted.

    Each score is kept before it is sent, because the platform may have it whatever it answers, and each
    answer as it comes. A platform that refuses for a reason that is nobody's own, or
    answers :data:`IN_A_ROW` students so that it may be the platform and not they, is not asked again.
    Whose score was not taken last time comes last: those few cannot stand in everybody's way for ever.
    """
    done = PostOutcome()
    unsure = 0
    for student, score in sorted(scores_of(export), key=lambda pair: memory.is_open(pair[1])):
        if memory.has(score):
            done.known.append(student)
        elif done.ended:
            done.left.append(student)
        elif platform is None:
            done.posted.append((student, score))
        else:
            try:
                last = platform.post(partial(memory.sending, score, now))
            except PlatformError as error:
                unsure = unsure + 1 if error.may_be_all else 0
                if error.fatal or unsure == IN_A_ROW:
                    done.ended = str(error)
                if error.fatal:
                    done.left.append(student)
                else:
                    done.refused.append((student, str(error)))
            else:
                unsure = 0
                memory.taken(last)
                done.posted.append((student, last))
    return done
