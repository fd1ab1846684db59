"""The endpoint that plays right accounts, and the programs that ask it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from benchmarks import bare
from benchmarks.canned import Canned, canned
from benchmarks.canned_server import UNKNOWN
from benchmarks.floor import Floor, signed
from benchmarks.measuring import alone
from benchmarks.shared_clients import SharedClients
from tests.polling import wait_for
from tests.processes import is_running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

PROGRAMS: dict[str, Callable[[dict[str, str]], bool]] = {
    "bare": lambda row: bare.account(boto3.Session(), row),
    "shared": lambda row: _visited(SharedClients(), row),
    "floor": lambda row: _visited(Floor(), row),
}
NUMBERS = iter(range(1_000, 2_000))


@pytest.fixture(scope="module", params=[True, False], ids=["tls", "http"])
def aws(request: pytest.FixtureRequest) -> Iterator[Canned]:
    with canned(tls=request.param) as running:
        yield running


@pytest.fixture
def row(aws: Canned, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An account that nobody asked about yet."""
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    return aws.row(next(NUMBERS))


@pytest.fixture
def sqs(aws: Canned, row: dict[str, str]) -> Iterator[Any]:
    session = boto3.Session(row["aws_access_key_id"], row["aws_secret_access_key"])
    client = session.client(
        "sqs",
        region_name=row["region"],
        endpoint_url=row["endpoint_url"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield client
    client.close()


def _visited(program: SharedClients | Floor, row: dict[str, str]) -> bool:
    with closing(program):
        return program.visit(row)


def _asked(aws: Canned, row: dict[str, str]) -> dict[str, int]:
    """What was asked about an account, but for polls: how often one must is a matter of time."""
    asked = aws.asked()[row["account_id"]]
    assert asked.pop("sqs:ReceiveMessage") > 0
    return asked


def test_all_programs_ask_the_same(aws: Canned, row: dict[str, str]) -> None:
    asked = {}
    for name, visit in PROGRAMS.items():
        of_program = aws.row(next(NUMBERS))
        assert visit(of_program), name
        asked[name] = _asked(aws, of_program)
    graders = aws.row(0)
    run = alone(
        "benchmarks.graded",
        *(aws.roster(1), aws.results(), "--jobs", 1),
        environment=aws.environment,
    )
    assert run["points"] == [20.0]
    assert asked == dict.fromkeys(PROGRAMS, _asked(aws, graders))


def test_shared_clients_keep_accounts_apart(aws: Canned, row: dict[str, str]) -> None:
    several = [aws.row(next(NUMBERS)) for _ in range(4)]
    with closing(SharedClients()) as shared, ThreadPoolExecutor(4) as threads:
        assert all(threads.map(shared.visit, several))
    first, *others = (_asked(aws, one) for one in several)
    assert others == [first] * 3


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/", b'{"QueueName": "input_queue"}'),
        (
            "GET",
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Ax/policy",
            b"",
        ),
        ("GET", "/2015-03-31/event-source-mappings?EventSourceArn=arn%3Aaws%3Asqs%3A%3A1%3Ax", b""),
    ],
)
def test_requests_signed_by_hand_are_signed_as_botocore_does(
    method: str, path: str, body: bytes
) -> None:
    row = {
        "aws_access_key_id": "AKIAEXAMPLE",
        "aws_secret_access_key": "a secret",
        "region": "us-east-1",
    }
    head = {"host": "127.0.0.1:1234", "content-type": "application/x-amz-json-1.0"}
    ours = signed(row, "sqs", method, path, body, head)
    request = AWSRequest(method, f"https://127.0.0.1:1234{path}", data=body, headers=head)
    keys = Credentials(row["aws_access_key_id"], row["aws_secret_access_key"])
    auth = SigV4Auth(keys, "sqs", row["region"])
    request.context["timestamp"] = ours["x-amz-date"]
    request.headers["X-Amz-Date"] = ours["x-amz-date"]
    theirs = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    assert ours["authorization"].endswith(f"Signature={theirs}")


def test_a_message_is_hidden_and_shows_itself_again(sqs: Any) -> None:
    url = sqs.get_queue_url(QueueName="input_queue")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody='{"number1": 1, "number2": 2}')
    url = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    (first,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)["Messages"]
    assert json.loads(first["Body"]) == {"body": 3}
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=1
    )
    (again,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=again["ReceiptHandle"], VisibilityTimeout=0
    )
    (last,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=last["ReceiptHandle"])
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_a_long_poll_ends_when_a_message_comes(sqs: Any) -> None:
    url = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    source = sqs.get_queue_url(QueueName="input_queue")["QueueUrl"]
    began, came = time.monotonic(), []
    poll = threading.Thread(
        target=lambda: came.append(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20))
    )
    poll.start()
    sqs.send_message(QueueUrl=source, MessageBody='{"number1": 1, "number2": 2}')
    poll.join()
    assert len(came[0]["Messages"]) == 1
    assert time.monotonic() - began < 20


def test_what_nobody_recorded_is_an_error_and_counted(
    sqs: Any, aws: Canned, row: dict[str, str]
) -> None:
    with pytest.raises(sqs.exceptions.ClientError, match="UnknownOperation"):
        sqs.get_queue_url(QueueName="nobody_s")
    assert aws.asked()[row["account_id"]] == {UNKNOWN: 1}


def test_it_ends_with_whoever_started_it() -> None:
    code = (
        "from benchmarks.canned import canned\n"
        "with canned(tls=False) as aws:\n"
        "    print(aws.pid, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert is_running(pid)
        process.kill()
    assert wait_for(lambda: not is_running(pid))
