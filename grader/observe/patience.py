"""How long the output queue is polled: a deadline, and what goes on after it for a good reason."""

from __future__ import annotations

import math
import random
import time
from typing import TYPE_CHECKING

from tenacity.stop import stop_base

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Unknown

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from grader.observe.lost import LostAnswers

DRAINING_S = 60
"""How much longer than the deadline a queue full of other messages is read through."""

COME_BACK_S = 75
"""Extra seconds to wait for messages of a lost response; the next two responses may be lost too."""

TOO_MANY_OLD = Unknown.saying(
    "disturbed",
    N_(
        "The output queue holds more old messages than could be read: the answer may lie behind them."
    ),
    next=message(
        N_("Empty the output queue (Purge in the console), wait a minute, then check again.")
    ),
)
"""Why what is silent may have been answered, where a queue was not read to its end."""

STAY_AWAY_S = (0.2, 1.0)
"""How long another grader is left alone with messages that are new and not ours, from, to."""


class Patience(stop_base):
    """A stop condition: the deadline has passed, and no message is left to read or to reappear.

    ``ends_at`` is when the account's whole time ends, by ``time.monotonic()``: nobody sleeps beyond it.
    """

    def __init__(self, seconds: float, lost: LostAnswers, ends_at: float | None = None) -> None:
        self._deadline, self._lost_answers = time.monotonic() + seconds, lost
        self._ends_at = math.inf if ends_at is None else ends_at
        self.hands_full = self.stays_away = False

    @property
    def left_s(self) -> float:
        """Seconds until the deadline."""
        return self._deadline - time.monotonic()

    def before_next(self, retry_state: RetryCallState) -> float:  # noqa: ARG002 - tenacity's signature
        """Seconds until the next look: none, unless somebody else is to have a look first.

        When the deadline has passed and only what was lost is waited for, nothing is asked until it is
        back: each answer that gets lost meanwhile would hide it once more.
        """
        if self.left_s <= 0 and not self.hands_full:
            until = min(self._lost_answers.back_at, self._deadline + COME_BACK_S, self._ends_at)
            return max(0.0, until - time.monotonic())
        longest = max(0.0, min(random.uniform(*STAY_AWAY_S), self.left_s))  # noqa: S311 - no secret
        return longest if self.stays_away else 0.0

    def __call__(self, retry_state: RetryCallState) -> bool:  # noqa: ARG002 - tenacity's signature
        """Whether time is up."""
        longer_s = max(
            DRAINING_S if self.hands_full else 0,
            COME_BACK_S if self._lost_answers.may_be_hidden() else 0,
        )
        return self.left_s <= -longer_s
