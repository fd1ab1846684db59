"""What SQS answers during a run, where it has another shape than SQS documents."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.ended_early import FactUnknown
from grader.model.fact import Unknown
from grader.observe.input_queue import InputQueue
from grader.observe.output import OutputQueue
from grader.observe.receive import Receiver
from grader.observe.sent import Sent
from grader.observe.which_output import _held
from grader.rubric.exchange import ExchangeRules
from grader.rubric.pairs import Pairs
from grader.safety.secret import Secret
from tests.exchanges import drawn
from tests.wire_faults import Wire

URL = "https://sqs.us-east-1.amazonaws.com/111111111111/numbers"
ODD_MESSAGES = ({"Body": 5}, {"MessageId": ["a"]}, {"ReceiptHandle": {}}, {"Attributes": "x"})


def playing(operation: str, answer: dict[str, Any], **others: dict[str, Any]) -> Aws:
    """An account that gives this one answer, and those of ``others`` by their operations."""
    wire = Wire()
    headers = {"content-type": "application/x-amz-json-1.0"}
    for asked, said in {operation: answer, **others}.items():
        wire.play(f"sqs.{asked}", (200, headers, json.dumps(said).encode()), always=True)
    keys = Keys(Secret("1"), Secret("2"), None)
    return Aws(Clients(wire.session), keys, "us-east-1", "http://127.0.0.1:1")


def input_queue(aws: Aws) -> InputQueue:
    return InputQueue(aws, URL, redrive=False, keys=["sum"])


@pytest.mark.parametrize("message", ODD_MESSAGES, ids=str)
def test_a_message_of_another_shape_leaves_open_what_the_queue_holds(
    message: dict[str, Any],
) -> None:
    aws = playing("ReceiveMessage", {"Messages": [message]})
    with pytest.raises(FactUnknown) as raised:
        Receiver(aws, URL).receive(1, 20)
    assert raised.value.unknown.kind == "unexpected"
    input_queue(aws).look_for(sent := Sent(drawn()))
    assert not sent.consumed
    assert isinstance(_held(aws, URL, [drawn()], 0, 1, Unknown("ambiguous", "")), Unknown)


@pytest.mark.parametrize(
    "answer",
    [{"Attributes": {"ApproximateNumberOfMessages": "x"}}, {"Attributes": {"A": None}}, {}],
    ids=str,
)
def test_a_count_that_is_no_number_points_a_human_at_the_queue(answer: dict[str, Any]) -> None:
    left = Sent(drawn(), message_id="a", consumed=True)
    assert input_queue(playing("GetQueueAttributes", answer)).take_back([left])


@pytest.mark.parametrize("answer", [{}, {"MessageId": 5}, {"MessageId": ["a"]}], ids=str)
def test_a_message_that_was_sent_and_got_no_name_is_sent_all_the_same(
    answer: dict[str, Any],
) -> None:
    aws, rules = playing("SendMessage", answer), ExchangeRules()
    output = OutputQueue(aws, URL, rules.keys, max_receives=None, hold_s=20, stop=threading.Event())
    sent = input_queue(aws).send(Pairs(rules, 1, "111111111111", 1), 0, output)
    assert sent.message_id is None
    # One receive did not give it: where there are any, it may be one.
    for count in (0, 1):
        counted = {"Attributes": {"ApproximateNumberOfMessages": str(count)}}
        aws = playing("GetQueueAttributes", counted, ReceiveMessage={})
        assert input_queue(aws).take_back([sent]) is (count > 0)
