"""What AWS lists: nothing at all, or what it says elsewhere is not there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.model.observation import Found, Missing, Unknown
from grader.resources import ready
from tests.observing import hand_in, kind, look
from tests.wire_faults import Wire, rest, rpc

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox

LISTS = {
    "lambda.ListFunctions": "Functions",
    "lambda.ListEventSourceMappings": "EventSourceMappings",
    "sqs.ListQueues": "QueueUrls",
    "eventbridge.ListRuleNamesByTarget": "RuleNames",
    "eventbridge.ListRules": "Rules",
    "eventbridge.ListTargetsByRule": "Targets",
    "scheduler.ListSchedules": "Schedules",
}


def test_a_list_that_is_left_out_is_empty(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    for operation, key in LISTS.items():
        wire.change(operation, lambda parsed, key=key: parsed.pop(key, None))  # type: ignore[misc]
    hand_in(aws_sandbox, fresh_account, periodic="disabled-rule")
    seen = look(aws_sandbox, fresh_account, wire=wire, exchange=False)
    schedule, mappings = seen.schedules["periodic"], seen.mappings["input"]
    assert isinstance(schedule, Found)
    assert (schedule.value.triggers, schedule.value.denied) == ((), {})
    assert isinstance(mappings, Found)
    assert mappings.value.of_queue == ()


def test_what_is_not_there_has_no_neighbours_where_none_are_listed(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    for operation, key in LISTS.items():
        wire.change(operation, lambda parsed, key=key: parsed.pop(key, None))  # type: ignore[misc]
    seen = look(aws_sandbox, fresh_account, wire=wire, exchange=False)
    assert isinstance(seen.functions["sum"], Missing)
    assert isinstance(seen.queues["input"], Missing)


NOT_THERE = {
    "lambda.GetFunctionConfiguration": rest(404, "ResourceNotFoundException"),
    "sqs.GetQueueUrl": rpc(400, "QueueDoesNotExist"),
}


@pytest.mark.parametrize("operation", NOT_THERE)
def test_what_is_listed_and_not_there_is_asked_for_again(
    aws_sandbox: Sandbox, right: str, wire: Wire, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    monkeypatch.setattr(ready, "EVERY_S", 0.05)
    wire.play(operation, *[NOT_THERE[operation]] * 3)
    seen = look(aws_sandbox, right, wire=wire, exchange=False)
    assert isinstance(seen.functions["sum"], Found)
    assert isinstance(seen.queues["input"], Found)


@pytest.mark.parametrize("operation", NOT_THERE)
def test_what_stays_listed_and_not_there_is_not_ready(
    aws_sandbox: Sandbox, right: str, wire: Wire, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    monkeypatch.setattr(ready, "READY_S", 0)
    wire.play(operation, NOT_THERE[operation], always=True)
    seen = look(aws_sandbox, right, wire=wire)
    fact: Any = seen.queues["input"] if operation.startswith("sqs") else seen.functions["sum"]
    assert isinstance(fact, Unknown)
    assert "AWS lists a" in fact.detail
    assert kind(fact) == kind(seen.handler) == "not-ready"


def test_a_name_is_looked_for_on_every_page(
    aws_sandbox: Sandbox, right: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "READY_S", 0)
    pages: list[Any] = [{"NextMarker": "a"}, {"Functions": [], "NextMarker": "b"}]
    last = {"Functions": [{"FunctionName": "other"}, {"FunctionName": "first_lambda"}]}
    answers = [(200, {}, json.dumps(page).encode()) for page in (*pages, last)]
    wire.play("lambda.ListFunctions", *answers)
    wire.play("lambda.GetFunctionConfiguration", rest(404, "ResourceNotFoundException"))
    assert kind(look(aws_sandbox, right, wire=wire, exchange=False).functions["sum"]) == "not-ready"
