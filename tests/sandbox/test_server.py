from __future__ import annotations

import base64
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from grader.sandbox import server
from grader.sandbox.deploy import deploy
from grader.sandbox.layout import SUM_FUNCTION
from grader.sandbox.server import Sandbox, SandboxError, exports, sandbox
from grader.sandbox.submission import DemoSubmission
from tests.processes import of_group
from tests.programs import background

if TYPE_CHECKING:
    from collections.abc import Iterator

GRADER = """
import json, sys
from grader.sandbox.deploy import deploy
from grader.sandbox.server import sandbox
from grader.sandbox.submission import DemoSubmission

with sandbox() as running:
    account = running.new_account()
    deploy(running, account, DemoSubmission(name="x", description="x", points=None, handler="periodic"))
    running.client("lambda", account).invoke(FunctionName="first_lambda")
    print(json.dumps({"pid": running.pid, "directory": str(running.directory)}), flush=True)
    sys.stdin.read()
"""


@retry(retry=retry_if_result(bool), wait=wait_fixed(0.05), stop=stop_after_delay(100))
def left_behind(group: int, directory: Path) -> list[int | Path]:
    return [*of_group(group), *[directory] * directory.exists()]


def invoke(running: Sandbox, account_id: str, handler: str) -> str:
    """The log of one invocation of ``handler``."""
    deploy(
        running,
        account_id,
        DemoSubmission(name=handler, description=handler, points=None, handler=handler),
    )
    answer = running.client("lambda", account_id).invoke(
        FunctionName=SUM_FUNCTION, LogType="Tail", Payload=b'{"Records": []}'
    )
    return base64.b64decode(answer["LogResult"]).decode()


def test_every_twelve_digit_key_is_an_account_apart(aws_sandbox: Sandbox) -> None:
    one, other = aws_sandbox.new_account(), aws_sandbox.new_account()
    assert aws_sandbox.client("sts", one).get_caller_identity()["Account"] == one
    aws_sandbox.client("sqs", one).create_queue(QueueName="mine")
    assert not aws_sandbox.client("sqs", other).list_queues().get("QueueUrls")


def test_every_account_has_the_role_of_a_learner_lab_from_the_start(aws_sandbox: Sandbox) -> None:
    for account in (aws_sandbox.new_account(), aws_sandbox.new_account()):
        iam = aws_sandbox.client("iam", account)
        arns = {iam.get_role(RoleName="LabRole")["Role"]["Arn"] for _ in range(2)}
        assert arns == {f"arn:aws:iam::{account}:role/LabRole"}
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.get_role(RoleName="AnotherRole")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is nobody's address")
def test_it_answers_on_the_loopback_address_only(aws_sandbox: Sandbox) -> None:
    port = urlsplit(aws_sandbox.endpoint_url).port
    assert port
    socket.create_connection(("127.0.0.1", port), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)


@pytest.mark.sandbox
def test_the_graders_environment_is_hidden_from_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    monkeypatch.setenv("SOME_TOKEN", "canary")
    with sandbox() as running:
        log = invoke(running, running.new_account(), "prints_environ")
    assert "AWS_ACCESS_KEY_ID=" in log
    assert "AWS_SECRET_ACCESS_KEY=test" in log
    assert "canary" not in log


@pytest.mark.sandbox
def test_an_exception_leaves_no_process_and_no_directory() -> None:
    with pytest.raises(ZeroDivisionError), sandbox() as running:  # noqa: PT012
        invoke(running, running.new_account(), "periodic")
        assert len(of_group(running.pid)) == 2, "the server and a worker of the function"
        assert list(running.directory.glob("ministack-lambda-*"))
        raise ZeroDivisionError
    assert left_behind(running.pid, running.directory) == []


@pytest.mark.sandbox
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_the_grader(how: signal.Signals) -> None:
    line = [sys.executable, "-c", GRADER]
    with background(line, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as grader:
        assert grader.stdout
        started = json.loads(grader.stdout.readline())
        assert len(of_group(started["pid"])) == 2
        grader.send_signal(how)
        grader.wait(timeout=100)
        assert left_behind(started["pid"], Path(started["directory"])) == []


def test_without_ministack_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with (
        pytest.raises(SandboxError, match=r"pip install '\.\[sandbox\]'"),
        sandbox(),
    ):
        pass


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.sandbox
def test_a_port_in_use_is_named(taken_port: int) -> None:
    with pytest.raises(SandboxError, match=f"Port {taken_port} "), sandbox(taken_port):
        pass


@pytest.mark.sandbox
def test_another_sandbox_on_the_port_is_not_taken_for_it(
    aws_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The port was free when it was looked for, and another sandbox's when it was to be used."""
    taken = urlsplit(aws_sandbox.endpoint_url).port
    assert taken
    ports = iter([taken, taken, server._free_port(None)])
    monkeypatch.setattr(server, "_free_port", lambda _asked: next(ports))
    with sandbox() as running:
        assert running.endpoint_url != aws_sandbox.endpoint_url
        assert of_group(running.pid) == [running.pid]
    (tmp_path / f"ministack-{taken}.pid").touch()  # as its server writes before it finds out
    assert not server._answers(taken, tmp_path)
    assert server._answers(taken, aws_sandbox.directory)


@pytest.mark.sandbox
def test_a_port_that_was_asked_for_is_tried_once(
    aws_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = urlsplit(aws_sandbox.endpoint_url).port
    assert taken
    monkeypatch.setattr(server, "_free_port", lambda asked: asked)
    with pytest.raises(SandboxError, match="already in use"), sandbox(taken):
        pass


@pytest.mark.sandbox
def test_a_server_that_ends_early_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "ministack"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "services").mkdir()
    (package / "services" / "iam.py").write_text('_IAM_HANDLERS = {"GetRole": None}')
    (package / "__main__.py").write_text('raise SystemExit("the disk is full")')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(SandboxError, match=r"status 1 .*\n.*the disk is full"), sandbox():
        pass


def test_exports_are_ready_to_paste(aws_sandbox: Sandbox) -> None:
    assert exports(aws_sandbox).splitlines() == [
        f"export AWS_ENDPOINT_URL={aws_sandbox.endpoint_url}",
        "export AWS_ACCESS_KEY_ID=111111111111",
        "export AWS_SECRET_ACCESS_KEY=test",
        "export AWS_DEFAULT_REGION=us-east-1",
    ]
    there = exports(aws_sandbox, region="eu-west-3").splitlines()
    assert there[-1] == "export AWS_DEFAULT_REGION=eu-west-3"
