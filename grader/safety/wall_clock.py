"""A wall clock for one question over HTTP: its connection is cut when its time is over.

Time-outs of sockets are those of a single read, and whoever dribbles a byte a second is never too late.
Nor is a host with many addresses, each of which may be silent for as long as connecting may take. The
look-up of a host's name cannot be cut, since the system's resolver has its own time-outs: it is left to
itself.
"""

from __future__ import annotations

import heapq
import itertools
import socket
import threading
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

from grader.safety.call_timeout import Unanswered, call_with_timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class TimedQuestion:
    """One request and its answer: what connection they use, and whether their time is over."""

    def __init__(self, at: float) -> None:
        self._at = at
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.is_over = False

    def uses(self, connected: socket.socket | None) -> None:
        """The question is asked over ``connected`` from now on."""
        with self._lock:
            self._let_go()
            if connected is not None:
                # A handle of our own: TLS takes the first one over, and closing it frees its number.
                own = socket.dup(connected.fileno())
                self._socket = socket.socket(
                    connected.family, connected.type, connected.proto, fileno=own
                )
            if self.is_over:
                self._cut()

    def end(self) -> None:
        """Cut the connection: whoever reads from it reads its end."""
        with self._lock:
            self.is_over = True
            self._cut()

    def seconds_left(self) -> float:
        """The seconds until its time is over. Raises ``TimeoutError`` where it is."""
        left = self._at - time.monotonic()
        if left <= 0:
            self.end()
            raise TimeoutError
        return left

    def raise_if_over(self) -> None:
        """Raise ``TimeoutError`` where the time is over: what was read may lack its end."""
        if self.is_over:
            raise TimeoutError

    def _cut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Watch:
    """One thread that ends every question whose time is over."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._gone: set[int] = set()
        self._runs = False

    def add(self, at: float, end: Callable[[], None]) -> int:
        """Call ``end`` at a time of ``time.monotonic()``, unless the number given is removed before."""
        with self._changed:
            if not self._runs:
                # Where the machine has no thread left, nothing was added, and the next one tries again.
                threading.Thread(target=self._run, name="bounds", daemon=True).start()
                self._runs = True
            number = next(self._number)
            heapq.heappush(self._waiting, (at, number, end))
            if self._waiting[0][1] == number:
                self._changed.notify()
            return number

    def remove(self, number: int) -> None:
        """What was to be ended has ended."""
        with self._changed:
            self._gone.add(number)
            if len(self._gone) * 2 > len(self._waiting) + 100:
                self._waiting = [entry for entry in self._waiting if entry[1] not in self._gone]
                heapq.heapify(self._waiting)
                self._gone.clear()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting or self._waiting[0][0] > time.monotonic():
                    at = self._waiting[0][0] if self._waiting else None
                    self._changed.wait(None if at is None else max(0.0, at - time.monotonic()))
                _at, number, end = heapq.heappop(self._waiting)
                if number in self._gone:
                    self._gone.discard(number)
                    continue
            end()


_watch = _Watch()
_asking: ContextVar[TimedQuestion | None] = ContextVar("asking_by_the_clock", default=None)


@contextmanager
def cut_at(at: float) -> Iterator[TimedQuestion]:
    """Cut the connection of what is asked in this block at a time of ``time.monotonic()``.

    The connection has to be of a pool that :func:`that_can_be_cut` made.
    """
    question = TimedQuestion(at)
    number, token = _watch.add(at, question.end), _asking.set(question)
    try:
        yield question
    finally:
        _asking.reset(token)
        _watch.remove(number)
        question.uses(None)


class _Noting:
    """A connection that tells the question which socket it is asked over, and connects in its time."""

    _dns_host: str
    port: int | None
    timeout: Any

    def _new_conn(self) -> socket.socket:
        question = _asking.get()
        if question is None:
            return super()._new_conn()  # type: ignore[misc, no-any-return]
        made = self._connected(question)
        question.uses(made)
        return made

    def _connected(self, question: TimedQuestion) -> socket.socket:
        """A socket to the first address that answers; each is tried for what the question has left."""
        connect: Callable[[], socket.socket] = super()._new_conn  # type: ignore[misc]
        host, timeout = self._dns_host, self.timeout
        # What connects in another way, such as through SOCKS, looks names up in another way too.
        plain = getattr(connect, "__func__", None) is HTTPConnection._new_conn
        *others, last = self._addresses(question) if plain else [host]
        try:
            for self._dns_host in others:
                with suppress(ConnectTimeoutError, NewConnectionError):
                    self.timeout = _shorter(timeout, question.seconds_left())
                    return connect()
            self._dns_host = last
            self.timeout = _shorter(timeout, question.seconds_left())
            return connect()
        except ConnectTimeoutError:
            question.seconds_left()
            raise
        finally:
            self._dns_host, self.timeout = host, timeout

    def _addresses(self, question: TimedQuestion) -> list[str]:
        """The addresses of the host as numbers. A name that is none stays: whoever connects says why."""
        this: Any = self
        host, name = self._dns_host, self._dns_host.strip("[]")
        if _is_number(name):
            return [host]  # to be had without a thread
        look_up = partial(
            socket.getaddrinfo, name, self.port, allowed_gai_family(), socket.SOCK_STREAM
        )
        try:
            found = call_with_timeout(look_up, within_s=question.seconds_left())
        except Unanswered:
            question.end()
            raise TimeoutError from None
        except socket.gaierror as error:  # looked up once more, it would take as long again
            raise NameResolutionError(host, this, error) from error
        except OSError as error:  # the system has no room to look it up
            raise NewConnectionError(this, str(error)) from error
        except UnicodeError:
            return [host]
        return [str(address[0]) for *_kind, address in found] or [host]

    def request(self, *given: Any, **named: Any) -> Any:
        question, connected = _asking.get(), getattr(self, "sock", None)
        if question is not None and connected is not None:
            question.uses(connected)
        return super().request(*given, **named)  # type: ignore[misc]


def _is_number(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError, ValueError):
            socket.inet_pton(family, host)
            return True
    return False


def _shorter(timeout: object, left: float) -> float:
    """A time-out of urllib3's, which may be none, within the seconds that are left."""
    return min(timeout, left) if isinstance(timeout, int | float) else left


def that_can_be_cut(pools: Any) -> dict[str, Any]:
    """urllib3's classes of pools, by scheme, whose connections :func:`cut_at` knows."""
    return {
        scheme: type(
            pool.__name__,
            (pool,),
            {"ConnectionCls": type("Noting", (_Noting, pool.ConnectionCls), {})},
        )
        for scheme, pool in pools.items()
    }
