"""Exchanges to judge by: the course's calculator, and others that are not the sum of two numbers."""

from __future__ import annotations

from typing import Any

import msgspec

from grader.rubric.exchange import AnswerRules, ExchangeRules
from grader.rubric.pairs import Drawn
from grader.rubric.readings import Arithmetic

OPERATIONS = {
    "+": "number1 + number2",
    "-": "number1 - number2",
    "*": "number1 * number2",
    "/": "number1 / number2",
}


def calculator(**changes: Any) -> ExchangeRules:
    """Four operations on two whole numbers."""
    rules = ExchangeRules(
        pairs=8,
        message={
            "number1": {"whole": [100, 9999]},
            "number2": {"whole": [100, 9999]},
            "operation": {"one_of": list(OPERATIONS)},
        },
        answer=AnswerRules(("result", "body"), {"of": "operation", **OPERATIONS}, 1e-6),
    )
    return msgspec.structs.replace(rules, **changes)


def drawn(rules: ExchangeRules | None = None, **fields: Any) -> Drawn:
    """A message with these fields, as if it had been drawn; of two small numbers unless told."""
    rules = rules or ExchangeRules()
    fields = fields or {"number1": 1, "number2": 2}
    return Drawn(fields, Arithmetic(rules).readings(fields), short=rules.short)
