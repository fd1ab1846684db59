"""Messages that hold no number: the function may send such instead of an answer, or anybody else."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.observe.clock import Clocks
    from grader.observe.received import Received
    from grader.observe.sent import Sent

MOST_KEPT = 50
"""Messages without a number of which the age is kept."""


class SomethingElse:
    """The last messages without a number, by their ages alone. With one, a message may be the answer to
    another grader's pair."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._messages: list[Received] = []

    def add(self, message: Received) -> None:
        """A message without a number, received for the first time."""
        self._messages = [*self._messages[-MOST_KEPT:], replace(message, body="")]

    def known_for_s(self, sent: Sent) -> float:
        """For how many seconds the function has been known to answer ``sent`` so.

        Who sent such messages before, beside its answers, may send the answer still.
        """
        if any(message.at < sent.since for message in self._messages):
            return 0.0
        newer = (
            message.at
            for message in self._messages
            if message.age_s is not None and self._clocks.is_since(message, sent, 0)
        )
        now = time.monotonic()
        return now - min(newer, default=now)

    def came_since(self, sent: Sent) -> bool:
        """Such a message came since ``sent``."""
        return any(self._clocks.is_since(message, sent) for message in self._messages)
