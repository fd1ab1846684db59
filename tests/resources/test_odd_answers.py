"""An answer with a number or a text that no answer of AWS's holds leaves that one fact unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.model.fact import Found, Unknown, value_of
from grader.model.observation import Observation, decode, encode_observation
from tests.observing import hand_in, observe_sandbox_account
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire

FUNCTION, QUEUE = "lambda.GetFunctionConfiguration", "sqs.GetQueueAttributes"
MAPPINGS = "lambda.ListEventSourceMappings"
HUGE, LONG = 10**30, "a" * 1_000_000


def with_key(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Change one key of an answer, or of each thing that it lists."""

    def change(answer: dict[str, Any]) -> None:
        listed = answer.get("EventSourceMappings")
        for one in listed if listed is not None else [answer.get("Attributes", answer)]:
            one[key] = value

    return change


@pytest.mark.parametrize(
    ("operation", "key", "value", "fact"),
    first_only_when_quick(
        [
            (FUNCTION, "MemorySize", HUGE, "functions"),
            (FUNCTION, "MemorySize", float("inf"), "functions"),
            (FUNCTION, "Timeout", -HUGE, "functions"),
            (FUNCTION, "FunctionArn", 5, "functions"),
            (FUNCTION, "FunctionArn", LONG, "functions"),
            (FUNCTION, "FunctionName", ["adder"], "functions"),
            (FUNCTION, "FunctionName", "\ud800", "functions"),
            (QUEUE, "QueueArn", 5, "queues"),
            (QUEUE, "QueueArn", LONG, "queues"),
            (QUEUE, "VisibilityTimeout", str(HUGE), "queues"),
            (QUEUE, "DelaySeconds", HUGE, "queues"),
            (MAPPINGS, "UUID", 5, "mappings"),
            (MAPPINGS, "State", 5, "mappings"),
            (MAPPINGS, "EventSourceArn", {}, "mappings"),
            (MAPPINGS, "BatchSize", HUGE, "mappings"),
            (MAPPINGS, "FunctionArn", f"arn:aws:lambda:r:1:function:{LONG}", "mappings"),
        ],
        keep=5,
    ),
)
def test_what_no_answer_holds_leaves_one_fact_unknown(
    aws_sandbox: Sandbox,
    reference_account: str,
    wire: Wire,
    operation: str,
    key: str,
    value: object,
    fact: str,
) -> None:
    wire.change(operation, with_key(key, value))
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire, may_exercise=False)
    facts = seen.of_resources(fact).values()
    assert {one.kind for one in facts if isinstance(one, Unknown)} == {"unexpected"}
    assert decode(encode_observation(seen)) == seen
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(seen), type=Observation) == seen


@pytest.mark.parametrize(
    ("key", "kept"), [("Runtime", "runtime"), ("CodeSha256", "code_sha256"), ("State", "state")]
)
def test_what_is_only_shown_is_kept_in_a_bounded_length(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, key: str, kept: str
) -> None:
    wire.change(FUNCTION, with_key(key, LONG))
    function = value_of(
        observe_sandbox_account(
            aws_sandbox, reference_account, wire=wire, may_exercise=False
        ).functions["sum"]
    )
    assert function is not None
    assert len(getattr(function, kept)) <= 100


@pytest.mark.parametrize("key", ["UUID", "State"])
def test_what_is_only_shown_of_a_mapping_too(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, key: str
) -> None:
    wire.change(MAPPINGS, with_key(key, LONG))
    mappings = value_of(
        observe_sandbox_account(
            aws_sandbox, reference_account, wire=wire, may_exercise=False
        ).mappings["input"]
    )
    assert mappings is not None
    (mapping,) = mappings.of_queue
    assert max(len(mapping.uuid), len(mapping.state)) <= 100


def test_a_trigger_whose_target_is_longer_than_any_arn_is_not_known(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    def lengthen(answer: dict[str, Any]) -> None:
        for target in answer["Targets"]:
            target["Arn"] = f"{target['Arn']}:{LONG}"

    wire.change("events.ListTargetsByRule", lengthen)
    fact = observe_sandbox_account(
        aws_sandbox, reference_account, wire=wire, may_exercise=False
    ).schedules["periodic"]
    assert isinstance(fact, Found)
    assert fact.value.triggers == ()
    assert fact.value.denied["rule"].kind == "unexpected"


@pytest.mark.parametrize("number", ["1e17", "Infinity", "1e20"])
@pytest.mark.parametrize(
    ("operation", "answer", "fact"),
    first_only_when_quick(
        [
            (MAPPINGS, '{"EventSourceMappings": [{"LastModified": %s}]}', "mappings"),
            ("scheduler.GetSchedule", '{"Name": "x", "EndDate": %s}', "schedules"),
            ("scheduler.GetSchedule", '{"Name": "x", "CreationDate": %s}', "schedules"),
            (FUNCTION, '{"FunctionName": "x", "Timeout": %s}', "functions"),
        ],
        keep=2,
    ),
)
def test_a_number_that_no_date_holds_leaves_one_fact_unknown(
    aws_sandbox: Sandbox,
    fresh_account: str,
    wire: Wire,
    operation: str,
    answer: str,
    fact: str,
    number: str,
) -> None:
    hand_in(aws_sandbox, fresh_account, periodic="scheduler")
    wire.play(operation, (200, {}, (answer % number).encode()), always=True)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, may_exercise=False)
    facts = [*seen.of_resources(fact).values()]
    denied = [
        log for each in facts if isinstance(each, Found) for log in each.value.denied.values()
    ]
    assert {each.kind for each in (*facts, *denied) if isinstance(each, Unknown)} == {"unexpected"}
    assert isinstance(seen.queues["input"], Found)
