"""Which pair a message of the output queue answers, and what is kept of one that answers none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.model.mistakes import NEARLY
from grader.model.observation import Answer
from grader.observe.answers import numbers_anywhere, numbers_by_key, under, written
from grader.observe.sent import MOST_UNREAD
from grader.safety.redact import redact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from grader.observe.clock import Clocks
    from grader.observe.nobodys import NobodysNumbers
    from grader.observe.received import Received
    from grader.observe.sent import Sent
    from grader.rubric.readings import Reading

SOON_S = 10
"""How long after its message an earlier answer that comes again may be meant for it."""


class AnswerMatcher:
    """Matches messages to the pairs that were ``sent``, by their numbers and by when they came.

    A number answers under one of ``keys``. ``sent`` is read anew for each message: more pairs are sent
    meanwhile. ``nobodys`` is told of a right answer to an earlier pair that comes again instead of one
    to the newest.
    """

    def __init__(
        self, sent: Sequence[Sent], keys: tuple[str, ...], clocks: Clocks, nobodys: NobodysNumbers
    ) -> None:
        self._sent, self._keys = sent, keys
        self._clocks, self._nobodys = clocks, nobodys

    def recognise(self, message: Received) -> Answer | None:
        """Match the message's first number to a sent pair and store it there; ``None`` if none."""
        by_key = numbers_by_key(message.body, self._keys)
        numbers = under(by_key, self._keys)
        made = self._made_of(message, numbers[0]) if numbers else None
        if made is None:
            self._keep_unread(message, by_key)
            return None
        sent, reading = made
        after = round(max(0.0, message.at - sent.since), 3)
        answer = Answer(
            redact(message.body, 200), reading.name or None, after, reading.detail, written(by_key)
        )
        newest = self._sent[-1]
        again = sent.answered and not reading.name and newest.silent and sent is not newest
        soon = self._clocks.is_since(message, newest) and message.at - newest.since <= SOON_S
        if again and soon:  # a duplicate that SQS makes may come at any time
            # A function that keeps what it read first answers everything alike, each message once.
            self._keep_with(newest, message, answer)
            if len(sent.answers) == len(self._sent) - 1 - self._sent.index(sent):
                self._nobodys.repeated(newest, message.at)
        sent.answers.append(answer)
        sent.numbers.update(numbers)
        return answer

    def _made_of(self, message: Received, number: Decimal) -> tuple[Sent, Reading] | None:
        """The pair that ``number`` answers, and whether it is right or which mistake it shows."""
        found = [
            (sent, reading)
            for sent in self._sent
            if (reading := sent.drawn.readings.named(number)) is not None
            and self._clocks.answers(message, sent, right=not reading.name)
        ]
        # What is off by a little from one pair's answer may be another's exactly.
        return min(
            found, key=lambda pair: (pair[1].name != "", pair[1].name == NEARLY), default=None
        )

    def holds_an_answer(self, message: Received) -> bool:
        """The right answer to a pair stands in ``message``, in a form that does not count."""
        return any(
            (reading := sent.drawn.readings.named(number)) is not None
            and not reading.name
            and self._clocks.answers(message, sent, right=True)
            for number in numbers_anywhere(message.body)
            for sent in self._sent
        )

    def _keep_unread(self, message: Received, by_key: Mapping[str, Decimal]) -> None:
        """Keep numbers that answer nothing with the pairs that they may answer by another rubric."""
        if not by_key:
            return
        unread = Answer(redact(message.body, 200), None, 0, numbers=written(by_key))
        for sent in self._sent:
            self._keep_with(sent, message, unread)

    def _keep_with(self, sent: Sent, message: Received, unread: Answer) -> None:
        """Keep what a ``message`` says with ``sent``, if it came since and there is room."""
        room = len(sent.unread) < MOST_UNREAD and not sent.answered
        if room and self._clocks.is_since(message, sent):
            after = round(max(0.0, message.at - sent.since), 3)
            sent.unread.append(Answer(unread.body, None, after, numbers=unread.numbers))
