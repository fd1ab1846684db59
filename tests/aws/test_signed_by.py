"""Clients that accounts share: every request is signed by whoever asks, and connections are few."""

from __future__ import annotations

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from urllib3.util import connection

from grader.aws.account_client import Aws
from grader.aws.calls import CallsWithin
from grader.aws.clients import Clients, config_of
from grader.desk.engine import SharedThreads
from grader.engines.threads import Threads
from grader.model.access import Keys
from grader.safety.secret import Secret
from tests.wire_faults import Wire, _response, asked_again_at_once, rpc

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox

ACCOUNTS = [f"{number:012}" for number in range(1, 51)]


def secret_of(account: str) -> str:
    return f"secret of {account}"


def aws_of(clients: Clients, account: str, endpoint_url: str = "http://127.0.0.1:1") -> Aws:
    keys = Keys(Secret(account), Secret(secret_of(account)), Secret(f"token of {account}"))
    return Aws(clients, keys, "us-east-1", endpoint_url)


def signature(request: Any, account: str) -> str:
    """What the request's signature is, if ``account`` has signed it."""
    auth = SigV4Auth(Credentials(account, secret_of(account)), "sqs", "us-east-1")
    names = re.search("SignedHeaders=([^,]+)", text(request.headers["Authorization"]))
    assert names is not None
    names_signed = [name for name in names.group(1).split(";") if name != "host"]
    signed = {name: text(request.headers[name]) for name in names_signed}
    again = AWSRequest(request.method, request.url, signed, request.body)
    again.context["timestamp"] = text(request.headers["X-Amz-Date"])
    return auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again)


def text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header


@pytest.mark.parametrize("fault", [None, rpc(503, "ServiceUnavailable")], ids=["once", "repeated"])
def test_every_request_is_signed_by_the_account_that_asks(fault: Any) -> None:
    wire, seen, gate = Wire(), list[tuple[str, str, str, str]](), threading.Barrier(len(ACCOUNTS))
    answer = (200, {}, json.dumps({"QueueUrl": "http://127.0.0.1/q"}).encode())
    tried: set[str] = set()

    def note(request: Any, **_given: Any) -> Any:
        account = json.loads(request.body)["QueueName"]
        given = text(request.headers["Authorization"])
        seen.append(
            (
                account,
                given.partition("Credential=")[2].partition("/")[0],
                text(request.headers["X-Amz-Security-Token"]),
                given.partition("Signature=")[2] + "|" + signature(request, account),
            )
        )
        first = account not in tried
        tried.add(account)
        return _response(request.url, *(fault if fault and first else answer))

    wire.session.events.register("before-send.sqs.GetQueueUrl", note)
    clients = Clients(wire.session)

    def ask(account: str) -> None:
        aws = aws_of(clients, account)
        gate.wait(30)
        aws.sqs.get_queue_url(QueueName=account)

    with asked_again_at_once(), ThreadPoolExecutor(len(ACCOUNTS)) as threads:
        list(threads.map(ask, ACCOUNTS))
    assert len(seen) == len(ACCOUNTS) * (2 if fault else 1)
    for account, key, token, signatures in seen:
        assert (key, token) == (account, f"token of {account}")
        made, expected = signatures.split("|")
        assert made == expected
    assert {account for account, *_ in seen} == {*ACCOUNTS}


def test_pages_are_asked_for_by_the_account_too(aws_sandbox: Sandbox) -> None:
    clients = Clients()
    for account in ACCOUNTS[:3]:
        aws = aws_of(clients, account, aws_sandbox.endpoint_url)
        aws.sqs.create_queue(QueueName=f"of-{account}")
    for account in ACCOUNTS[:3]:
        aws = aws_of(clients, account, aws_sandbox.endpoint_url)
        pages = aws.sqs.get_paginator("list_queues").paginate()
        (url,) = [url for page in pages for url in page.get("QueueUrls", [])]
        assert url.endswith(f"of-{account}")
        aws.sqs.delete_queue(QueueUrl=url)
    clients.close()


def test_a_call_by_nobody_is_not_sent() -> None:
    wire = Wire()
    clients = Clients(wire.session)
    keys = {"aws_access_key_id": "1", "aws_secret_access_key": "2"}
    access = Keys(Secret("1"), Secret("2"), None)
    where = {"region_name": "us-east-1", "endpoint_url": "http://127.0.0.1:1"}
    bound = clients.make("sqs", config_of(), where | keys, access)
    with pytest.raises(LookupError):
        bound._client.list_queues()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The connections that are opened."""
    connect, found = connection.create_connection, list[Any]()

    def note(*given: Any, **options: Any) -> Any:
        found.append(connect(*given, **options))
        return found[-1]

    monkeypatch.setattr(connection, "create_connection", note)
    return found


def test_accounts_of_a_host_share_its_connections_until_the_class_is_done(
    aws_sandbox: Sandbox, opened: list[Any]
) -> None:
    engine = Threads(1)

    def who(place: Any, account: str) -> str:
        aws = aws_of(place.clients, account, aws_sandbox.endpoint_url)
        found = str(aws.sts.get_caller_identity()["Account"])
        aws.close()
        return found

    assert [engine.submit(who, account).result(30) for account in ACCOUNTS] == ACCOUNTS
    assert len(opened) == 1
    assert opened[0].fileno() != -1
    engine.close()
    assert opened[0].fileno() == -1


def test_a_desk_that_ends_closes_the_connections_of_its_students(
    aws_sandbox: Sandbox, opened: list[Any]
) -> None:
    threads = SharedThreads(1)
    for account in ACCOUNTS:
        aws_of(threads.clients, account, aws_sandbox.endpoint_url).sts.get_caller_identity()
    assert len(opened) == 1
    threads.close()
    assert opened[0].fileno() == -1


def hosts_client(client: Any) -> Any:
    """The client of a host, under what is an account's own."""
    while isinstance(client, CallsWithin):
        client = client._client
    return client


def test_who_asks_another_host_or_more_patiently_has_other_connections(
    aws_sandbox: Sandbox,
) -> None:
    clients = Clients()
    one, other = (aws_of(clients, account, aws_sandbox.endpoint_url) for account in ACCOUNTS[:2])
    assert hosts_client(one.sqs) is hosts_client(other.sqs)
    assert hosts_client(one.sqs) is not hosts_client(one.sender)
    assert hosts_client(one.invoker(3)) is hosts_client(other.invoker(3))
    assert hosts_client(one.invoker(3)) is not hosts_client(one.invoker(4))
    assert hosts_client(one.sqs) is not hosts_client(aws_of(clients, "3").sqs)
    clients.close()
