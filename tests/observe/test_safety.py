"""Set-ups in which a message of the grader could do harm, or be lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectionClosedError

from grader.model.fact import NotTried
from grader.resources import ready
from tests.observing import (
    EMPTY,
    exchange,
    hand_in,
    handler,
    kind,
    lab,
    messages,
    observe_sandbox_account,
)
from tests.polling import wait_for
from tests.quick_run import first_only_when_quick
from tests.wire_faults import Done, Wire

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


@pytest.mark.slow
def test_a_function_that_answers_on_its_own_input_queue_is_told_so(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="own_queue", mapping="disabled")
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert handler(seen).own_queue
    assert isinstance(seen.exchange, NotTried)
    assert seen.exchange.because == "handler"
    assert messages(aws_sandbox, fresh_account, "input_queue") == EMPTY


def test_a_loop_is_neither_invoked_nor_fed(aws_sandbox: Sandbox, fresh_account: str) -> None:
    hand_in(aws_sandbox, fresh_account, output_mapping=True)
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert exchange(seen).unsafe is not None
    assert "output_queue" in str(exchange(seen).unsafe)
    assert exchange(seen).pairs == ()
    for fact in (seen.handler, seen.records):
        assert isinstance(fact, NotTried)
        assert fact.because == "exchange"


def test_nothing_is_sent_where_a_second_function_reads_the_input_queue(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, second_function=True)
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert handler(seen).answered
    assert isinstance(seen.exchange, NotTried)
    assert seen.exchange.because == "mappings.input"


def test_a_harmless_filter_costs_nothing(aws_sandbox: Sandbox, fresh_account: str) -> None:
    pattern = json.dumps({"body": {"number1": [{"exists": True}]}})
    hand_in(aws_sandbox, fresh_account, mapping_filter=pattern)
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert exchange(seen).answered == 5
    assert not exchange(seen).filtered


@pytest.mark.slow
def test_a_filter_that_drops_messages_is_found_with_one_pair(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    pattern = json.dumps({"body": {"colour": ["blue"]}})
    hand_in(aws_sandbox, fresh_account, mapping_filter=pattern)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=lab(deadline_s=2))
    assert exchange(seen).filtered
    assert len(exchange(seen).pairs) == 1


@pytest.mark.slow
def test_a_pair_that_nobody_consumed_is_taken_back(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account)
    wire = _disabling(aws_sandbox, fresh_account)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=lab(deadline_s=2), wire=wire)
    assert exchange(seen).answered == 0
    assert messages(aws_sandbox, fresh_account, "input_queue") == EMPTY
    assert "pair-left-behind" not in seen.flags


@pytest.mark.slow
def test_a_pair_that_was_sent_although_the_answer_of_sqs_got_lost_is_taken_back(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account)
    wire = _disabling(aws_sandbox, fresh_account)
    wire.play("sqs.SendMessage", Done(ConnectionClosedError(endpoint_url="http://127.0.0.1")))
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=lab(deadline_s=2), wire=wire)
    assert exchange(seen).answered == 0
    assert messages(aws_sandbox, fresh_account, "input_queue") == EMPTY
    assert "pair-left-behind" not in seen.flags


@pytest.mark.slow
def test_a_pair_is_taken_back_where_the_function_answered_and_then_raised(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    """The flag is certain before the queue is looked at; the pair lies there all the same."""
    hand_in(aws_sandbox, fresh_account, handler="raises_after_answer")
    wire = _disabling(aws_sandbox, fresh_account)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=lab(deadline_s=2), wire=wire)
    assert exchange(seen).answered == 0
    assert messages(aws_sandbox, fresh_account, "input_queue") == EMPTY
    assert "pair-left-behind" in seen.flags


@pytest.mark.slow
@pytest.mark.parametrize(("consumed", "hides_s"), [(True, [20, 0]), (False, [20, 0, 20])])
def test_what_a_silent_function_was_sent_is_fetched_only_where_it_lies_there(
    aws_sandbox: Sandbox, fresh_account: str, consumed: bool, hides_s: list[int]
) -> None:
    """It is looked for first, without hiding it; before that, its sum was."""
    hand_in(aws_sandbox, fresh_account, handler="prints_only")
    wire, hidden_s = (Wire() if consumed else _disabling(aws_sandbox, fresh_account)), list[int]()

    def received(params: dict[str, Any], **_given: Any) -> None:
        if "input_queue" in params["QueueUrl"]:
            hidden_s.append(params["VisibilityTimeout"])

    wire.session.events.register("provide-client-params.sqs.ReceiveMessage", received)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    assert hidden_s == hides_s
    wait_for(lambda: messages(aws_sandbox, fresh_account, "input_queue") == EMPTY)
    assert "pair-left-behind" not in seen.flags


@pytest.mark.slow
def test_a_pair_is_not_fetched_from_a_queue_that_counts_receives(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account)
    sqs = aws_sandbox.client("sqs", fresh_account)
    url = sqs.get_queue_url(QueueName="input_queue")["QueueUrl"]
    dead = sqs.create_queue(QueueName="dead_letters")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "1"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    wire = _disabling(aws_sandbox, fresh_account)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=lab(deadline_s=2), wire=wire)
    assert "pair-left-behind" in seen.flags
    assert messages(aws_sandbox, fresh_account, "input_queue")["visible"] > 0


def _disabling(aws_sandbox: Sandbox, account_id: str) -> Any:
    """A wire that disables the mapping the moment the first pair is about to be sent."""
    wire, functions = Wire(), aws_sandbox.client("lambda", account_id)
    uuid = functions.list_event_source_mappings()["EventSourceMappings"][0]["UUID"]

    def disable(**_given: Any) -> None:
        functions.update_event_source_mapping(UUID=uuid, Enabled=False)

    wire.session.events.register("before-send.sqs.SendMessage", disable)
    return wire


@pytest.mark.parametrize("state", ["Creating", "Enabling", "Updating"])
def test_nothing_is_tried_while_it_is_open_whether_the_output_queue_loops(
    aws_sandbox: Sandbox,
    fresh_account: str,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
) -> None:
    monkeypatch.setattr(ready, "READY_S", 0)
    hand_in(aws_sandbox, fresh_account, output_mapping=True)

    def change(parsed: dict[str, Any]) -> None:
        for mapping in parsed["EventSourceMappings"]:
            if mapping["EventSourceArn"].endswith("output_queue"):
                mapping["State"] = state

    wire.change("lambda.ListEventSourceMappings", change)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    assert kind(seen.handler) == kind(seen.exchange) == "not-ready"
    assert not {"lambda.Invoke", "sqs.SendMessage"} & set(wire.requests)


@pytest.mark.parametrize("state", first_only_when_quick(["Enabling", "Deleting"]))
def test_nothing_is_sent_while_aws_changes_the_mapping_of_a_second_reader(
    aws_sandbox: Sandbox,
    fresh_account: str,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
) -> None:
    monkeypatch.setattr(ready, "READY_S", 0)
    hand_in(aws_sandbox, fresh_account, second_function=True)

    def change(parsed: dict[str, Any]) -> None:
        for mapping in parsed["EventSourceMappings"]:
            if mapping["FunctionArn"].endswith("second_lambda"):
                mapping["State"] = state

    wire.change("lambda.ListEventSourceMappings", change)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    assert handler(seen).answered
    assert kind(seen.exchange) == "not-ready"
    assert "sqs.SendMessage" not in wire.requests
