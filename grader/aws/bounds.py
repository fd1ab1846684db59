"""One bound for every question to AWS: it ends by a wall clock, and its answer has a limit.

botocore's time-outs are those of a single read: whoever dribbles a byte a second, or sends chunks or
"100 Continue" for ever, is never too late. Here a connection is cut when its question's time is over,
and an answer is read to its end, or to its limit, before botocore sees it.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    HTTPClientError,
    ReadTimeoutError,
)
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.exceptions import ReadTimeoutError as PartTimeoutError

from grader.aws.calls import CallsWithin
from grader.i18n.language import N_
from grader.safety.wall_clock import cut_at, that_can_be_cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.awsrequest import AWSPreparedRequest

MOST_BYTES_OF_ANSWER = 8 * 1024 * 1024
"""What one answer may hold."""

MOST_BYTES_OF_MESSAGES = 24 * 1024 * 1024
"""What ReceiveMessage may answer: ten messages of 1 MiB each, escaped as JSON."""

MOST_PAGES_OF_ANSWERS = 100
"""How many pages of a list are read at most."""

MOST_BYTES_OF_PAGES = 32 * 1024 * 1024
"""What they may hold together: a thousand functions take three megabytes."""

_PART = 64 * 1024

_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)

_bytes_read: ContextVar[int] = ContextVar("bytes_read", default=0)
"""Bytes of all answers that this thread has read."""


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


class AskedUntil(CallsWithin):
    """A client each of whose questions ends at a time that ``ends_at`` gives when it is asked."""

    def __init__(self, client: Any, ends_at: Callable[[], float | None]) -> None:
        super().__init__(client, lambda: asking_until(ends_at()))

    def get_paginator(self, operation: str) -> Any:
        """The client's paginator, which asks through this and stops at :data:`MOST_PAGES_OF_ANSWERS`."""
        return _Paginator(super().get_paginator(operation))


class _Paginator:
    def __init__(self, paginator: Any) -> None:
        self._paginator = paginator

    def paginate(self, **given: Any) -> Iterator[Any]:
        return bounded_pages(self._paginator.paginate(**given))


def bounded_pages(pages: Any) -> Iterator[Any]:
    """The pages of a paginator's answer.

    Raises :class:`TooManyPagesError` beyond :data:`MOST_PAGES_OF_ANSWERS`, and
    :class:`AnswerTooLongError` beyond :data:`MOST_BYTES_OF_PAGES`.
    """
    each, length = iter(pages), 0
    for _page in range(MOST_PAGES_OF_ANSWERS):
        before = _bytes_read.get()
        try:
            page = next(each)
        except StopIteration:
            return
        length += _bytes_read.get() - before
        if length > MOST_BYTES_OF_PAGES:
            raise AnswerTooLongError(limit=MOST_BYTES_OF_PAGES)
        yield page
    if next(each, None) is not None:
        raise TooManyPagesError(limit=MOST_PAGES_OF_ANSWERS)


class _Read:
    """An answer's body that was read whole, as botocore reads one from the wire."""

    def __init__(self, body: bytes) -> None:
        self._body = BytesIO(body)

    def stream(self, *_given: Any, **_named: Any) -> Iterator[bytes]:
        """The rest of the body, as one chunk."""
        yield self._body.read()

    def read(self, amt: int | None = None, **_named: Any) -> bytes:
        """The next ``amt`` bytes, or the rest."""
        return self._body.read(amt)

    def close(self) -> None:
        """Do nothing: the body was read whole."""


class _BoundedSession:
    """botocore's session of HTTP, each of whose questions is bounded. ``most_s`` bounds a single one."""

    def __init__(self, session: Any, most_s: float) -> None:
        self._session, self._most_s = session, most_s

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """The answer, read whole. Raises what botocore raises of it, and this module's errors."""
        until, account = time.monotonic() + self._most_s, _ends_at.get()
        if account is not None and account <= time.monotonic():
            raise OutOfTimeError
        wanted, request.stream_output = request.stream_output, True
        with cut_at(until if account is None else min(until, account)) as question:
            try:
                answer = self._session.send(request)
                body = _whole(answer, _limit_of(request))
                _bytes_read.set(_bytes_read.get() + len(body))
                question.raise_if_over()
            except AnswerTooLongError:
                raise
            except Exception as error:
                if question.is_over:
                    raise _over(request, account) from error
                raise
            finally:
                request.stream_output = wanted
        read, headers = _Read(body), dict(answer.headers)
        make: Any = AWSResponse  # the stubs want urllib3's own body
        return make(answer.url, answer.status_code, headers, read)  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def _over(request: AWSPreparedRequest, account: float | None) -> BotoCoreError:
    if account is not None and account <= time.monotonic():
        return OutOfTimeError()
    # A silent server has already hit the read time-out; this one sends bytes but never finishes.
    return ConnectionClosedError(endpoint_url=request.url)


def _limit_of(request: AWSPreparedRequest) -> int:
    target = request.headers.get("X-Amz-Target", b"")
    name = target if isinstance(target, bytes) else str(target).encode()
    return MOST_BYTES_OF_MESSAGES if name.endswith(b".ReceiveMessage") else MOST_BYTES_OF_ANSWER


def _whole(answer: Any, limit: int) -> bytes:
    """The whole body. Raises :class:`AnswerTooLongError`, and botocore's errors of reading."""
    whole = bytearray()  # chunks may be of two bytes: kept apart they would take 30 times the limit
    try:
        for part in answer.raw.stream(_PART):
            whole += part
            if len(whole) > limit:
                answer.raw.close()
                raise AnswerTooLongError(limit=limit)
    except PartTimeoutError as error:
        raise ReadTimeoutError(endpoint_url=answer.url, error=error) from error
    except (ProtocolError, OSError) as error:
        raise ConnectionClosedError(endpoint_url=answer.url, error=error) from error
    except HTTPError as error:
        raise HTTPClientError(error=error) from error
    return bytes(whole)


def bound_questions_of(client: Any, most_s: float) -> None:
    """Bound each question of ``client``: ``most_s`` seconds, and the bytes of its answer.

    This is the one place that reaches into botocore's clients: their session of HTTP has no public name.
    """
    client._endpoint.http_session = bounded_session(client._endpoint.http_session, most_s)


def bounded_session(session: Any, most_s: float) -> _BoundedSession:
    """A session of HTTP of botocore's, each of whose questions is bounded; one that is already, by
    ``most_s`` from now on."""
    if isinstance(session, _BoundedSession):
        session = session._session
    else:
        session._pool_classes_by_scheme = that_can_be_cut(session._pool_classes_by_scheme)
        session._manager.pool_classes_by_scheme = session._pool_classes_by_scheme
    return _BoundedSession(session, most_s)
