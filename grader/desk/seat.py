"""Where one student is: waiting, being looked at, graded, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from grader.i18n.message import Message
    from grader.model.access import Keys
    from grader.model.report import Report
    from grader.roster.load import RosterEntry

SeatStage: TypeAlias = Literal["idle", "queued", "looking", "done", "refused"]


@dataclass
class Seat:
    """What is known of a student at the desk. Changed under the lock of whoever holds it.

    ``report`` is what the last try came to, or what is known of it while it is looked at;
    ``counting_report`` is the one that counts. ``tried_at`` is when a block was last taken, by
    ``time.monotonic()``; the ``keys`` are in it while it waits for its turn.
    """

    entry: RosterEntry
    stage: SeatStage = "idle"
    words: Message | None = None
    account_id: str | None = None
    report: Report | None = None
    counting_report: Report | None = None
    tries: int = 0
    tried_at: float | None = None
    keys: Keys | None = None

    @property
    def busy(self) -> bool:
        """Whether a block of this student's is waiting or being graded."""
        return self.stage in {"queued", "looking"}


class View(NamedTuple):
    """A seat as it was at one moment. ``ahead`` is how many are before it in the queue."""

    entry: RosterEntry
    stage: SeatStage
    words: Message | None
    account_id: str | None
    report: Report | None
    counting_report: Report | None
    tries: int
    ahead: int = 0


class TryResult(NamedTuple):
    """What a try came to for one student: the report of it, and the one that counts.

    It ``is_mine`` for the student who made the try; for a partner it is not.
    """

    student_id: str
    try_report: Report
    counting_report: Report
    is_mine: bool
