"""Answers of SQS that got lost on their way: what they held comes back to the queue by itself."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from grader.i18n.language import N_
from grader.model.fact import Unknown

if TYPE_CHECKING:
    from grader.observe.clock import Clocks
    from grader.observe.received import Received

HIDES_S = 20
"""How long a message stays hidden until this run has looked at it, and a lost one is away."""

BACK_S = 2
"""How much longer it is waited for: it has to be received again."""

LOST_MESSAGES = Unknown.saying(
    "unreachable",
    N_("{action}: an answer was lost, and maybe messages that were in it."),
    action="sqs:ReceiveMessage",
)


class LostAnswers:
    """The times at which an answer to a receive was lost, and hid messages that this run never saw.

    Times are those of ``time.monotonic()``.
    """

    def __init__(self) -> None:
        self._spans: list[tuple[float, float]] = []
        self._back_at = -math.inf

    def add(self, began: float, ended: float, hides_s: float) -> None:
        """Note a receive from ``began`` to ``ended`` of which an answer may have been lost."""
        self._spans.append((began, ended))
        self._back_at = max(self._back_at, ended + hides_s)

    @property
    def back_at(self) -> float:
        """From when on everything that was lost is visible again."""
        return self._back_at

    def may_be_hidden(self, since: float = -math.inf) -> bool:
        """Whether something that was lost ``since`` then may still be hidden."""
        lost = any(ended >= since for _began, ended in self._spans)
        return lost and time.monotonic() < self._back_at + BACK_S

    def was_in_lost_answer(self, message: Received, clocks: Clocks) -> bool:
        """Whether ``message`` was first received by a poll of this run whose answer got lost."""
        if not self._spans:
            return False
        first = clocks.first_received(message)
        if first is None:
            return True
        moment, slack_s = first
        return any(began - slack_s <= moment <= ended + slack_s for began, ended in self._spans)
