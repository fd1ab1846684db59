"""Faults of AWS and of the network: survived, or unknown; never a lost point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.ended_early import FactUnknown
from grader.model.fact import Found
from grader.observe.receive import Receiver
from grader.observe.repeat import PAIR_ATTEMPTS
from grader.safety.secret import Secret
from tests.observing import answered, facts, lab, observe_sandbox_account
from tests.wire_faults import Wire, asked_again_at_once, rest, rpc

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("lambda.GetFunctionConfiguration", rest(429, "TooManyRequestsException")),
        pytest.param("sqs.GetQueueUrl", rpc(503, "ServiceUnavailable"), marks=pytest.mark.slow),
        pytest.param(
            "lambda.ListEventSourceMappings",
            ConnectTimeoutError(endpoint_url="http://x"),
            marks=pytest.mark.slow,
        ),
        pytest.param("sqs.ReceiveMessage", rpc(500, "InternalError"), marks=pytest.mark.slow),
        pytest.param("sqs.ReceiveMessage", rpc(400, "KmsThrottled"), marks=pytest.mark.slow),
        pytest.param("sqs.SendMessage", rpc(500, "InternalError"), marks=pytest.mark.slow),
        pytest.param(
            "sqs.SendMessage",
            EndpointConnectionError(endpoint_url="http://x"),
            marks=pytest.mark.slow,
        ),
        ("lambda.Invoke", rest(500, "ServiceException")),
        pytest.param(
            "lambda.Invoke",
            rest(429, "TooManyRequestsException", Reason="CallerRateLimitExceeded"),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "events.DescribeRule", rpc(400, "ThrottlingException"), marks=pytest.mark.slow
        ),
    ],
)
def test_a_passing_fault_costs_nothing(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, operation: str, answer: Any
) -> None:
    wire.play(operation, answer)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert all(isinstance(fact, Found) for fact in facts(seen))
    assert answered(seen) == 5


A_MESSAGE = (
    200,
    {"content-type": "application/x-amz-json-1.0"},
    b'{"Messages": [{"MessageId": "id", "ReceiptHandle": "handle", "Body": "7"}]}',
)


@pytest.mark.parametrize(("throttled", "hidden"), [(0, False), (1, True), (2, True)])
def test_what_a_throttled_receive_held_may_be_hidden(
    wire: Wire, throttled: int, hidden: bool
) -> None:
    wire.play("sqs.ReceiveMessage", *[rpc(400, "KmsThrottled")] * throttled, A_MESSAGE)
    receiver = Receiver(nobodys(wire), "http://127.0.0.1:1/output_queue")
    with asked_again_at_once():
        (received,) = receiver.receive(1, hides_s=20)
    assert received.body == "7"
    assert receiver.lost.may_be_hidden() is hidden
    assert wire.requests.count("sqs.ReceiveMessage") == throttled + 1


def test_a_receive_that_stays_throttled_is_asked_again_as_often_as_all_else(wire: Wire) -> None:
    wire.play("sqs.ReceiveMessage", rpc(400, "KmsThrottled"), always=True)
    receiver = Receiver(nobodys(wire), "http://127.0.0.1:1/output_queue")
    with asked_again_at_once(), pytest.raises(FactUnknown) as lost:
        receiver.receive(1, hides_s=20)
    assert lost.value.unknown.kind == "throttled"
    assert wire.requests.count("sqs.ReceiveMessage") == PAIR_ATTEMPTS


def nobodys(wire: Wire) -> Aws:
    """An account of which only the wire knows."""
    keys = Keys(Secret("1" * 12), Secret("test"), None)
    return Aws(Clients(wire.session), keys, "us-east-1", "http://127.0.0.1:1")


@pytest.mark.slow
def test_a_send_that_failed_is_repeated_with_another_pair(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    bodies: list[bytes] = []

    def note(request: Any, **_given: Any) -> None:
        bodies.append(request.body)

    wire.session.events.register("before-send.sqs.SendMessage", note)
    wire.play("sqs.SendMessage", rpc(500, "InternalError"))
    observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert len(set(bodies)) == len(bodies) == 6


@pytest.mark.slow
def test_a_second_run_with_the_same_seed_but_another_attempt_sends_other_pairs(
    aws_sandbox: Sandbox, reference_account: str
) -> None:
    seen = [
        observe_sandbox_account(aws_sandbox, reference_account, rubric=lab(pairs=1), attempt=n)
        for n in (1, 2)
    ]
    pairs = [s.exchange.value.pairs[0] for s in seen if isinstance(s.exchange, Found)]
    assert pairs[0].number1 != pairs[1].number1
