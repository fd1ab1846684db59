"""One bound for every question to AWS: it ends by a wall clock, and its answer holds so many bytes at most.

botocore's time-outs are those of a single read: whoever dribbles a byte a second, or sends "100 Continue"
or chunks for ever, is never too late. Here a connection is cut when its question's time is over, and an
answer is read to its end, or to its limit, before botocore sees it.
"""

from __future__ import annotations

import heapq
import itertools
import socket
import threading
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSHTTPConnection, AWSHTTPSConnection, AWSResponse
from botocore.exceptions import BotoCoreError, ReadTimeoutError

from grader.i18n.language import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.awsrequest import AWSPreparedRequest

MOST_BYTES = 8 * 1024 * 1024
"""What one answer may hold."""

MOST_BYTES_OF_MESSAGES = 24 * 1024 * 1024
"""What ReceiveMessage may answer: ten messages of 1 MiB each, escaped as JSON."""

MOST_PAGES = 100
"""So many pages of a list are read."""

_PART = 64 * 1024

_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)
_connecting: ContextVar[_Question | None] = ContextVar("connecting", default=None)


class AnswerTooLongError(BotoCoreError):
    """An answer was longer than the grader reads. Asking again would give the same."""

    fmt = N_("The answer is longer than {limit} bytes.")


class TooManyPagesError(BotoCoreError):
    """A list had more pages than the grader reads."""

    fmt = N_("The list is longer than {limit} pages.")


class OutOfTimeError(BotoCoreError):
    """The time of the whole account is over, so nothing is asked again."""

    fmt = N_("The account took longer than it may (--account-timeout).")


@contextmanager
def asking_until(ends_at: float | None) -> Iterator[None]:
    """Let every question in this thread end at ``ends_at``, a time of ``time.monotonic()``."""
    token = _ends_at.set(ends_at)
    try:
        yield
    finally:
        _ends_at.reset(token)


def seconds_left() -> float | None:
    """The seconds until every question of this thread is to have ended; ``None`` without such a time."""
    ends_at = _ends_at.get()
    return None if ends_at is None else max(0.0, ends_at - time.monotonic())


def bounded_pages(pages: Any) -> Iterator[Any]:
    """The pages of a paginator's answer. Raises :class:`TooManyPagesError` beyond :data:`MOST_PAGES`."""
    each = iter(pages)
    yield from itertools.islice(each, MOST_PAGES)
    if next(each, None) is not None:
        raise TooManyPagesError(limit=MOST_PAGES)


class _Question:
    """One request and its answer: what connection they use, and whether their time is over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.is_over = False

    def uses(self, connected: socket.socket | None) -> None:
        """The question is asked over ``connected`` from now on."""
        with self._lock:
            self._let_go()
            if connected is not None:
                # A handle of our own: TLS takes the first one over, and closing it frees its number.
                self._socket = connected.dup()
            if self.is_over:
                self._cut()

    def end(self) -> None:
        """Cut the connection: whoever reads from it reads its end."""
        with self._lock:
            self.is_over = True
            self._cut()

    def _cut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

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
            number = next(self._number)
            heapq.heappush(self._waiting, (at, number, end))
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._run, name="bounds", daemon=True).start()
            if self._waiting[0][1] == number:
                self._changed.notify()
            return number

    def remove(self, number: int) -> None:
        """What was to be ended has ended."""
        with self._changed:
            self._gone.add(number)
            if len(self._gone) * 2 > len(self._waiting) + 100:
                self._waiting = [one for one in self._waiting if one[1] not in self._gone]
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


class _Noting:
    """A connection that tells the question which socket it is asked over."""

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()  # type: ignore[misc]
        question = _connecting.get()
        if question is not None:
            question.uses(made)
        return made

    def request(self, *given: Any, **named: Any) -> Any:
        question, connected = _connecting.get(), getattr(self, "sock", None)
        if question is not None and connected is not None:
            question.uses(connected)
        return super().request(*given, **named)  # type: ignore[misc]


class _HttpConnection(_Noting, AWSHTTPConnection):
    pass


class _HttpsConnection(_Noting, AWSHTTPSConnection):
    pass


class _Read:
    """An answer's body that was read whole, as botocore reads one from the wire."""

    def __init__(self, body: bytes) -> None:
        self._body = BytesIO(body)

    def stream(self, *_given: Any, **_named: Any) -> Iterator[bytes]:
        """What is left of it."""
        yield self._body.read()

    def read(self, amt: int | None = None, **_named: Any) -> bytes:
        """So many bytes of it."""
        return self._body.read(amt)

    def close(self) -> None:
        """Nothing is open any more."""


class _BoundedSession:
    """botocore's session of HTTP, each of whose questions is bounded. ``most_s`` bounds a single one."""

    def __init__(self, session: Any, most_s: float) -> None:
        self._session, self._most_s = session, most_s

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """The answer, read whole. Raises what botocore raises of it, and this module's errors."""
        until, account = time.monotonic() + self._most_s, _ends_at.get()
        if account is not None and account <= time.monotonic():
            raise OutOfTimeError
        question = _Question()
        number = _watch.add(until if account is None else min(until, account), question.end)
        token = _connecting.set(question)
        wanted, request.stream_output = request.stream_output, True
        try:
            answer = self._session.send(request)
            body = _whole(answer, _limit_of(request))
            if question.is_over:
                raise _over(request, account)
        except AnswerTooLongError:
            raise
        except Exception as error:
            if question.is_over:
                raise _over(request, account) from error
            raise
        finally:
            request.stream_output = wanted
            _connecting.reset(token)
            _watch.remove(number)
            question.uses(None)
        read: Any = _Read(body)
        return AWSResponse(answer.url, answer.status_code, dict(answer.headers), read)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def _over(request: AWSPreparedRequest, account: float | None) -> BotoCoreError:
    if account is not None and account <= time.monotonic():
        return OutOfTimeError()
    return ReadTimeoutError(endpoint_url=request.url)


def _limit_of(request: AWSPreparedRequest) -> int:
    target = request.headers.get("X-Amz-Target", b"")
    name = target if isinstance(target, bytes) else str(target).encode()
    return MOST_BYTES_OF_MESSAGES if name.endswith(b".ReceiveMessage") else MOST_BYTES


def _whole(answer: Any, limit: int) -> bytes:
    """The whole body. Raises :class:`AnswerTooLongError`, and botocore's errors of reading."""
    from botocore.exceptions import ConnectionClosedError, ResponseStreamingError
    from urllib3.exceptions import HTTPError

    parts, held = [], 0
    try:
        for part in answer.raw.stream(_PART):
            held += len(part)
            if held > limit:
                answer.raw.close()
                raise AnswerTooLongError(limit=limit)
            parts.append(part)
    except HTTPError as error:
        raise ResponseStreamingError(error=error) from error
    except OSError as error:
        raise ConnectionClosedError(endpoint_url=answer.url, error=error) from error
    return b"".join(parts)


def bound_questions_of(client: Any, most_s: float) -> None:
    """Bound each question of ``client``: ``most_s`` seconds, and the bytes of its answer.

    This is the one place that reaches into botocore: its session of HTTP has no public name.
    """
    session = client._endpoint.http_session
    managers = {"http": _HttpConnection, "https": _HttpsConnection}
    pools = session._pool_classes_by_scheme
    session._pool_classes_by_scheme = {
        scheme: type(pool.__name__, (pool,), {"ConnectionCls": managers[scheme]})
        for scheme, pool in pools.items()
    }
    session._manager.pool_classes_by_scheme = session._pool_classes_by_scheme
    client._endpoint.http_session = _BoundedSession(session, most_s)
