"""Credentials, permissions and accounts that say no: unknown, and never a lost point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from grader.model.fact import Found, Unknown
from tests.observing import answered, facts, hand_in, kind, observe_sandbox_account
from tests.wire_faults import DENIED, Wire, query, rest, rpc

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


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
    seen = observe_sandbox_account(aws_sandbox, "1" * 12, wire=wire)
    assert {kind(fact) for fact in facts(seen)} == {expected}
    assert set(wire.requests) == {"sts.GetCallerIdentity"}


def test_an_account_that_is_not_the_rosters_is_not_asked_further(
    aws_sandbox: Sandbox, wire: Wire
) -> None:
    seen = observe_sandbox_account(aws_sandbox, "1" * 12, wire=wire, expected_account="2" * 12)
    assert {kind(fact) for fact in facts(seen)} == {"account-mismatch"}
    assert seen.flags == ("account-mismatch",)
    assert wire.requests == ["sts.GetCallerIdentity"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (rest(403, "AccessDeniedException", DENIED), "permission"),
        (rest(400, "SomethingNew"), "unexpected"),
        (EndpointConnectionError(endpoint_url="http://x"), "unreachable"),
    ],
)
def test_an_unread_function_is_unknown_and_not_missing(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, answer: Any, expected: str
) -> None:
    wire.play("lambda.GetFunctionConfiguration", answer, always=True)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert kind(seen.functions["sum"]) == expected
    assert kind(seen.handler) == expected
    assert isinstance(seen.queues["input"], Found)


def test_what_was_denied_is_named(aws_sandbox: Sandbox, reference_account: str, wire: Wire) -> None:
    wire.play(
        "lambda.GetFunctionConfiguration", rest(403, "AccessDeniedException", DENIED), always=True
    )
    fact = observe_sandbox_account(
        aws_sandbox, reference_account, wire=wire, may_exercise=False
    ).functions["sum"]
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
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, answer: Any
) -> None:
    wire.play("lambda.GetFunctionConfiguration", answer, always=True)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert {kind(fact) for fact in facts(seen)} == {"credentials"}
    assert wire.requests == ["sts.GetCallerIdentity", "lambda.GetFunctionConfiguration"]


def test_variables_that_cannot_be_decrypted_are_unknown(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    error = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "KMS"}}
    wire.change("lambda.GetFunctionConfiguration", lambda parsed: parsed.update(Environment=error))
    function = observe_sandbox_account(
        aws_sandbox, reference_account, wire=wire, may_exercise=False
    ).functions["sum"]
    assert isinstance(function, Found)
    assert kind(function.value.environment) == "permission"


def test_a_policy_that_may_not_be_read_leaves_the_permission_open(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    wire.play("lambda.GetPolicy", rest(403, "AccessDeniedException", DENIED), always=True)
    schedule = observe_sandbox_account(
        aws_sandbox, reference_account, wire=wire, may_exercise=False
    ).schedules["periodic"]
    assert isinstance(schedule, Found)
    assert schedule.value.triggers[0].permitted is None


def test_a_scheduler_that_may_not_be_read_is_noted(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, periodic="unscheduled")
    wire.play("scheduler.ListSchedules", rest(403, "AccessDeniedException", DENIED), always=True)
    schedule = observe_sandbox_account(
        aws_sandbox, fresh_account, wire=wire, may_exercise=False
    ).schedules["periodic"]
    assert isinstance(schedule, Found)
    assert schedule.value.triggers == ()
    assert schedule.value.denied["scheduler"].kind == "permission"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (rpc(403, "AccessDenied", DENIED), "permission"),
        (rpc(403, "ExpiredToken"), "credentials"),
    ],
)
def test_an_output_queue_that_cannot_be_read_leaves_everything_unknown(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, answer: Any, expected: str
) -> None:
    wire.play("sqs.ReceiveMessage", answer, always=True)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert {kind(seen.handler), kind(seen.records), kind(seen.exchange)} == {expected}


@pytest.mark.slow
def test_a_message_that_may_not_be_deleted_costs_nothing_and_is_said(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    wire.play("sqs.DeleteMessage", rpc(403, "AccessDenied", DENIED), always=True)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert answered(seen) == 5
    assert "answers-left-behind" in seen.flags


def test_a_queue_that_cannot_be_sent_to_is_unknown(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    wire.play("sqs.SendMessage", rpc(403, "AccessDenied", DENIED), always=True)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert kind(seen.exchange) == "permission"
    assert isinstance(seen.handler, Found)
