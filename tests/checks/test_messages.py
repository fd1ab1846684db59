"""Every way to lose a point says what was expected, what was found, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.model.fact import Found, Missing, NotTried
from grader.model.observation import Exchange, FunctionError, Invocation, Mappings, Schedule
from tests.observations import (
    a_function,
    a_mapping,
    a_pair,
    a_queue,
    a_trigger,
    an_exchange,
    lab_rubric,
    reference,
    silent_pair,
    sum_function,
)
from tests.student_messages import states_expected_and_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.model.outcome import Outcome

    Judged = Callable[..., list[Outcome]]

SEEN = reference()
NO_FUNCTION = Missing("There is no function named adder in eu-west-3.")
NO_QUEUE = Missing("There is no queue named numbers in eu-west-3.")
SILENT = Found(an_exchange(0, 1, patience_s=10))
UNSAFE = "totals triggers adder, so an answer could come round for ever. Nothing was sent."


def function(**changes: Any) -> dict[str, Any]:
    return {"functions": sum_function(Found(a_function(**changes)))}


def fed(*mappings: Any, elsewhere: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    found = Found(Mappings(mappings, elsewhere))
    return {"mappings": {**SEEN.mappings, "input": found}, **changes}


def handled(number: int = 0, wrong: str | None = None, **changes: Any) -> dict[str, Any]:
    pair = a_pair(number, wrong) if wrong else silent_pair(number)
    return {
        "handler": Found(Invocation((pair,), **changes)),
        "records": NotTried("handler", "No."),
        "exchange": SILENT,
    }


def run_by(*triggers: Any) -> dict[str, Any]:
    return {"schedules": {"periodic": Found(Schedule(triggers, {}))}}


@pytest.mark.parametrize(
    "changes",
    [
        {"functions": sum_function(NO_FUNCTION)},
        {"functions": {**SEEN.functions, "periodic": NO_FUNCTION}},
        {"queues": {**SEEN.queues, "input": NO_QUEUE}},
        {"schedules": {"periodic": Missing("There is no rule that targets ticker.")}},
        function(state="Failed", state_reason="The role is gone."),
        function(runtime="python3.7"),
        function(runtime=""),
        function(memory_mb=256),
        function(timeout_s=3),
        function(environment=Found({"foo": None})),
        function(environment=Found({"foo": "baz"})),
        {"queues": {**SEEN.queues, "input": Found(a_queue(visibility_timeout_s=30))}},
        fed(),
        fed(elsewhere=("other",)),
        fed(a_mapping("subber")),
        fed(a_mapping(), a_mapping("subber")),
        fed(a_mapping(state="Disabled")),
        fed(a_mapping(filters=("{}",)), exchange=Found(an_exchange(0, 1, filtered=True))),
        handled(),
        handled(others=("hello",)),
        handled(own_queue=True),
        handled(inconclusive=True, error=FunctionError("ReceiptHandleIsInvalid", "no")),
        *(
            handled(failure=failure)
            for failure in ("raised", "timed-out", "refused", "broken", "reported")
        ),
        *(handled(wrong=wrong) for wrong in ("joined", "multiplied", "subtracted", "nearly")),
        {"records": Found(Invocation((a_pair(1), silent_pair(2), silent_pair(3))))},
        {"records": Found(Invocation((a_pair(1), silent_pair(2)), failure="raised"))},
        {"exchange": Found(an_exchange(2, 1))},
        {"exchange": Found(an_exchange(2, 1, others=("hello",)))},
        {"exchange": Found(an_exchange(0, pairs=(a_pair(0), a_pair(1, "joined"))))},
        {"exchange": Found(Exchange((), unsafe=UNSAFE))},
        run_by(),
        run_by(a_trigger(enabled=False)),
        run_by(a_trigger(permitted=False)),
        run_by(a_trigger(expression="at(2030-01-01T00:00:00)", kind="scheduler")),
        run_by(a_trigger(expression="")),
        run_by(a_trigger(expression="cron(0 12 1 1 ? 2030)", once=True)),
    ],
)
def test_every_failure_says_what_was_expected_and_found_and_what_to_do(
    judged: Judged, changes: dict[str, Any]
) -> None:
    lost = [
        one
        for one in judged(lab_rubric(), reference(**changes))
        if one.outcome not in {"passed", "blocked"}
    ]
    assert lost
    for one in lost:
        assert one.outcome == "failed"
        assert states_expected_and_found(one.message), one.message
        assert one.hint, one.message


@pytest.mark.parametrize(
    ("decimals", "said"),
    [
        ("0", "rounded to a whole number."),
        ("1", "rounded to one decimal."),
        ("2", "rounded to 2 decimals."),
    ],
)
def test_a_rounded_answer_says_to_what(judged: Judged, decimals: str, said: str) -> None:
    pair = a_pair(0, "rounded")
    answer = msgspec.structs.replace(pair.answers[0], detail=decimals)
    wrong = msgspec.structs.replace(pair, answers=(answer,))
    seen = reference(exchange=Found(an_exchange(0, pairs=(wrong,))))
    first = next(one for one in judged(lab_rubric(), seen) if one.outcome == "failed")
    assert first.message.endswith(said)


@pytest.mark.parametrize(
    "message", ["", "It failed.", "expected 3", "found 3, expected 4", "There is no "]
)
def test_a_message_that_says_less_would_be_noticed(message: str) -> None:
    assert not states_expected_and_found(message)
