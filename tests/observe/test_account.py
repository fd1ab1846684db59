"""What is seen of an account in the sandbox, and that nothing else is done to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from grader.model.fact import Found, Missing, NotTried, Unknown
from grader.model.observation import Observation, decode, encode_observation
from grader.observe.account import WAITING
from tests.observing import (
    EMPTY,
    exchange,
    hand_in,
    handler,
    lab,
    messages,
    observe_sandbox_account,
)
from tests.polling import wait_for
from tests.wire_faults import Wire

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


@pytest.mark.slow
def test_the_reference_is_seen_whole_and_its_queues_are_left_empty(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account)
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert handler(seen).answered
    assert isinstance(seen.records, Found)
    assert [pair.answered for pair in seen.records.value.pairs] == [True] * 3
    assert [pair.answered for pair in exchange(seen).pairs] == [True] * 5
    assert seen.flags == ()
    assert seen.account_id == fresh_account
    assert messages(aws_sandbox, fresh_account, "output_queue") == EMPTY
    wait_for(lambda: messages(aws_sandbox, fresh_account, "input_queue") == EMPTY)
    assert decode(encode_observation(seen)) == seen


def test_a_right_account_is_known_before_the_last_look_for_more_messages(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account)
    wire, known = Wire(), list[tuple[Observation, int]]()

    def polls() -> int:
        return wire.requests.count("sqs.ReceiveMessage")

    seen = observe_sandbox_account(
        aws_sandbox,
        fresh_account,
        wire=wire,
        on_partial_observation=lambda now: known.append((now, polls())),
    )
    (before, _), (by_then, polled) = known
    assert before.handler == before.records == before.exchange == WAITING
    assert polls() > polled
    ended = {"finished_at": seen.finished_at, "duration_s": seen.duration_s}
    assert msgspec.structs.replace(by_then, **ended) == seen


@pytest.mark.slow
@pytest.mark.parametrize("handler", ["multiplies", "first_record_only"])
def test_what_a_later_message_could_mend_is_not_told_before(
    aws_sandbox: Sandbox, fresh_account: str, handler: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler=handler)
    known: list[Observation] = []
    observe_sandbox_account(aws_sandbox, fresh_account, on_partial_observation=known.append)
    assert [seen.exchange for seen in known] == [WAITING]


@pytest.mark.slow
def test_the_same_seed_sends_the_same_pairs(aws_sandbox: Sandbox, fresh_account: str) -> None:
    hand_in(aws_sandbox, fresh_account)
    first, second = (observe_sandbox_account(aws_sandbox, fresh_account, seed=5) for _ in range(2))

    def pairs(seen: Observation) -> list[tuple[int, int]]:
        return [(pair.number1, pair.number2) for pair in exchange(seen).pairs]

    assert pairs(first) == pairs(second)


def test_an_empty_account_is_missing_everything_and_nothing_is_tried(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert isinstance(seen.functions["sum"], Missing)
    assert isinstance(seen.queues["input"], Missing)
    assert seen.mappings["input"] == NotTried.after("queues.input", seen.queues["input"])
    assert seen.schedules["periodic"].because == "functions.periodic"  # type: ignore[union-attr]
    for fact in (seen.handler, seen.records, seen.exchange):
        assert isinstance(fact, NotTried)
        assert fact.because == "functions.sum"


def test_a_misspelt_queue_is_named(aws_sandbox: Sandbox, fresh_account: str) -> None:
    hand_in(aws_sandbox, fresh_account, output_queue="output-queue")
    rubric = lab()
    strict = msgspec.structs.replace(rubric, lab=msgspec.structs.replace(rubric.lab, found=()))
    missing = observe_sandbox_account(aws_sandbox, fresh_account, rubric=strict).queues["output"]
    assert isinstance(missing, Missing)
    assert "there is one named output-queue" in missing.reason


def test_only_variables_that_the_rubric_names_are_kept(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, environment={"DB_PASSWORD": "hunter2"})
    assert b"hunter2" not in encode_observation(
        observe_sandbox_account(aws_sandbox, fresh_account, may_exercise=False)
    )


@pytest.mark.parametrize("periodic", ["rule", "scheduler"])
def test_both_ways_to_run_periodically_are_seen(
    aws_sandbox: Sandbox, fresh_account: str, periodic: str
) -> None:
    hand_in(aws_sandbox, fresh_account, periodic=periodic)
    schedule = observe_sandbox_account(aws_sandbox, fresh_account, may_exercise=False).schedules[
        "periodic"
    ]
    assert isinstance(schedule, Found)
    (trigger,) = schedule.value.triggers
    assert (trigger.kind, trigger.enabled, trigger.permitted) == (periodic, True, True)
    assert trigger.expression.startswith("rate(")


def test_a_rule_without_permission_is_seen_as_such(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, periodic="rule-without-permission")
    schedule = observe_sandbox_account(aws_sandbox, fresh_account, may_exercise=False).schedules[
        "periodic"
    ]
    assert isinstance(schedule, Found)
    assert schedule.value.triggers[0].permitted is False


def test_looking_only_invokes_and_sends_nothing(aws_sandbox: Sandbox, fresh_account: str) -> None:
    hand_in(aws_sandbox, fresh_account)
    wire = Wire()
    seen = observe_sandbox_account(aws_sandbox, fresh_account, may_exercise=False, wire=wire)
    assert isinstance(seen.handler, Unknown)
    assert seen.handler.kind == "not-observed"
    assert not {"lambda.Invoke", "sqs.SendMessage", "sqs.ReceiveMessage"} & set(wire.requests)


@pytest.mark.slow
def test_the_grader_changes_nothing_in_an_account(aws_sandbox: Sandbox, fresh_account: str) -> None:
    hand_in(aws_sandbox, fresh_account, old_messages=3)
    wire = Wire()
    observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    verbs = {request.split(".")[1] for request in wire.requests}
    assert {v for v in verbs if not v.startswith(("Get", "List", "Describe"))} == {
        "Invoke",
        "SendMessage",
        "ReceiveMessage",
        "DeleteMessage",
        "ChangeMessageVisibilityBatch",
    }


def test_the_queue_that_feeds_the_function_instead_is_named(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, mapping="other-queue")
    mappings = observe_sandbox_account(aws_sandbox, fresh_account, may_exercise=False).mappings[
        "input"
    ]
    assert isinstance(mappings, Found)
    assert mappings.value.elsewhere == ("other_queue",)


def test_a_rubric_that_asks_only_what_is_there_runs_nothing(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    rubric = lab()
    memory = tuple(c for c in rubric.criteria if c.id in {"memory", "mapping"})
    observe_sandbox_account(
        aws_sandbox,
        reference_account,
        wire=wire,
        rubric=msgspec.structs.replace(rubric, criteria=memory),
    )
    assert not {"lambda.Invoke", "sqs.SendMessage", "sqs.ReceiveMessage"} & set(wire.requests)
