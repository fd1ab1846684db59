"""The calculator of the course on the sandbox: what right and mistaken functions answer, and get."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from grader.model.fact import Found
from grader.rubric.load import load_rubric
from grader.sandbox.cohort import CALCULATORS
from grader.sandbox.submission import DemoSubmission
from tests.judges import Judge
from tests.known_checks import known_checks
from tests.labs import LABS, calculator_rubric, hand_in_for
from tests.observing import EMPTY, messages, observe_sandbox_account
from tests.polling import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from grader.model.observation import Observation
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox

    Points = Callable[[Observation], dict[str, float | None]]

RIGHT = DemoSubmission(name="right", description="right", points=20)
NAMED = {one.name: one for one in CALCULATORS}

FULL = {
    "function": 1,
    "runtime": 1,
    "variable": 2,
    "input-queue": 1,
    "output-queue": 1,
    "mapping": 3,
    "handler": 2,
    "records": 2,
    "answers": 7,
}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=1) as judge:
        yield judge


@pytest.fixture
def rubric(tmp_path: Path) -> Rubric:
    return calculator_rubric(tmp_path, deadline_s=20)


@pytest.fixture
def looked(aws_sandbox: Sandbox, fresh_account: str, rubric: Rubric) -> Callable[..., Observation]:
    def looked(submission: DemoSubmission = RIGHT, seed: int = 1) -> Observation:
        hand_in_for(aws_sandbox, fresh_account, rubric, submission, periodic="absent")
        return observe_sandbox_account(aws_sandbox, fresh_account, rubric=rubric, seed=seed)

    return looked


def judged(judge: Judge, rubric: Rubric, seen: Observation) -> dict[str, tuple[float, str]]:
    """The points of each criterion, and what was said."""
    sums: dict[str, list[bool]] = {}
    said: dict[str, str] = {}
    for outcome in judge.judge(rubric, [seen])[0]:
        sums.setdefault(outcome.criterion, []).append(outcome.outcome == "passed")
        said.setdefault(outcome.criterion, outcome.message)
        if outcome.message:
            said[outcome.criterion] = said[outcome.criterion] or outcome.message
    points = {criterion.id: criterion.points for criterion in rubric.criteria}
    return {
        name: (points[name] * sum(passed) / len(passed), said[name])
        for name, passed in sums.items()
    }


@pytest.mark.slow
def test_a_right_calculator_gets_everything_and_leaves_the_queues_as_they_were(
    looked: Any, judge: Judge, rubric: Rubric, aws_sandbox: Sandbox, fresh_account: str
) -> None:
    seen = looked()
    assert {name: one[0] for name, one in judged(judge, rubric, seen).items()} == FULL
    assert seen.flags == ()
    assert messages(aws_sandbox, fresh_account, "queue2") == EMPTY
    wait_for(lambda: messages(aws_sandbox, fresh_account, "queue1") == EMPTY)
    assert isinstance(seen.handler, Found)
    assert isinstance(seen.records, Found)
    assert isinstance(seen.exchange, Found)
    sent = [pair.message["operation"] for pair in seen.exchange.value.pairs]
    assert Counter(sent) == {"+": 2, "-": 2, "*": 2, "/": 2}
    assert [pair.message["operation"] for pair in seen.handler.value.pairs] == ["+"]
    assert [pair.message["operation"] for pair in seen.records.value.pairs] == ["+", "-", "*"]
    function = seen.functions["calculator"]
    assert isinstance(function, Found)
    assert function.value.environment == Found({})  # nobody asks for a value
    assert function.value.holding == {"output": ("OUTPUT_QUEUE_URL",)}


SAID = {
    "only-adds": "the answer of “+”, where “-” was asked.",
    "another-operation": "the answer of “-”, where “+” was asked.",
    "rounds-down": "rounded to a whole number.",
    "rounds": "rounded to 2 decimals.",
    "joins-fields": "the two numbers joined as text.",
    "answers-first-only": "found no answer within 20 s.",
    "one-record": "expected 3 right answers for 3 records in one event, found 1.",
    "one-record-at-a-time": "expected 3 right answers for 3 records in one event, found 1.",
    "url-in-code": "expected a variable that holds the URL, ARN or name of queue2, found none.",
    "answers-everything": "the answer of “",
    "answers-text": "",
}
QUICK = {"url-in-code"}


def test_every_calculator_says_what_it_costs() -> None:
    assert [one.name for one in CALCULATORS] == list(SAID)


@pytest.mark.parametrize(
    "submission",
    [
        one if one.name in QUICK else pytest.param(one, marks=pytest.mark.slow)
        for one in CALCULATORS
    ],
    ids=lambda one: one.name,
)
def test_a_mistake_costs_its_points_and_no_others_and_is_named(
    looked: Any, judge: Judge, rubric: Rubric, submission: DemoSubmission
) -> None:
    found = judged(judge, rubric, looked(submission))
    told = " ".join(one[1] for one in found.values())
    assert sum(one[0] for one in found.values()) == pytest.approx(submission.points), told
    lost = {name for name, one in found.items() if one[0] < FULL[name]}
    assert lost == submission.failed | submission.blocked
    assert SAID[submission.name] in told, told


@pytest.mark.slow
def test_what_a_student_reads_speaks_of_the_message_and_the_answer(
    looked: Any, judge: Judge, rubric: Rubric
) -> None:
    seen = looked(NAMED["another-operation"])
    assert isinstance(seen.handler, Found)
    (pair,) = seen.handler.value.pairs
    one, two = pair.message["number1"], pair.message["number2"]
    assert judged(judge, rubric, seen)["handler"][1] == (
        f'expected {{"result": {one + two}}} for {{"number1": {one}, "number2": {two},'
        f' "operation": "+"}}, found {{"result": {one - two}}}, the answer of “-”, where “+” was'
        " asked."
    )


@pytest.mark.slow
def test_another_seed_costs_a_function_that_only_adds_the_same(
    looked: Any, judge: Judge, rubric: Rubric, aws_sandbox: Sandbox, fresh_account: str
) -> None:
    first = judged(judge, rubric, looked(NAMED["only-adds"], 2))
    again = observe_sandbox_account(aws_sandbox, fresh_account, rubric=rubric, seed=3)
    points = {name: one[0] for name, one in first.items()}
    assert {name: one[0] for name, one in judged(judge, rubric, again).items()} == points
    assert points == pytest.approx(FULL | {"records": 0, "answers": 7 * 2 / 8})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["right", pytest.param("url-in-code", marks=pytest.mark.slow)])
def test_under_names_of_ones_own_each_resource_is_found_by_its_part(
    looked: Any,
    judge: Judge,
    rubric: Rubric,
    aws_sandbox: Sandbox,
    fresh_account: str,
    name: str,
) -> None:
    submission = NAMED.get(name, RIGHT)
    hand_in_for(aws_sandbox, fresh_account, rubric, submission, periodic="absent")
    shipped = load_rubric(LABS / "calculator.yaml", known_checks())
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=shipped)
    assert {role: one.name for role, one in seen.found_as.items()} == {
        "calculator": "calculatrice",
        "input": "queue1",
        "output": "queue2",
    }
    found = judged(judge, shipped, seen)
    lost = submission.failed
    assert {one: points for one, (points, _said) in found.items()} == {
        one: 0 if one in lost else points for one, points in FULL.items()
    }
