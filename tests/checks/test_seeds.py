"""What a fault costs does not depend on the seed: judged from what such a function would answer."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from grader.model.fact import Found
from grader.model.observation import Answer, Exchange, Invocation, Pair
from grader.observe.answers import numbers_by_key, written
from grader.observe.scope import scope_of
from grader.rubric.pairs import Pairs
from tests.labs import calculator_rubric
from tests.observations import reference
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from grader.model.observation import Observation
    from grader.rubric.pairs import Drawn
    from grader.rubric.rubric import Rubric
    from tests.judges import Judge

SEEDS = 50

FUNCTIONS: dict[str, Callable[[int, int, str], Any]] = {
    "only adds": lambda one, two, _asked: one + two,
    "rounds down": lambda one, two, asked: {
        "+": one + two,
        "-": one - two,
        "*": one * two,
        "/": one // two,
    }[asked],
    "rounds": lambda one, two, asked: round(
        {"+": one + two, "-": one - two, "*": one * two, "/": one / two}[asked], 2
    ),
    "the first number": lambda one, _two, _asked: one,
    "joins": lambda one, two, _asked: f"{one}{two}",
}
PASSED: dict[str, dict[str, int]] = {
    "only adds": {"handler": 1, "records": 0, "answers": 2},
    "rounds down": {"handler": 1, "records": 1, "answers": 6},
    "rounds": {"handler": 1, "records": 1, "answers": 6},
    "the first number": {"handler": 0, "records": 0, "answers": 0},
    "joins": {"handler": 0, "records": 0, "answers": 0},
}


def answered(rubric: Rubric, drawn: Drawn, function: Callable[..., Any]) -> Pair:
    fields: dict[str, Any] = drawn.fields
    value = function(fields["number1"], fields["number2"], fields["operation"])
    body = json.dumps({"result": value})
    numbers = numbers_by_key(body, rubric.exchange.keys)
    reading = drawn.readings.named(numbers["result"])
    assert reading is not None, (fields, body)  # every one of these mistakes has a name
    answer = Answer(body, reading.name or None, 0.1, reading.detail, written(numbers))
    return Pair(None, None, "2024-05-01T10:00:00.000Z", (answer,), fields)


def observed(rubric: Rubric, seed: int, function: Callable[..., Any]) -> Observation:
    pairs = Pairs(rubric.exchange, seed, "1" * 12, 1)
    handler = (answered(rubric, pairs.draw(0), function),)
    records = tuple(answered(rubric, pairs.draw(n), function) for n in range(3))
    sent = tuple(answered(rubric, pairs.draw(n), function) for n in range(rubric.exchange.pairs))
    return reference(
        handler=Found(Invocation(handler)),
        records=Found(Invocation(records)),
        exchange=Found(Exchange(sent, patience_s=120)),
        mappings={"input": Found(reference().mappings["input"].value)},  # type: ignore[union-attr]
        asked=scope_of(rubric),
    )


@pytest.mark.parametrize("function", first_only_when_quick(FUNCTIONS, keep=2))
def test_a_fault_costs_the_same_with_every_seed(
    judge: Judge, tmp_path: Path, function: str
) -> None:
    rubric = calculator_rubric(tmp_path)
    seen = [observed(rubric, seed, FUNCTIONS[function]) for seed in range(SEEDS)]
    found = set()
    for outcomes in judge.judge(rubric, seen):
        passed = Counter(one.criterion for one in outcomes if one.outcome == "passed")
        found.add(tuple(passed[name] for name in PASSED[function]))
    assert found == {tuple(PASSED[function].values())}
