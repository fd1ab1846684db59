"""A pair that was sent, and what came back for it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from grader.model.observation import Answer, Pair
from grader.model.timestamps import iso


@dataclass(eq=False)
class Sent:
    """A pair that was sent. ``not_before_ms`` bounds its sending from below, by AWS's clock."""

    number1: int
    number2: int
    not_before_ms: int = 0
    since: float = field(default_factory=time.monotonic)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    message_id: str | None = None
    answers: list[Answer] = field(default_factory=list)

    @property
    def answered(self) -> bool:
        """A right sum came back."""
        return any(answer.wrong is None for answer in self.answers)

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
        return Pair(self.number1, self.number2, iso(self.at), tuple(self.answers))
