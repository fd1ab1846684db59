"""A question ends when its time is over, whichever of its parts takes too long."""

from __future__ import annotations

import errno
import socket
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from urllib3 import PoolManager, Timeout
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, NewConnectionError

from grader.safety import wall_clock
from grader.safety.wall_clock import cut_at, that_can_be_cut

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "lms.example.org"
FAR_LESS_S = 20
"""Half of what all addresses of the test would take together."""

several_loopback_addresses = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere 127.0.0.2 is nobody's address"
)


@contextmanager
def silence(at: str = "") -> Iterator[int]:
    """A port at which an address, or all of this machine, take no connection and refuse none."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind((at, 0))
        server.listen(0)
        port: int = server.getsockname()[1]
        while _lets_in(stack.enter_context(socket.socket()), port):
            pass  # it lets one or two wait
        yield port


def _lets_in(one: socket.socket, port: int) -> bool:
    one.settimeout(0.5)
    try:
        one.connect(("127.0.0.1", port))
    except TimeoutError:
        return False
    return True


@pytest.fixture
def manager() -> Iterator[PoolManager]:
    made = PoolManager(retries=False)
    made.pool_classes_by_scheme = that_can_be_cut(made.pool_classes_by_scheme)
    yield made
    made.clear()


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The addresses of names that only a test knows."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def found(host: str, port: int, *given: Any, **named: Any) -> list[Any]:
        hosts = known.get(host, [host])
        return [entry for one in hosts for entry in real(one, port, *given, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return known


@several_loopback_addresses
def test_a_host_with_many_silent_addresses_is_left_in_time(
    manager: PoolManager, resolve: dict[str, list[str]]
) -> None:
    resolve[NAME] = [f"127.0.0.{number}" for number in range(1, 41)]
    with silence() as port:
        began = time.monotonic()
        with cut_at(began + 1.5) as question, pytest.raises((HTTPError, TimeoutError)):
            manager.request("GET", f"http://{NAME}:{port}/", timeout=1)
        assert 1.5 <= time.monotonic() - began < FAR_LESS_S
        assert question.is_over


@pytest.mark.parametrize(("timeout", "seconds", "is_over"), [(0.3, 60, False), (None, 1, True)])
def test_a_single_address_is_waited_for_no_longer_than_the_question_may_take(
    manager: PoolManager, timeout: float | None, seconds: float, is_over: bool
) -> None:
    with silence() as port:
        began = time.monotonic()
        with cut_at(began + seconds) as question, pytest.raises((HTTPError, TimeoutError)):
            manager.request("GET", f"http://127.0.0.1:{port}/", timeout=timeout)
        assert time.monotonic() - began < FAR_LESS_S
        assert question.is_over is is_over


@several_loopback_addresses
def test_the_address_after_a_silent_and_a_closed_one_is_asked_by_the_hosts_name(
    manager: PoolManager, resolve: dict[str, list[str]]
) -> None:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Host"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    resolve[NAME] = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    with silence("127.0.0.1") as port, HTTPServer(("127.0.0.3", port), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with cut_at(time.monotonic() + 20) as question:
            patient = Timeout(connect=1, read=60)
            answer = manager.request("GET", f"http://{NAME}:{port}/", timeout=patient)
        thread.join()
        assert (answer.status, asked, question.is_over) == (204, [f"{NAME}:{port}"], False)


def test_the_name_of_urllib3_that_addresses_rest_on_is_there() -> None:
    for pool in PoolManager().pool_classes_by_scheme.values():
        assert pool.ConnectionCls._new_conn is HTTPConnection._new_conn


def test_a_name_without_an_address_is_told_as_ever_and_looked_up_once(
    manager: PoolManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()

    def noted(host: str, *_given: Any, **_named: Any) -> Any:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    with cut_at(time.monotonic() + 20), pytest.raises(HTTPError, match="resolve"):
        manager.request("GET", "http://nobody.invalid/", timeout=1, retries=False)
    assert asked == ["nobody.invalid"]


def test_a_look_up_for_which_the_system_has_no_room_is_no_lost_connection(
    manager: PoolManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_given: Any, **_named: Any) -> Any:
        raise OSError(errno.EBUSY, "busy")

    monkeypatch.setattr(socket, "getaddrinfo", busy)
    with cut_at(time.monotonic() + 20), pytest.raises(NewConnectionError, match="busy"):
        manager.request("GET", f"http://{NAME}/", timeout=1, retries=False)


def test_a_look_up_that_hangs_ends_with_the_question(
    manager: PoolManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_named: resolver.wait(60))
    began = time.monotonic()
    with cut_at(began + 0.5) as question, pytest.raises((HTTPError, TimeoutError)):
        manager.request("GET", f"http://{NAME}/", timeout=1, retries=False)
    resolver.set()
    assert time.monotonic() - began < FAR_LESS_S
    assert question.is_over


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_a_number_is_looked_up_by_nobody(
    manager: PoolManager, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setattr(wall_clock, "call_with_timeout", None)
    with cut_at(time.monotonic() + 20), pytest.raises(HTTPError):
        manager.request("GET", f"http://{host}:1/", timeout=1, retries=False)


def test_a_watch_that_found_no_thread_finds_one_for_the_next_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    watch, ended = wall_clock._Watch(), threading.Event()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none_left)
        with pytest.raises(RuntimeError):
            watch.add(time.monotonic(), lambda: pytest.fail("it was never asked"))
    watch.add(time.monotonic(), ended.set)
    assert ended.wait(20)
