"""What goes wrong with Invoke: whose fault it is decides what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ReadTimeoutError

from grader.model.observation import Found
from tests.observing import answered, hand_in, kind, lab, look
from tests.wire_faults import DENIED, Wire, rest

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


def test_the_queue_decides_alone_where_invoking_is_denied(
    aws_sandbox: Sandbox, right: str, wire: Wire
) -> None:
    wire.play("lambda.Invoke", rest(403, "AccessDeniedException", DENIED), always=True)
    seen = look(aws_sandbox, right, wire=wire)
    assert kind(seen.handler) == kind(seen.records) == "permission"
    assert answered(seen) == 5


def test_invoke_is_never_tried_more_than_three_times(
    aws_sandbox: Sandbox, right: str, wire: Wire
) -> None:
    wire.play("lambda.Invoke", rest(500, "ServiceException"), always=True)
    seen = look(aws_sandbox, right, wire=wire)
    assert kind(seen.handler) == "unreachable"
    assert wire.requests.count("lambda.Invoke") == 3
    assert answered(seen) == 5


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (rest(502, "InvalidRuntimeException"), "broken"),
        pytest.param(rest(502, "KMSAccessDeniedException"), "broken", marks=pytest.mark.slow),
        pytest.param(rest(502, "InvalidZipFileException"), "broken", marks=pytest.mark.slow),
    ],
)
def test_what_only_the_function_can_have_caused_is_found(
    aws_sandbox: Sandbox, right: str, wire: Wire, answer: Any, failure: str
) -> None:
    wire.play("lambda.Invoke", answer, always=True)
    seen = look(aws_sandbox, right, wire=wire)
    assert isinstance(seen.handler, Found)
    assert seen.handler.value.failure == failure
    assert wire.requests.count("lambda.Invoke") == 1
    assert "sqs.SendMessage" not in wire.requests


@pytest.mark.slow
@pytest.mark.parametrize(("timeout_s", "made"), [(60, "unreachable"), (300, "timed-out")])
def test_silence_is_the_functions_only_where_it_may_still_be_at_work(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, timeout_s: int, made: str
) -> None:
    hand_in(aws_sandbox, fresh_account, timeout_s=timeout_s)
    wire.play("lambda.Invoke", ReadTimeoutError(endpoint_url="http://x"), always=True)
    seen = look(aws_sandbox, fresh_account, wire=wire, rubric=lab(deadline_s=60))
    found = seen.handler.value.failure if isinstance(seen.handler, Found) else kind(seen.handler)
    assert found == made


RESERVED = rest(
    429, "TooManyRequestsException", Reason="ReservedFunctionConcurrentInvocationLimitExceeded"
)


@pytest.mark.parametrize(
    "answer",
    [RESERVED, rest(502, "EC2ThrottledException"), rest(502, "ENINotReadyException")],
    ids=["reserved", "throttled", "not-ready"],
)
def test_what_passes_by_itself_costs_nothing(
    aws_sandbox: Sandbox, right: str, wire: Wire, answer: Any
) -> None:
    wire.play("lambda.Invoke", answer)
    seen = look(aws_sandbox, right, wire=wire)
    assert isinstance(seen.handler, Found)
    assert seen.handler.value.answered
    assert answered(seen) == 5


def test_a_fault_of_lambdas_network_is_not_the_functions(
    aws_sandbox: Sandbox, right: str, wire: Wire
) -> None:
    wire.play("lambda.Invoke", rest(502, "EC2UnexpectedException"), always=True)
    assert kind(look(aws_sandbox, right, wire=wire).handler) == "unreachable"


@pytest.mark.slow
def test_reserved_concurrency_that_never_leaves_room_is_found(
    aws_sandbox: Sandbox, right: str, wire: Wire
) -> None:
    wire.play("lambda.Invoke", RESERVED, always=True)
    seen = look(aws_sandbox, right, wire=wire)
    assert isinstance(seen.handler, Found)
    assert seen.handler.value.failure == "refused"
    assert wire.requests.count("lambda.Invoke") == 3
    assert "sqs.SendMessage" not in wire.requests
