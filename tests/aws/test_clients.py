"""How clients ask: how patiently, how often, in whose name, and what they take for an answer."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import boto3
import msgspec
import pytest
from botocore.exceptions import ConnectionClosedError
from urllib3.util import connection

from grader.aws.account_client import Aws
from grader.aws.clients import REQUEST_ATTEMPTS, Clients
from grader.engines.visit import Visit, WorkerContext, identify_account
from grader.model.access import Keys
from grader.model.fact import Found, Unknown
from grader.safety.secret import Secret
from tests.faults.matrix import as_instructor, prepare, rubric_of, visit, without_waiting
from tests.hostile_endpoint import IDENTITY as IDENTIFIED
from tests.quick_run import first_only_when_quick
from tests.wire_faults import Done, Wire, rest, rpc

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox

LOST = Done(ConnectionClosedError(endpoint_url="http://127.0.0.1"))

LONGEST_POLL_S = 20
"""SQS's own limit."""


class Sockets:
    """Every connection that was opened, and how long opening it might have taken, in seconds."""

    def __init__(self) -> None:
        self.opened: list[socket.socket] = []
        self.patience_s: list[float] = []


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sockets]:
    noted, connect = Sockets(), connection.create_connection

    def note(address: Any, timeout: float, *more: Any, **options: Any) -> socket.socket:
        noted.patience_s.append(timeout)
        noted.opened.append(connect(address, timeout, *more, **options))
        return noted.opened[-1]

    monkeypatch.setattr(connection, "create_connection", note)
    yield noted
    for one in noted.opened:
        one.close()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture(scope="module")
def account(aws_sandbox: Sandbox) -> str:
    """An account in which everything is right; no test here leaves anything in it."""
    return prepare(aws_sandbox, "runs")


@pytest.fixture
def aws(aws_sandbox: Sandbox, wire: Wire, account: str) -> Iterator[Aws]:
    clients, keys = Clients(wire.session), Keys(Secret(account), Secret("test"))
    made = Aws(clients, keys, aws_sandbox.region, aws_sandbox.endpoint_url)
    with without_waiting():
        yield made
    made.close()


# -- how long -------------------------------------------------------------------------------------


def test_connecting_may_take_5_seconds_and_an_answer_longer_than_the_longest_poll(
    aws: Aws, sockets: Sockets
) -> None:
    aws.sqs.list_queues()
    aws.invoker(77).list_functions()
    assert sockets.patience_s == [5, 5]
    polled, invoked = (one.gettimeout() for one in sockets.opened)
    assert polled is not None
    assert polled > LONGEST_POLL_S
    assert invoked == 77


@pytest.mark.parametrize(
    "end", first_only_when_quick(["", "sts.AssumeRole", "lambda.GetFunctionConfiguration"])
)
def test_every_connection_is_closed_when_a_class_is_done(
    aws_sandbox: Sandbox,
    account: str,
    sockets: Sockets,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    end: str,
) -> None:
    make, made, used = Clients.make, list[Any](), set[Clients]()

    def kept(self: Clients, *given: Any) -> Any:
        used.add(self)
        made.append(make(self, *given))  # until the end: being collected would close it
        return made[-1]

    monkeypatch.setattr(Clients, "make", kept)
    if end:
        # A connection was used already when the refusal comes.
        wire.play(end, None, LOST, always=True)
    with as_instructor(), without_waiting():
        visit(aws_sandbox, "role", account, rubric_of("role"), wire)
    assert len(sockets.opened) >= 2
    for clients in used:
        clients.close()
    assert [one for one in sockets.opened if one.fileno() != -1] == []


# -- how often ------------------------------------------------------------------------------------


@pytest.fixture(params=["", "legacy"])
def own_retries(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own configuration asks for other retries, or for none."""
    if request.param:
        monkeypatch.setenv("AWS_RETRY_MODE", request.param)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")


FAULT = rest(500, "ServiceException")


def test_what_is_harmless_is_asked_again_in_standard_mode(
    own_retries: None, aws: Aws, wire: Wire
) -> None:
    wire.play("lambda.GetFunctionConfiguration", FAULT, always=True)
    wire.play("sqs.ReceiveMessage", rpc(503, "ServiceUnavailable"), always=True)
    for call in (
        lambda: aws.lambda_.get_function_configuration(FunctionName="x"),
        lambda: aws.sqs.receive_message(QueueUrl="http://x/1"),
    ):
        assert isinstance(aws.query("any:Action", call), Unknown)
    assert wire.requests == [
        *["lambda.GetFunctionConfiguration"] * REQUEST_ATTEMPTS,
        *["sqs.ReceiveMessage"] * REQUEST_ATTEMPTS,
    ]
    clients: list[Any] = [aws.sts, aws.lambda_, aws.sqs, aws.events, aws.scheduler, aws.logs]
    assert {client.meta.config.retries["mode"] for client in clients} == {"standard"}


def test_what_would_be_done_twice_is_never_asked_again_by_the_client(
    own_retries: None, aws: Aws, wire: Wire
) -> None:
    wire.play("lambda.Invoke", FAULT, always=True)
    wire.play("sqs.SendMessage", rpc(400, "RequestThrottled"), always=True)
    for call in (
        lambda: aws.invoker(3).invoke(FunctionName="x"),
        lambda: aws.sender.send_message(QueueUrl="http://x/1", MessageBody="x"),
    ):
        assert isinstance(aws.query("any:Action", call), Unknown)
    assert wire.requests == ["lambda.Invoke", "sqs.SendMessage"]


# -- whose ----------------------------------------------------------------------------------------


def test_all_accounts_share_one_session(
    aws_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[boto3.Session] = []

    class Session(boto3.Session):
        def __init__(self, *given: Any, **options: Any) -> None:
            super().__init__(*given, **options)
            made.append(self)

    monkeypatch.setattr(boto3, "Session", Session)
    place = WorkerContext()

    def who(account: str) -> str:
        keys = Keys(Secret(account), Secret("test"))
        way = Visit(keys, None, aws_sandbox.region, aws_sandbox.endpoint_url)
        identity = identify_account(place, way, 60).identity
        assert isinstance(identity, Found)
        return identity.value.account_id

    accounts = [f"{number:012}" for number in range(1, 13)]
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(who, accounts)) == accounts
    assert len(made) == 1


def asking(*checks: str, queues: bool) -> Rubric:
    """The lab's rubric with those checks only, and with its queues or none."""
    shipped = rubric_of("runs")
    lab = shipped.lab if queues else msgspec.structs.replace(shipped.lab, queues={})
    criteria = tuple(one for one in shipped.criteria if one.check in checks)
    return msgspec.structs.replace(shipped, lab=lab, criteria=criteria)


SCHEDULE = {"eventbridge", "scheduler"}


@pytest.mark.parametrize(
    ("rubric", "services"),
    first_only_when_quick(
        [
            (asking("function_memory", queues=False), {"sts", "lambda"}),
            (asking("queue_exists", queues=True), {"sts", "lambda", "sqs"}),
            (asking("schedule_enabled", queues=False), {"sts", "lambda", *SCHEDULE}),
            (
                asking("schedule_enabled", "schedule_runs", queues=False),
                {"sts", "lambda", *SCHEDULE, "cloudwatch-logs"},
            ),
            (rubric_of("rule"), {"sts", "lambda", "sqs", *SCHEDULE}),
        ]
    ),
    ids=["function", "queues", "schedule", "runs", "shipped"],
)
def test_there_are_clients_only_of_services_that_the_rubric_needs(
    aws_sandbox: Sandbox, account: str, wire: Wire, rubric: Rubric, services: set[str]
) -> None:
    made: set[str] = set()

    def note(event_name: str, **_given: Any) -> None:
        made.add(event_name.removeprefix("creating-client-class."))

    wire.session.events.register("creating-client-class", note)
    visit(aws_sandbox, "runs", account, rubric, wire)
    assert made == services


@pytest.mark.slow
def test_what_only_looking_needs_is_let_go_before_the_function_is_run(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, made = Clients.make, list[tuple[str, Any]]()
    living: list[str] = []

    def known(self: Clients, service: str, *given: Any) -> Any:
        client = make(self, service, *given)
        made.append((service, weakref.ref(client)))
        return client

    def invoked(**_given: Any) -> None:
        if not living:
            gc.collect()  # botocore's clients are in cycles
            living.extend(sorted(service for service, client in made if client() is not None))

    monkeypatch.setattr(Clients, "make", known)
    wire.session.events.register("before-send.lambda.Invoke", invoked)
    with as_instructor(), without_waiting():
        visit(aws_sandbox, "rule", reference_account, rubric_of("rule"), wire)
    assert {"sts", "events", "sqs"} <= {service for service, _client in made}
    assert living == ["lambda", "sqs"]


# -- what is no answer of AWS ---------------------------------------------------------------------


def received(aws: Aws) -> Any:
    url = aws.sqs.get_queue_url(QueueName="input_queue")["QueueUrl"]
    return aws.sqs.receive_message(QueueUrl=url)


def function(aws: Aws) -> Any:
    return aws.lambda_.get_function_configuration(FunctionName="first_lambda")["MemorySize"]


def identity(aws: Aws) -> Any:
    return aws.sts.get_caller_identity()["Account"]


RECEIVE, FUNCTION, IDENTITY = (
    ("sqs.ReceiveMessage", received),
    ("lambda.GetFunctionConfiguration", function),
    ("sts.GetCallerIdentity", identity),
)
NESTED = b"[" * 100_000
REFUSED = "Accès refusé".encode("latin-1")
"""A proxy's page, in the encoding that web pages had once."""
BOMB = "".join(f"<!ENTITY {name} '{f'&{of};' * 10}'>" for of, name in pairwise("abcdefghi"))
DECLARED = (b"<!DOCTYPE x>", f"<!DOCTYPE x [<!ENTITY a 'ha'>{BOMB}]>".encode())
NOT_OF_AWS = [
    *((*RECEIVE, 200, body) for body in (b"", b"<p>Sign in", b"{", b"[]")),
    *((*FUNCTION, 200, body) for body in (b"", b"\xff", b'"a"', b'{"MemorySize": 128', NESTED)),
    *((*IDENTITY, 200, body) for body in (b"", b"{}", b"<html></html>")),
    (*FUNCTION, 502, REFUSED),
    *((*FUNCTION, 400, body) for body in (b"[]", b'"busy"', b'{"code": 5}', NESTED)),
    (*RECEIVE, 502, REFUSED),
    *((*RECEIVE, 400, body) for body in (b"[]", b"5", b'{"__type": 5}', b'{"message": []}')),
    *((*IDENTITY, 200, declared + IDENTIFIED) for declared in DECLARED),
    (*IDENTITY, 200, IDENTIFIED.replace(b"<UserId>", b"<a/>" * 2000 + b"<UserId>")),
    (*IDENTITY, 400, b"<ErrorResponse><Error>no</Error></ErrorResponse>"),
    (*IDENTITY, 400, b"<ErrorResponse><Error><Code><a/></Code></Error></ErrorResponse>"),
    (*IDENTITY, 400, b"<ErrorResponse/>"),
    (*IDENTITY, 503, b"<!DOCTYPE html><p>busy"),
    (*IDENTITY, 403, b"Forbidden by the firewall"),
]


@pytest.mark.parametrize(("operation", "call", "status", "body"), NOT_OF_AWS)
def test_what_aws_cannot_have_said_is_asked_again_and_called_unreachable_if_it_stays(
    aws: Aws, wire: Wire, operation: str, call: Callable[[Aws], Any], status: int, body: bytes
) -> None:
    page = (status, {"content-type": "text/html"}, body)
    wire.play(operation, page, None, page, always=True)
    assert isinstance(aws.query("any:Action", lambda: call(aws)), Found)
    assert wire.requests.count(operation) == 2
    fact = aws.query("any:Action", lambda: call(aws))
    assert isinstance(fact, Unknown)
    assert (fact.kind, "not from AWS" in fact.detail) == ("unreachable", True)
    assert wire.requests.count(operation) == 2 + REQUEST_ATTEMPTS


def test_an_answer_that_has_no_body_needs_none(aws: Aws, wire: Wire) -> None:
    wire.play("sqs.DeleteMessage", (200, {}, b""), always=True)
    url = aws.sqs.get_queue_url(QueueName="input_queue")["QueueUrl"]
    aws.sqs.delete_message(QueueUrl=url, ReceiptHandle="x")
    assert wire.requests.count("sqs.DeleteMessage") == 1


def test_what_a_function_returns_is_its_own_affair(aws: Aws, wire: Wire) -> None:
    wire.play("lambda.Invoke", (200, {}, b"<p>not JSON"))
    returned = aws.invoker(5).invoke(FunctionName="first_lambda")["Payload"]
    assert returned.read() == b"<p>not JSON"
