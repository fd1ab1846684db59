"""What lies in the output queue beside answers, and that it lies there afterwards."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from grader.aws import answered_at
from grader.observation import decode, encode
from grader.observe.output import Interrupted
from grader.observe.pairs import Pairs
from tests.looking import exchange, hand_in, handler, lab, look, messages, put
from tests.wire import Wire

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


def test_an_old_message_that_equals_a_sum_is_no_answer(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="prints_only", mapping="disabled")
    first = next(Pairs(1, fresh_account, 1, *lab().exchange.range))
    sent_ms = put(aws_sandbox, fresh_account, json.dumps({"body": sum(first)}))
    sqs = aws_sandbox.client("sqs", fresh_account)

    def clock_ms() -> float:
        at = answered_at(sqs.list_queues())
        assert at is not None
        return at.timestamp() * 1000

    # AWS's Date has whole seconds: only a later one proves that the message is older than the run.
    Retrying(
        retry=retry_if_result(lambda now: now <= sent_ms + 1000),
        stop=stop_after_delay(10),
        wait=wait_fixed(0.05),
    )(clock_ms)
    seen = look(aws_sandbox, fresh_account)
    assert not handler(seen).answered
    assert "foreign-messages" in seen.flags
    assert messages(aws_sandbox, fresh_account, "output_queue") == {"visible": 1, "in flight": 0}


def test_old_messages_are_received_once_and_left_visible(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, old_messages=25)
    seen = look(aws_sandbox, fresh_account)
    assert exchange(seen).answered == 5
    assert seen.flags == ("foreign-messages",)
    sqs = aws_sandbox.client("sqs", fresh_account)
    url = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    counts = []
    while got := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["ApproximateReceiveCount"]
    ).get("Messages", []):
        counts += [int(m["Attributes"]["ApproximateReceiveCount"]) for m in got]
    assert counts == [2] * 25  # once by the grader, once just now


@pytest.mark.parametrize("kinds", ["text,nested,digits,nan,true", "mebibyte,escapes,empty,markup"])
def test_hostile_messages_cost_nothing_and_keep_the_observation_small(
    aws_sandbox: Sandbox, fresh_account: str, kinds: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="hostile", environment={"HOSTILE": kinds})
    seen = look(aws_sandbox, fresh_account, rubric=lab(deadline_s=30))
    assert handler(seen).answered
    assert exchange(seen).answered == 5
    assert len(encode(seen)) < 64 * 1024
    assert decode(encode(seen)) == seen


def test_an_interrupted_run_gives_back_what_it_held(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="prints_only", old_messages=5)
    stop = threading.Event()
    wire = Wire()
    # The first receive has taken the old messages; the run is stopped before the next.
    wire.change("sqs.ReceiveMessage", lambda _parsed: stop.set())
    with pytest.raises(Interrupted):
        look(aws_sandbox, fresh_account, wire=wire, stop=stop)
    assert messages(aws_sandbox, fresh_account, "output_queue") == {"visible": 5, "in flight": 0}
