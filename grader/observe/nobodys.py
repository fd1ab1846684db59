"""Numbers that came since a pair and answer none: whether they are another grader's, or nobody's.

Another grader takes its answers as soon as it sees them. What lies in the queue, shown to everybody,
for longer than that is what the function makes of this run's pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.observe.lost import BACK_S, HIDES_S

if TYPE_CHECKING:
    from grader.observe.sent import Sent

UNTAKEN_S = HIDES_S + BACK_S + 3
"""Seconds a wrong number must lie unread: longer than a message that another grader received and lost
stays hidden."""

MOST_FOR_ONE = 3
"""The most wrong numbers that count as the function's answer to one message; more have other senders."""


@dataclass
class _Number:
    """A message with a number that came while ``sent`` was the newest pair, when first and last."""

    sent: Sent
    first: float
    last: float


class NobodysNumbers:
    """What came for the newest pair with a number that answers nothing, by message id."""

    def __init__(self) -> None:
        self._numbers: dict[str, _Number] = {}
        self._repeats: dict[int, tuple[Sent, float]] = {}

    def add(self, identity: str, newest: Sent, at: float) -> None:
        """A new message with a number that no pair explains, received for the first time."""
        self._numbers[identity] = _Number(newest, at, at)

    def note_received_again(self, identity: str, at: float) -> None:
        """Note that a message was received once more: nobody has taken it, if it is one of these."""
        number = self._numbers.get(identity)
        if number is not None:
            number.last = at

    def repeated(self, newest: Sent, at: float) -> None:
        """Instead of an answer to ``newest`` the right one to an earlier pair came again."""
        self._repeats.setdefault(id(newest), (newest, at))

    def only_wrong_number_for(self, sent: Sent, slow_s: float, now: float) -> bool:
        """Whether the function answered ``sent`` with a wrong number only.

        A function that also answered right may still do so, so this is then false. ``slow_s`` is how
        many seconds longer than usual answers take.
        """
        came_for = [
            *(number.sent for number in self._numbers.values()),
            *(repeated for repeated, _at in self._repeats.values()),
        ]
        if any(other.answered for other in came_for):
            return False
        enough_s = UNTAKEN_S + slow_s
        if id(sent) in self._repeats and now - self._repeats[id(sent)][1] >= enough_s:
            return True
        mine = [number for number in self._numbers.values() if number.sent is sent]
        lie = any(number.last - number.first >= enough_s for number in mine)
        return lie and len(mine) <= MOST_FOR_ONE
