"""What AWS and the network say, sorted, and how an account is asked."""

from __future__ import annotations

import errno
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore import exceptions as failures
from botocore.parsers import ResponseParserError
from botocore.utils import parse_timestamp

from grader.aws import account_client
from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.aws.errors import sort_error
from grader.model.access import DefaultCredentials, Keys, Profile
from grader.model.ended_early import Interrupted, Lost
from grader.model.fact import Found, Missing, Unknown
from grader.safety.secret import Secret
from grader.safety.trace import ShownFaults
from tests.wire_faults import Wire, query, rest, rpc

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.model.access import Access

ACTION = "lambda:GetFunctionConfiguration"
URL = {"endpoint_url": "https://lambda.us-east-1.amazonaws.com"}


def answer(code: str, message: str = "said so", status: int = 400) -> failures.ClientError:
    given: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return failures.ClientError(given, "GetFunctionConfiguration")


def sorted_kind(error: Exception) -> str:
    sorted_error = sort_error(error, ACTION)
    assert isinstance(sorted_error, Unknown), sorted_error
    return sorted_error.kind


@pytest.mark.parametrize(
    "code",
    ["ResourceNotFoundException", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"],
)
def test_what_aws_does_not_have_is_missing(code: str) -> None:
    sorted_error = sort_error(answer(code), ACTION)
    assert isinstance(sorted_error, Missing)
    assert "said so" in sorted_error.reason


@pytest.mark.parametrize(
    "error",
    [
        answer("ExpiredToken", status=403),
        answer("ExpiredTokenException", status=403),
        answer("InvalidClientTokenId", status=403),
        answer("UnrecognizedClientException"),
        answer("SignatureDoesNotMatch", status=403),
        answer("InvalidSignatureException", status=403),
        answer("AccessDenied", "an explicit deny in policy voc-cancel-cred", 403),
        answer("AccessDeniedException", "an explicit deny in policy voc-cancel-cred", 403),
        answer("AccessDeniedException", f"{'x' * 40} {'why ' * 400} voc-cancel-cred", 403),
        failures.NoCredentialsError(),
        failures.PartialCredentialsError(provider="env", cred_var="aws_secret_access_key"),
        failures.ProfileNotFound(profile="nobody"),
        failures.CredentialRetrievalError(provider="process", error_msg="no"),
        failures.TokenRetrievalError(provider="sso", error_msg="no"),
        failures.SSOTokenLoadError(error_msg="no"),
    ],
    ids=str,
)
def test_credentials_that_are_no_good_are_called_so(error: Exception) -> None:
    assert sorted_kind(error) == "credentials"


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"])
def test_what_is_denied_is_a_permission_and_names_the_action(code: str) -> None:
    sorted_error = sort_error(answer(code, status=403), ACTION)
    assert isinstance(sorted_error, Unknown)
    assert sorted_error.kind == "permission"
    assert f"{ACTION} was denied" in sorted_error.detail


@pytest.mark.parametrize(
    "error",
    [
        answer("Throttling"),
        answer("ThrottlingException"),
        answer("ThrottledException"),
        answer("RequestThrottled"),
        answer("RequestThrottledException", status=503),
        answer("RequestLimitExceeded"),
        answer("TooManyRequestsException", status=429),
        answer("SlowDown", status=503),
        answer("SomethingNew", status=429),
    ],
    ids=str,
)
def test_throttling_is_called_so(error: Exception) -> None:
    assert sorted_kind(error) == "throttled"


@pytest.mark.parametrize(
    "error",
    [
        answer("InternalError", status=500),
        answer("502", "Bad Gateway", 502),
        answer("ServiceUnavailable", status=503),
        answer("", status=504),
        failures.EndpointConnectionError(**URL),
        failures.ConnectTimeoutError(**URL),
        failures.ReadTimeoutError(**URL),
        failures.ConnectionClosedError(**URL),
        failures.SSLError(**URL, error="certificate"),
        failures.ProxyConnectionError(proxy_url="http://proxy"),
        failures.HTTPClientError(error="lost"),
        failures.ResponseStreamingError(error="cut"),
        failures.IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ],
    ids=lambda error: f"{type(error).__name__} {error}",
)
def test_what_could_not_be_reached_is_called_so(error: Exception) -> None:
    assert sorted_kind(error) == "unreachable"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (answer("SomethingNew"), "SomethingNew"),
        (answer("InvalidParameterValueException"), "InvalidParameterValueException"),
        (failures.NoRegionError(), "region"),
        (failures.ParamValidationError(report="a name of 65 characters"), "65 characters"),
        (failures.UnknownServiceError(service_name="x", known_service_names="y"), "x"),
        (ResponseParserError("no XML at all"), "no XML at all"),
    ],
    ids=str,
)
def test_anything_else_is_unexpected_and_says_what(error: Exception, said: str) -> None:
    sorted_error = sort_error(error, ACTION)
    assert isinstance(sorted_error, Unknown)
    assert sorted_error.kind == "unexpected"
    assert said in sorted_error.detail


def test_an_error_of_our_own_is_not_sorted() -> None:
    assert sort_error(KeyError("ours"), ACTION) is None


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDenied", "SomethingNew"])
def test_no_secret_is_kept_of_what_aws_says(code: str) -> None:
    said = "no ASIAIOSFODNN7EXAMPLE here, DB_PASSWORD=correct horse"
    sorted_error = sort_error(answer(code, said), ACTION)
    for secret in ("ASIAIOSFODNN7EXAMPLE", "correct", "horse"):
        assert secret not in repr(sorted_error)


KEYS = Keys(Secret("1" * 12), Secret("test"), Secret("token"))


def account(wire: Wire, access: Access = KEYS, endpoint: str | None = "http://127.0.0.1:1") -> Aws:
    return Aws(Clients(wire.session), access, "eu-west-3", endpoint)


def the_function(aws: Aws) -> Callable[[], Any]:
    return lambda: aws.lambda_.get_function_configuration(FunctionName="x")


@pytest.mark.parametrize(
    "refused",
    [
        rest(403, "ExpiredTokenException"),
        rest(403, "AccessDeniedException", f"{'why ' * 400} voc-cancel-cred"),
    ],
)
def test_an_account_whose_credentials_were_refused_is_not_asked_again(refused: Any) -> None:
    wire = Wire()
    wire.play("lambda.GetFunctionConfiguration", refused, always=True)
    aws = account(wire)
    first = aws.query(ACTION, the_function(aws))
    assert isinstance(first, Unknown)
    assert first.kind == "credentials"
    assert aws.query("sqs:GetQueueUrl", lambda: aws.sqs.get_queue_url(QueueName="x")) == first
    assert wire.requests == ["lambda.GetFunctionConfiguration"]
    with pytest.raises(Lost) as lost:
        aws.query_or_raise(ACTION, the_function(aws))
    assert lost.value.unknown == first


def test_an_account_that_denied_one_thing_is_asked_the_next() -> None:
    wire = Wire()
    wire.play("lambda.GetFunctionConfiguration", rest(403, "AccessDeniedException"))
    wire.play("sqs.GetQueueUrl", rpc(400, "QueueDoesNotExist"))
    aws = account(wire)
    assert isinstance(aws.query(ACTION, the_function(aws)), Unknown)
    queue = aws.query("sqs:GetQueueUrl", lambda: aws.sqs.get_queue_url(QueueName="x"))
    assert isinstance(queue, Missing)


def test_a_profile_that_does_not_exist_is_a_matter_of_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    aws = account(Wire(), Profile("nobody"))
    fact = aws.query(ACTION, the_function(aws))
    assert isinstance(fact, Unknown)
    assert fact.kind == "credentials"
    assert "nobody" in fact.detail


def test_every_client_of_an_account_has_its_endpoint_and_its_keys() -> None:
    aws = account(Wire(), endpoint="http://127.0.0.1:4567")
    for client in (aws.sts, aws.lambda_, aws.invoker(3), aws.sqs, aws.sender, aws.events):
        meta: Any = client.meta
        assert (meta.endpoint_url, meta.region_name) == ("http://127.0.0.1:4567", "eu-west-3")
    assert aws.scheduler.meta.endpoint_url == "http://127.0.0.1:4567"


def test_two_accounts_of_one_session_do_not_share_their_endpoint() -> None:
    clients = Clients(Wire().session)
    one = Aws(clients, KEYS, "eu-west-3", "http://127.0.0.1:4567")
    other = Aws(clients, KEYS, "us-east-1", None)
    assert one.sqs.meta.endpoint_url == "http://127.0.0.1:4567"
    assert "us-east-1.amazonaws.com" in other.sqs.meta.endpoint_url


def test_default_credentials_are_found_where_boto3_finds_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "1" * 12)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    wire = Wire()
    wire.play("sts.GetCallerIdentity", query(403, "AccessDenied"))
    aws = account(wire, DefaultCredentials())
    fact = aws.query("sts:GetCallerIdentity", aws.sts.get_caller_identity)
    assert isinstance(fact, Unknown)
    assert fact.kind == "permission"


def nest() -> None:
    nest()


@pytest.mark.parametrize(
    "surprise",
    [
        lambda: {}["EventSourceArn"],
        lambda: b""[0],
        lambda: int("many: DB_PASSWORD=correct horse"),
        lambda: len(None),
        lambda: None.get("x"),
        lambda: parse_timestamp(1e17),
        lambda: datetime.fromtimestamp(1e18, UTC),
        nest,
    ],
)
def test_an_answer_of_another_shape_costs_one_fact_and_is_logged(
    surprise: Callable[[], Any], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_client, "_shown", ShownFaults())
    aws = account(Wire())
    fact = aws.query(ACTION, surprise)
    assert aws.query(ACTION, surprise) == fact  # of which nothing more is logged
    assert isinstance(fact, Unknown)
    assert fact.kind == "unexpected"
    assert ACTION in fact.detail
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("grader", logging.ERROR)
    assert "test_account_client.py" in record.getMessage()
    assert "horse" not in f"{fact.detail} {record.getMessage()}"
    assert isinstance(aws.query(ACTION, lambda: 1), Found)


@pytest.mark.parametrize(
    "error",
    [
        Interrupted(),
        OSError(errno.EMFILE, "Too many open files"),
        MemoryError(),
        RuntimeError("can't start new thread"),
        NameError("ours"),
    ],
    ids=repr,
)
def test_what_ends_a_run_is_not_swallowed(error: Exception) -> None:
    def stop() -> None:
        raise error

    aws = account(Wire())
    with pytest.raises(type(error)):
        aws.query(ACTION, stop)
    assert aws.classify_in_run(error, ACTION) is None


def test_an_answer_of_another_shape_is_a_surprise_in_a_run_too() -> None:
    fact = account(Wire()).classify_in_run(KeyError("MessageId"), "sqs:SendMessage")
    assert fact is not None
    assert (fact.kind, "MessageId" in fact.detail) == ("unexpected", True)
