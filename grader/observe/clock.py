"""Whether a message is newer than a pair: by SQS's own clock, and by ``Date`` only where there is none.

Each host of AWS has a clock of its own. What SQS says of a message's age compares two times of one
clock, and needs no other; this machine's monotonic clock says how long ago a pair was sent.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from grader.i18n.language import N_
from grader.model.fact import Unknown
from grader.model.timestamps import answered_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.observe.received import Received
    from grader.observe.sent import Sent

ON_THE_WAY_S = 1
"""How much older than its pair an answer may look: times of messages are cut to milliseconds, and a
pair is sent a moment after its time was taken."""

DATE_SLACK_S = 5
"""By how much ``Date``, which other hosts write in whole seconds, may differ from SQS's clock."""

CLOCKS = Unknown.saying(
    "clock",
    N_("AWS's own clocks differ by more than {seconds} s, so it is open which message is new."),
    seconds=DATE_SLACK_S,
)


class Clocks:
    """AWS's time as far as one run has seen it: by answers' ``Date``, and by what SQS says."""

    def __init__(self) -> None:
        # Each is AWS's time less this machine's monotonic clock, in seconds.
        self._by_date: float | None = None
        self._by_sqs: float | None = None
        self._rested_on_date = False

    def hear_date(self, response: Mapping[str, object]) -> None:
        """Note the ``Date`` of an answer that has just come. Of several, that furthest behind counts."""
        at = answered_at(response)
        if at is not None:
            offset = at.timestamp() - time.monotonic()
            self._by_date = offset if self._by_date is None else min(offset, self._by_date)

    def hear_receipt(self, message: Received) -> None:
        """Note when SQS says that it gave ``message`` away for the first time, which was to this run."""
        if message.age_s is None or message.first_received_ms is None:
            return
        offset = message.first_received_ms / 1000 - message.at
        self._by_sqs = offset if self._by_sqs is None else max(offset, self._by_sqs)

    def at(self, moment: float) -> datetime:
        """A lower bound of AWS's time at ``moment``, which is a time of ``time.monotonic()``."""
        offset = self._by_date if self._by_sqs is None else self._by_sqs
        if offset is None:
            offset = time.time() - time.monotonic()
        try:
            return datetime.fromtimestamp(offset + moment - ON_THE_WAY_S, UTC)
        except (ValueError, OverflowError, OSError):  # AWS says a year that no calendar has
            return datetime.now(UTC) - timedelta(seconds=time.monotonic() - moment + ON_THE_WAY_S)

    def first_received(self, message: Received) -> tuple[float, float] | None:
        """When anybody first received ``message``, by this machine's monotonic clock, and how exactly.

        ``None`` where SQS did not tell, or its clock is not known.
        """
        exact = self._by_sqs is not None
        offset = self._by_sqs if exact else self._by_date
        if offset is None or message.first_received_ms is None:
            return None
        return message.first_received_ms / 1000 - offset, ON_THE_WAY_S if exact else DATE_SLACK_S

    def is_since(self, message: Received, sent: Sent, on_the_way_s: float = ON_THE_WAY_S) -> bool:
        """``message`` was written since ``sent`` was sent, as far as that can be told."""
        if message.at < sent.since:
            return False
        if message.age_s is not None:
            return message.age_s <= message.at - sent.since + on_the_way_s
        offset = self._by_date if self._by_sqs is None else self._by_sqs
        if offset is None:
            return True
        return message.sent_ms >= (offset + sent.since - DATE_SLACK_S) * 1000

    def answers(self, message: Received, sent: Sent, *, right: bool = True) -> bool:
        """Whether ``message``, an answer to ``sent``, is newer; a ``right`` one decides a grade."""
        since = self.is_since(message, sent)
        by_date = not since and message.age_s is None and self._by_sqs is None
        self._rested_on_date |= right and by_date
        return since

    @property
    def rest_on_date(self) -> bool:
        """A right answer that somebody else had received was called old by ``Date`` alone."""
        return self._rested_on_date and self._by_sqs is None

    @property
    def differ(self) -> bool:
        """An answer was called old by ``Date`` alone, which SQS's clock has contradicted since."""
        if self._by_date is None or self._by_sqs is None:
            return False
        return self._rested_on_date and abs(self._by_date - self._by_sqs) > DATE_SLACK_S
