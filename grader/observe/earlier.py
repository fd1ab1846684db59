"""Old messages of the output queue that look like answers: perhaps those of an earlier run.

A run that was interrupted leaves behind what its function answered later. Nobody keeps the numbers of
such a run, so that only the size of the answers tells: it is no proof, and costs nothing.
"""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

from grader.observe.answers import numbers_anywhere
from grader.rubric.expression import ExpressionError
from grader.rubric.readings import Arithmetic, draw_message

if TYPE_CHECKING:
    from grader.rubric.exchange import ExchangeRules

_SAMPLES = 200


class EarlierAnswers:
    """What an answer to some message by these rules may look like."""

    def __init__(self, rules: ExchangeRules) -> None:
        self._rules = rules

    def may_hold(self, body: str) -> bool:
        """Whether ``body`` holds a number as large as right answers are, in whatever form."""
        smallest, largest = self._sizes
        return any(smallest <= number <= largest for number in numbers_anywhere(body))

    @cached_property
    def _sizes(self) -> tuple[Decimal, Decimal]:
        """The smallest and the largest right answer of some messages."""
        arithmetic, rng = Arithmetic(self._rules), Random(0)  # noqa: S311 - no secret
        found = []
        for index in range(_SAMPLES):
            with suppress(ExpressionError):
                message = draw_message(arithmetic.fields, index, rng)
                found.append(arithmetic.readings(message).right.value)
        return min(found, default=Decimal(1)), max(found, default=Decimal(0))
