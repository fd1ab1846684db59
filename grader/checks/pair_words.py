"""What is said of a pair: what was sent, which answer is right, and which numbers are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from grader.rubric.expression import ExpressionError
from grader.rubric.readings import Arithmetic, right_answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from grader.checks.step_rule import StepContext
    from grader.model.observation import Pair


class PairWords:
    """The words of pairs in one ``context``, whose rules say what is right."""

    def __init__(self, context: StepContext) -> None:
        self._keys, self._rules = context.keys, context.rules
        self._arithmetic = Arithmetic(context.rules)

    def values(self, pair: Pair | None) -> dict[str, Any]:
        """What was expected of a pair, and what was sent, for a template that speaks of both."""
        if pair is None:
            return {"expected": None, "number1": None, "number2": None}
        if pair.number1 is not None and pair.number2 is not None:
            total = right_answer(pair, self._rules)
            return {"expected": total, "number1": pair.number1, "number2": pair.number2}
        return {"expected": self.right(pair), "message": as_json(pair.message)}

    def sent(self, pair: Pair) -> str:
        """The message of ``pair``, as it was sent."""
        if pair.message or pair.number1 is None:
            return as_json(pair.message)
        return as_json(dict(zip(self._keys, (pair.number1, pair.number2), strict=False)))

    def right(self, pair: Pair) -> str | None:
        """A right answer to ``pair``, as a message; ``None`` where today's rules do not know one."""
        answer = right_answer(pair, self._rules)
        return None if answer is None else as_json({self._rules.keys[0]: answer})

    def is_right(self, pair: Pair) -> Callable[[Decimal], bool]:
        """Whether a number is the right answer to ``pair``."""
        if pair.number1 is not None and pair.number2 is not None:
            total = right_answer(pair, self._rules)
            return lambda number: number == total
        try:
            readings = self._arithmetic.readings(pair.message)
        except (ExpressionError, LookupError):
            return lambda _number: False

        def is_right(number: Decimal) -> bool:
            reading = readings.named(number)
            return reading is not None and not reading.name

        return is_right


def as_json(value: object) -> str:
    """``value`` as a message has it."""
    return json.dumps(value, ensure_ascii=False)


def spoken_of(template: str, values: dict[str, Any]) -> dict[str, Any]:
    """Those of ``values`` that ``template`` speaks of."""
    return {name: value for name, value in values.items() if f"{{{name}}}" in template}
