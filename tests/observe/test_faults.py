"""Faults of AWS, of the network, of credentials: survived, or unknown; never a lost point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from grader.observation import Found, Observation, Unknown
from grader.observe import ready
from tests.looking import hand_in, lab, look
from tests.wire import Wire, query, rest, rpc

if TYPE_CHECKING:
    from grader.observation import Fact
    from grader.sandbox.server import Sandbox

DENIED = "User is not authorized to perform this action"


def kind(fact: Fact[Any]) -> str:
    assert isinstance(fact, Unknown), fact
    return fact.kind


def answered(seen: Observation) -> int:
    assert isinstance(seen.exchange, Found), seen.exchange
    return seen.exchange.value.answered


def facts(seen: Observation) -> list[Fact[Any]]:
    return [
        *seen.functions.values(),
        *seen.queues.values(),
        *seen.mappings.values(),
        *seen.schedules.values(),
        seen.handler,
        seen.records,
        seen.exchange,
    ]


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def account(aws_sandbox: Sandbox, fresh_account: str) -> str:
    hand_in(aws_sandbox, fresh_account)
    return fresh_account


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (query(403, "ExpiredToken"), "credentials"),
        (query(403, "InvalidClientTokenId"), "credentials"),
        (query(403, "SignatureDoesNotMatch"), "credentials"),
        (query(403, "AccessDenied"), "permission"),
        (query(400, "SomethingNew"), "unexpected"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nothing_else_is_asked_of_an_account_that_does_not_say_who_it_is(
    aws_sandbox: Sandbox, wire: Wire, answer: Any, expected: str
) -> None:
    wire.play("sts.GetCallerIdentity", answer, always=True)
    seen = look(aws_sandbox, "1" * 12, wire=wire)
    assert {kind(fact) for fact in facts(seen)} == {expected}
    assert set(wire.requests) == {"sts.GetCallerIdentity"}


def test_an_account_that_is_not_the_rosters_is_not_asked_further(
    aws_sandbox: Sandbox, wire: Wire
) -> None:
    seen = look(aws_sandbox, "1" * 12, wire=wire, expected_account="2" * 12)
    assert {kind(fact) for fact in facts(seen)} == {"account-mismatch"}
    assert seen.flags == ("account-mismatch",)
    assert wire.requests == ["sts.GetCallerIdentity"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (rest(403, "AccessDeniedException", DENIED), "permission"),
        (rest(400, "SomethingNew"), "unexpected"),
        (EndpointConnectionError(endpoint_url="http://x"), "unreachable"),
    ],
)
def test_an_unread_function_is_unknown_and_not_missing(
    aws_sandbox: Sandbox, account: str, wire: Wire, answer: Any, expected: str
) -> None:
    wire.play("lambda.GetFunctionConfiguration", answer, always=True)
    seen = look(aws_sandbox, account, wire=wire)
    assert kind(seen.functions["sum"]) == expected
    assert kind(seen.handler) == expected
    assert isinstance(seen.queues["input"], Found)


def test_what_was_denied_is_named(aws_sandbox: Sandbox, account: str, wire: Wire) -> None:
    wire.play(
        "lambda.GetFunctionConfiguration", rest(403, "AccessDeniedException", DENIED), always=True
    )
    fact = look(aws_sandbox, account, wire=wire, exchange=False).functions["sum"]
    assert isinstance(fact, Unknown)
    assert "lambda:GetFunctionConfiguration was denied" in fact.detail


@pytest.mark.parametrize(
    "answer",
    [
        rest(403, "ExpiredTokenException"),
        rest(403, "UnrecognizedClientException"),
        rest(403, "AccessDeniedException", "explicit deny in policy voc-cancel-cred"),
    ],
)
def test_refused_credentials_end_the_questions_to_the_account(
    aws_sandbox: Sandbox, account: str, wire: Wire, answer: Any
) -> None:
    wire.play("lambda.GetFunctionConfiguration", answer, always=True)
    seen = look(aws_sandbox, account, wire=wire)
    assert {kind(fact) for fact in facts(seen)} == {"credentials"}
    assert wire.requests == ["sts.GetCallerIdentity", "lambda.GetFunctionConfiguration"]


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("lambda.GetFunctionConfiguration", rest(429, "TooManyRequestsException")),
        ("sqs.GetQueueUrl", rpc(503, "ServiceUnavailable")),
        ("lambda.ListEventSourceMappings", ConnectTimeoutError(endpoint_url="http://x")),
        ("sqs.ReceiveMessage", rpc(500, "InternalError")),
        ("sqs.SendMessage", rpc(500, "InternalError")),
        ("sqs.SendMessage", EndpointConnectionError(endpoint_url="http://x")),
        ("lambda.Invoke", rest(500, "ServiceException")),
        ("lambda.Invoke", rest(429, "TooManyRequestsException", Reason="CallerRateLimitExceeded")),
        ("events.DescribeRule", rpc(400, "ThrottlingException")),
    ],
)
def test_a_passing_fault_costs_nothing(
    aws_sandbox: Sandbox, account: str, wire: Wire, operation: str, answer: Any
) -> None:
    wire.play(operation, answer)
    seen = look(aws_sandbox, account, wire=wire)
    assert all(isinstance(fact, Found) for fact in facts(seen))
    assert answered(seen) == 5


def test_a_send_that_failed_is_repeated_with_another_pair(
    aws_sandbox: Sandbox, account: str, wire: Wire
) -> None:
    bodies: list[bytes] = []

    def note(request: Any, **_given: Any) -> None:
        bodies.append(request.body)

    wire.session.events.register("before-send.sqs.SendMessage", note)
    wire.play("sqs.SendMessage", rpc(500, "InternalError"))
    look(aws_sandbox, account, wire=wire)
    assert len(set(bodies)) == len(bodies) == 6


def test_a_queue_that_cannot_be_sent_to_is_unknown(
    aws_sandbox: Sandbox, account: str, wire: Wire
) -> None:
    wire.play("sqs.SendMessage", rpc(403, "AccessDenied", DENIED), always=True)
    seen = look(aws_sandbox, account, wire=wire)
    assert kind(seen.exchange) == "permission"
    assert isinstance(seen.handler, Found)


def test_the_queue_decides_alone_where_invoking_is_denied(
    aws_sandbox: Sandbox, account: str, wire: Wire
) -> None:
    wire.play("lambda.Invoke", rest(403, "AccessDeniedException", DENIED), always=True)
    seen = look(aws_sandbox, account, wire=wire)
    assert kind(seen.handler) == kind(seen.records) == "permission"
    assert answered(seen) == 5


def test_invoke_is_never_tried_more_than_three_times(
    aws_sandbox: Sandbox, account: str, wire: Wire
) -> None:
    wire.play("lambda.Invoke", rest(500, "ServiceException"), always=True)
    seen = look(aws_sandbox, account, wire=wire)
    assert kind(seen.handler) == "unreachable"
    assert wire.requests.count("lambda.Invoke") == 3
    assert answered(seen) == 5


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (ReadTimeoutError(endpoint_url="http://x"), "timed-out"),
        (rest(502, "InvalidRuntimeException"), "broken"),
        (rest(502, "KMSAccessDeniedException"), "broken"),
        (
            rest(
                429,
                "TooManyRequestsException",
                Reason="ReservedFunctionConcurrentInvocationLimitExceeded",
            ),
            "refused",
        ),
    ],
)
def test_what_only_the_function_can_have_caused_is_found(
    aws_sandbox: Sandbox, account: str, wire: Wire, answer: Any, failure: str
) -> None:
    wire.play("lambda.Invoke", answer, always=True)
    seen = look(aws_sandbox, account, wire=wire)
    assert isinstance(seen.handler, Found)
    assert seen.handler.value.failure == failure
    assert wire.requests.count("lambda.Invoke") == 1
    assert "sqs.SendMessage" not in wire.requests


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (rpc(403, "AccessDenied", DENIED), "permission"),
        (rpc(403, "ExpiredToken"), "credentials"),
    ],
)
def test_an_output_queue_that_cannot_be_read_leaves_everything_unknown(
    aws_sandbox: Sandbox, account: str, wire: Wire, answer: Any, expected: str
) -> None:
    wire.play("sqs.ReceiveMessage", answer, always=True)
    seen = look(aws_sandbox, account, wire=wire)
    assert {kind(seen.handler), kind(seen.records), kind(seen.exchange)} == {expected}


def test_a_message_that_may_not_be_deleted_costs_nothing_and_is_said(
    aws_sandbox: Sandbox, account: str, wire: Wire
) -> None:
    wire.play("sqs.DeleteMessage", rpc(403, "AccessDenied", DENIED), always=True)
    seen = look(aws_sandbox, account, wire=wire)
    assert answered(seen) == 5
    assert "answers-left-behind" in seen.flags


def test_a_pending_function_is_waited_for(
    aws_sandbox: Sandbox, account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "EVERY_S", 0.05)
    states = ["Pending", "Pending"]

    def pend(parsed: dict[str, Any]) -> None:
        if states:
            parsed["State"] = states.pop()

    wire.change("lambda.GetFunctionConfiguration", pend)
    assert answered(look(aws_sandbox, account, wire=wire)) == 5


def test_a_function_that_stays_pending_is_not_ready_and_not_wrong(
    aws_sandbox: Sandbox, account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "READY_S", 0)
    wire.change(
        "lambda.GetFunctionConfiguration", lambda p: p.update(LastUpdateStatus="InProgress")
    )
    seen = look(aws_sandbox, account, wire=wire)
    assert isinstance(seen.functions["sum"], Found)
    assert kind(seen.handler) == kind(seen.exchange) == "not-ready"


@pytest.mark.parametrize("state", ["Creating", "Enabling", "Updating"])
def test_a_mapping_in_transition_is_waited_for(
    aws_sandbox: Sandbox, account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(ready, "EVERY_S", 0.05)
    states = [state, state]

    def change(parsed: dict[str, Any]) -> None:
        for mapping in parsed["EventSourceMappings"]:
            if states:
                mapping["State"] = states.pop()

    wire.change("lambda.ListEventSourceMappings", change)
    assert answered(look(aws_sandbox, account, wire=wire)) == 5


def test_a_mapping_that_stays_in_transition_is_not_ready_and_not_wrong(
    aws_sandbox: Sandbox, account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "READY_S", 0)

    def change(parsed: dict[str, Any]) -> None:
        for mapping in parsed["EventSourceMappings"]:
            mapping["State"] = "Enabling"

    wire.change("lambda.ListEventSourceMappings", change)
    seen = look(aws_sandbox, account, wire=wire)
    assert kind(seen.mappings["input"]) == kind(seen.exchange) == "not-ready"
    assert isinstance(seen.handler, Found)


def test_a_failed_function_is_not_invoked(aws_sandbox: Sandbox, account: str, wire: Wire) -> None:
    wire.change(
        "lambda.GetFunctionConfiguration",
        lambda parsed: parsed.update(State="Failed", StateReason="no such role"),
    )
    seen = look(aws_sandbox, account, wire=wire)
    assert isinstance(seen.functions["sum"], Found)
    assert seen.functions["sum"].value.state_reason == "no such role"
    assert seen.handler.because == "functions.sum"  # type: ignore[union-attr]
    assert "lambda.Invoke" not in wire.requests


def test_variables_that_cannot_be_decrypted_are_unknown(
    aws_sandbox: Sandbox, account: str, wire: Wire
) -> None:
    error = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "KMS"}}
    wire.change("lambda.GetFunctionConfiguration", lambda parsed: parsed.update(Environment=error))
    function = look(aws_sandbox, account, wire=wire, exchange=False).functions["sum"]
    assert isinstance(function, Found)
    assert kind(function.value.environment) == "permission"


def test_a_policy_that_may_not_be_read_leaves_the_permission_open(
    aws_sandbox: Sandbox, account: str, wire: Wire
) -> None:
    wire.play("lambda.GetPolicy", rest(403, "AccessDeniedException", DENIED), always=True)
    schedule = look(aws_sandbox, account, wire=wire, exchange=False).schedules["periodic"]
    assert isinstance(schedule, Found)
    assert schedule.value.triggers[0].permitted is None


def test_a_scheduler_that_may_not_be_read_is_noted(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, periodic="unscheduled")
    wire.play("scheduler.ListSchedules", rest(403, "AccessDeniedException", DENIED), always=True)
    schedule = look(aws_sandbox, fresh_account, wire=wire, exchange=False).schedules["periodic"]
    assert isinstance(schedule, Found)
    assert schedule.value.triggers == ()
    assert schedule.value.denied["scheduler"].kind == "permission"


def test_a_second_run_with_the_same_seed_but_another_attempt_sends_other_pairs(
    aws_sandbox: Sandbox, account: str
) -> None:
    seen = [look(aws_sandbox, account, rubric=lab(pairs=1), attempt=n) for n in (1, 2)]
    pairs = [s.exchange.value.pairs[0] for s in seen if isinstance(s.exchange, Found)]
    assert pairs[0].number1 != pairs[1].number1
