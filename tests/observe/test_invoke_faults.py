"""What goes wrong with Invoke: whose fault it is decides what becomes of it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from grader.aws.account_client import Aws
from grader.model.fact import Found
from grader.resources import runs
from tests.observing import answered, hand_in, handler, kind, lab, observe_sandbox_account
from tests.quick_run import first_only_when_quick
from tests.wire_faults import DENIED, Wire, rest, rpc

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


@pytest.mark.slow
def test_the_queue_decides_alone_where_invoking_is_denied(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    wire.play("lambda.Invoke", rest(403, "AccessDeniedException", DENIED), always=True)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert kind(seen.handler) == kind(seen.records) == "permission"
    assert answered(seen) == 5


@pytest.mark.slow
def test_invoke_is_never_tried_more_than_three_times(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    wire.play("lambda.Invoke", rest(500, "ServiceException"), always=True)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
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
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, answer: Any, failure: str
) -> None:
    wire.play("lambda.Invoke", answer, always=True)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert isinstance(seen.handler, Found)
    assert seen.handler.value.failure == failure
    assert wire.requests.count("lambda.Invoke") == 1
    assert "sqs.SendMessage" not in wire.requests


SILENCE = ReadTimeoutError(endpoint_url="http://x")
GATEWAY = (504, {"content-type": "text/html"}, b"<html>Gateway Time-out</html>")


@pytest.fixture
def outlasting(aws_sandbox: Sandbox, fresh_account: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An account whose function may run for longer than its answer is waited for."""
    monkeypatch.setattr(runs, "LATE_S", 0.5)
    monkeypatch.setattr(runs, "LOGS_EVERY_S", 0.1)
    hand_in(aws_sandbox, fresh_account, timeout_s=300)
    return fresh_account


@pytest.mark.slow
def test_silence_is_the_networks_where_lambda_must_have_ended_the_function(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    wire.play("lambda.Invoke", SILENCE, always=True)
    assert kind(
        observe_sandbox_account(
            aws_sandbox, reference_account, wire=wire, rubric=lab(deadline_s=60)
        ).handler
    ) == ("unreachable")


@pytest.mark.slow
def test_silence_is_the_functions_where_its_log_shows_that_it_ran(
    aws_sandbox: Sandbox, outlasting: str, wire: Wire
) -> None:
    line = {
        "timestamp": time.time() * 1000,
        "logStreamName": "[$LATEST]1",
        "message": "START RequestId: 1",
    }
    wire.play("logs.FilterLogEvents", (200, {}, json.dumps({"events": [line]}).encode()))
    wire.play("lambda.Invoke", SILENCE, always=True)
    seen = observe_sandbox_account(aws_sandbox, outlasting, wire=wire)
    assert handler(seen).failure == "timed-out"
    assert wire.requests.count("lambda.Invoke") == 1


@pytest.mark.slow
@pytest.mark.parametrize("deadline_s", [10, 120])
def test_silence_is_the_functions_where_a_longer_one_follows_and_aws_answers_all_else(
    aws_sandbox: Sandbox,
    outlasting: str,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    deadline_s: int,
) -> None:
    waited = list[float]()
    invoker = Aws.invoker

    def noted(aws: Aws, read_timeout_s: float) -> Any:
        waited.append(read_timeout_s)
        return invoker(aws, read_timeout_s)

    monkeypatch.setattr(Aws, "invoker", noted)
    wire.play("lambda.Invoke", SILENCE, always=True)
    seen = observe_sandbox_account(
        aws_sandbox, outlasting, wire=wire, rubric=lab(deadline_s=deadline_s)
    )
    assert handler(seen).failure == "timed-out"
    first, second = waited
    assert first == min(300, deadline_s) + 10
    assert second >= max(2 * first, 150), "a gateway may hold an invocation as long as the first"


@pytest.mark.slow
@pytest.mark.parametrize(
    "after",
    [
        GATEWAY,
        pytest.param(EndpointConnectionError(endpoint_url="http://x"), marks=pytest.mark.slow),
    ],
)
def test_silence_that_a_gateway_ends_is_the_networks(
    aws_sandbox: Sandbox, outlasting: str, wire: Wire, after: Any
) -> None:
    wire.play("lambda.Invoke", SILENCE, after, always=True)
    seen = observe_sandbox_account(aws_sandbox, outlasting, wire=wire)
    assert kind(seen.handler) == "unreachable"
    assert answered(seen) == 5


@pytest.mark.slow
def test_silence_is_the_networks_where_nothing_else_is_answered_either(
    aws_sandbox: Sandbox, outlasting: str, wire: Wire
) -> None:
    wire.play("lambda.Invoke", SILENCE, always=True)
    # The sum function and the periodic one were looked at before.
    wire.play("lambda.GetFunctionConfiguration", None, None, SILENCE, always=True)
    assert (
        kind(observe_sandbox_account(aws_sandbox, outlasting, wire=wire).handler) == "unreachable"
    )


@pytest.mark.slow
def test_an_answer_that_was_lost_once_is_asked_for_again(
    aws_sandbox: Sandbox, outlasting: str, wire: Wire
) -> None:
    wire.play("lambda.Invoke", SILENCE)
    assert handler(observe_sandbox_account(aws_sandbox, outlasting, wire=wire)).answered


@pytest.mark.slow
def test_a_version_that_the_mapping_names_and_that_is_gone_is_the_functions_failure(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    def name_an_alias(parsed: dict[str, Any]) -> None:
        for mapping in parsed["EventSourceMappings"]:
            mapping["FunctionArn"] += ":live"

    wire.change("lambda.ListEventSourceMappings", name_an_alias)
    gone = "Function not found: arn:aws:lambda:us-east-1:1:function:first_lambda:live"
    wire.play("lambda.Invoke", rest(404, "ResourceNotFoundException", gone), always=True)
    assert (
        handler(observe_sandbox_account(aws_sandbox, reference_account, wire=wire)).failure
        == "broken"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "gone"),
    [
        ("lambda.Invoke", rest(404, "ResourceNotFoundException")),
        ("sqs.ReceiveMessage", rpc(400, "QueueDoesNotExist")),
    ],
)
def test_what_is_gone_in_mid_run_has_vanished(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, operation: str, gone: Any
) -> None:
    wire.play(operation, gone, always=True)
    assert (
        kind(observe_sandbox_account(aws_sandbox, reference_account, wire=wire).handler)
        == "vanished"
    )


@pytest.mark.slow
def test_a_queue_that_is_deleted_while_pairs_are_sent_has_vanished(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    wire.play("sqs.SendMessage", None, rpc(400, "QueueDoesNotExist"), always=True)
    assert (
        kind(observe_sandbox_account(aws_sandbox, reference_account, wire=wire).exchange)
        == "vanished"
    )


RESERVED = rest(
    429, "TooManyRequestsException", Reason="ReservedFunctionConcurrentInvocationLimitExceeded"
)


@pytest.mark.parametrize(
    "answer",
    [
        RESERVED,
        pytest.param(rest(502, "EC2ThrottledException"), marks=pytest.mark.slow),
        pytest.param(rest(502, "ENINotReadyException"), marks=pytest.mark.slow),
    ],
    ids=["reserved", "throttled", "not-ready"],
)
def test_what_passes_by_itself_costs_nothing(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, answer: Any
) -> None:
    wire.play("lambda.Invoke", answer)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert isinstance(seen.handler, Found)
    assert seen.handler.value.answered
    assert answered(seen) == 5


@pytest.mark.slow
def test_a_fault_of_lambdas_network_is_not_the_functions(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    wire.play("lambda.Invoke", rest(502, "EC2UnexpectedException"), always=True)
    assert (
        kind(observe_sandbox_account(aws_sandbox, reference_account, wire=wire).handler)
        == "unreachable"
    )


@pytest.mark.parametrize(
    ("operation", "status", "body"),
    first_only_when_quick(
        [
            (operation, status, body)
            for status, body in (
                (502, "Accès refusé".encode("latin-1")),
                (400, b"[]"),
                (503, b'"busy"'),
                (400, b'{"__type": 5}'),
            )
            for operation in ("lambda.Invoke", "sqs.SendMessage")
        ],
        keep=1,
    ),
)
def test_what_aws_cannot_have_said_is_a_fault_of_the_way_to_it(
    aws_sandbox: Sandbox,
    reference_account: str,
    wire: Wire,
    operation: str,
    status: int,
    body: bytes,
) -> None:
    wire.play(operation, (status, {"content-type": "text/html"}, body), always=True)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    fact = seen.handler if operation == "lambda.Invoke" else seen.exchange
    assert kind(fact) == "unreachable"
    assert wire.requests.count(operation) == 3


def test_a_length_that_is_no_number_costs_that_invocation(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    wire.play("lambda.Invoke", (200, {"content-length": "abc"}, b""), always=True)
    assert (
        kind(observe_sandbox_account(aws_sandbox, reference_account, wire=wire).handler)
        == "unexpected"
    )
