from __future__ import annotations

import json
import os
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import botocore.session
import pytest
from hypothesis import HealthCheck, settings
from xdist import is_xdist_controller

from grader.i18n.language import ENGLISH, speak
from grader.sandbox.server import REGION, Sandbox, sandbox
from tests.observing import hand_in
from tests.own_checks import write_checks
from tests.programs import at_birth, hear_signals_as_in_a_terminal
from tests.spreading import Together, processes
from tests.wire_faults import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

    from tests.own_checks import Write


# Time would measure the machine: others may be using it.
settings.register_profile(
    "grader",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    derandomize=False,
)
# `.ci/long` looks further.
settings.register_profile(
    "long",
    settings.get_profile("grader"),
    max_examples=40 * settings.get_profile("grader").max_examples,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "grader"))


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the sandbox, so that the rest can run where ministack is not installed."""
    for item in items:
        if "aws_sandbox" in getattr(item, "fixturenames", ()):
            item.add_marker("sandbox")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """What ``--numprocesses=auto`` means."""
    return processes(config.args)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """What ``--dist=loadgroup`` means; another ``--dist`` is left to itself."""
    return Together(config, log) if config.option.dist == "loadgroup" else None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Whoever runs the tests decides which signals end them, and not what their programs hear."""
    if not is_xdist_controller(session):  # that one starts the processes in which tests run
        hear_signals_as_in_a_terminal()


@pytest.fixture(scope="session", autouse=True)
def models_read_once() -> Iterator[None]:
    """Reading AWS's models takes most of the time that a session's clients take: all share them."""
    loader = botocore.session.Session().get_component("data_loader")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", lambda _paths=None: loader)
        yield


@pytest.fixture(autouse=True)
def english() -> None:
    """A command speaks for its whole process, which here runs other tests after it."""
    speak(ENGLISH)


@pytest.fixture(scope="session")
def aws_sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests that do not break it."""
    with sandbox() as running:
        yield running


@pytest.fixture
def fresh_account(aws_sandbox: Sandbox) -> Iterator[str]:
    """The id of an account that no other test uses."""
    account = aws_sandbox.new_account()
    yield account
    end_functions(aws_sandbox, account)


def end_functions(running: Sandbox, account: str) -> None:
    """Delete the account's functions: the sandbox keeps a process of some 30 MB for each that ever ran.

    A client for each test would take longer, and the sandbox asks for no signature.
    """
    scope = f"{account}/20260101/{REGION}/lambda/aws4_request"
    signed = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    }
    at, path = urlsplit(running.endpoint_url), "/2015-03-31/functions"
    with closing(HTTPConnection(at.hostname or "", at.port, timeout=90)) as connection:

        def said(method: str, path: str) -> bytes:
            connection.request(method, path, headers=signed)
            return connection.getresponse().read()

        for function in json.loads(said("GET", path))["Functions"]:
            said("DELETE", f"{path}/{function['FunctionName']}")


@pytest.fixture
def reference_account(aws_sandbox: Sandbox, fresh_account: str) -> str:
    """An account in which everything is right."""
    hand_in(aws_sandbox, fresh_account)
    return fresh_account


@pytest.fixture
def interrupted_at_birth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ctrl-C is typed the moment a process of ours begins: before it can run a line of ours.

    The folder has a file for each.
    """
    folder = tmp_path / "interrupted"
    folder.mkdir()
    path = at_birth(
        tmp_path / "site",
        f"""
    open(os.path.join({str(folder)!r}, str(os.getpid())), "w").close()
    os.kill(os.getpid(), signal.SIGINT)
""",
    )
    monkeypatch.setenv("PYTHONPATH", path)
    return folder


@pytest.fixture
def wire() -> Wire:
    """A wire that plays no fault yet."""
    return Wire()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a check file, and give the folder it is in."""
    return partial(write_checks, tmp_path / "checks")
