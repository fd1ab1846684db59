"""A pair that was sent, and what came back for it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grader.model.observation import Answer, Pair, is_answered
from grader.model.timestamps import iso

if TYPE_CHECKING:
    from decimal import Decimal

    from grader.rubric.pairs import Drawn

MOST_UNREAD = 5
"""How many messages are kept with a pair that came since and answer nothing."""


@dataclass(eq=False)
class Sent:
    """A message that was sent ``since`` a time of ``time.monotonic()``.

    ``numbers`` are all that the messages which answer it held, ``unread`` other messages with numbers
    that came since and answer nothing by this rubric, or an earlier message again. ``consumed``: it was
    looked for in the input queue once, and not seen there.
    """

    drawn: Drawn
    since: float = field(default_factory=time.monotonic)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    message_id: str | None = None
    answers: list[Answer] = field(default_factory=list)
    unread: list[Answer] = field(default_factory=list)
    numbers: set[Decimal] = field(default_factory=set)
    consumed: bool = False

    def reset_sent_time(self) -> None:
        """Count its time from now: it did not reach the function after all, and is sent anew."""
        self.since, self.at = time.monotonic(), datetime.now(UTC)

    @property
    def answered(self) -> bool:
        """A right answer came back, and none to what was not asked."""
        return is_answered(self.answers)

    @property
    def silent(self) -> bool:
        """Nothing came back, right or wrong."""
        return not self.answers

    def since_answer_s(self) -> float:
        """Seconds since the first answer, zero where there is none yet."""
        if not self.answers:
            return 0.0
        return time.monotonic() - self.since - self.answers[0].after_s

    def as_pair(self) -> Pair:
        """What the observation keeps of it."""
        first, second = self.drawn.two or (None, None)
        return Pair(
            first,
            second,
            iso(self.at),
            tuple(self.answers),
            self.drawn.fields,
            tuple(self.unread),
        )
