"""An endpoint that means harm, or is broken: it answers in one of some 30 modes, on loopback only."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
OK = b"HTTP/1.1 200 OK\r\n"
JSON = b"Content-Type: application/x-amz-json-1.0\r\n"
XML = b"Content-Type: text/xml\r\n"
IDENTITY = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111111111111:root</Arn>"
    b"<UserId>u</UserId><Account>111111111111</Account></GetCallerIdentityResult>"
    b"</GetCallerIdentityResponse>"
)

Send = Callable[[bytes], None]


def _whole(body: bytes, more: bytes = b"") -> bytes:
    return OK + more + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def _for_ever(first: bytes, part: bytes, pause_s: float) -> Callable[[Send], None]:
    def answer(send: Send) -> None:
        send(first)
        while True:
            send(part)
            time.sleep(pause_s)

    return answer


def _once(answer: bytes) -> Callable[[Send], None]:
    return lambda send: send(answer)


def _silent(_send: Send) -> None:
    time.sleep(600)


_PAGES = itertools.count()


def _endless_pages(send: Send) -> None:
    # Another one each time: botocore itself ends where the same comes twice.
    body = b'{"NextMarker": "%d", "nextToken": "%d", "NextToken": "%d"}'
    # Said, that the connection ends: else it is used again, and asking once more takes half a second.
    send(_whole(body % ((next(_PAGES),) * 3), JSON + b"Connection: close\r\n"))


def _huge(send: Send) -> None:
    send(OK + XML + b"Content-Length: %d\r\n\r\n" % 2**30)
    for _part in range(2**14):
        send(b" " * 2**16)


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

MODES: dict[str, Callable[[Send], None]] = {
    "silent": _silent,
    "dribbling status": _for_ever(b"HTTP/1.1 200 ", b"O", 0.5),
    "dribbling header": _for_ever(OK + b"X-More: ", b"a", 0.5),
    "dribbling body": _for_ever(OK + b"Content-Length: 100000\r\n\r\n", b" ", 0.5),
    "headers for ever": _for_ever(OK, b"X-More: a\r\n", 0.001),
    "chunks for ever": _for_ever(CHUNKED, b"1\r\na\r\n", 0.01),
    "trailers for ever": _for_ever(CHUNKED + b"0\r\n", b"X-More: a\r\n", 0.01),
    "continue for ever": _for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    "no length for ever": _for_ever(OK + b"\r\n", b"a", 0.5),
    "huge": _huge,
    "huge chunk": _for_ever(CHUNKED + b"40000000\r\n", b" " * 2**16, 0),
    "length for ever": _for_ever(CHUNKED, b"1" * 2**16, 0),
    "endless pages": _endless_pages,
    "closed at once": _once(b""),
    "no HTTP": _once(b"\x16\x03\x01 220 smtp ready\r\n"),
    "half a body": _once(OK + b"Content-Length: 1000\r\n\r\n{"),
    "half a chunk": _once(CHUNKED + b"ff\r\n{"),
    "chunk of no length": _once(CHUNKED + b"zz\r\n{}\r\n"),
    "negative length": _once(OK + b"Content-Length: -1\r\n\r\n{}"),
    "two lengths": _once(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"),
    "long header": _once(OK + b"X-More: " + b"a" * 200_000 + b"\r\n\r\n"),
    "web page": _once(_whole(b"<!DOCTYPE html><html><body>Sign in</body></html>")),
    "empty": _once(_whole(b"")),
    "deep JSON": _once(_whole(b"[" * 100_000, JSON)),
    "no text": _once(_whole(b"\xff\xfe\x00" * 100, JSON)),
    "list of nothing": _once(_whole(b"[]", JSON)),
    "date of year 10^20": _once(
        _whole(IDENTITY, XML + b"Date: Mon, 01 Jan 100000000000000000000 00:00:00 GMT\r\n")
    ),
    "error without end": _once(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"),
    "too many requests": _once(
        b"HTTP/1.1 429 No\r\nRetry-After: 99999999\r\nContent-Length: 0\r\n\r\n"
    ),
    "redirect to itself": _once(b"HTTP/1.1 301 No\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
    "status 999": _once(b"HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n"),
    "gzip bomb": _once(_whole(b"\x1f\x8b\x08" + b"\0" * 100, b"Content-Encoding: gzip\r\n")),
}
"""What it does with each question, by the mode's name."""

ONE_OF_EACH_KIND = (
    "silent",
    "dribbling body",
    "huge",
    "web page",
)


@contextmanager
def hostile(mode: str) -> Iterator[str]:
    """The address of an endpoint that answers every question in ``mode`` until the block ends."""
    with socket.create_server((HOST, 0), backlog=100) as listening:
        connected: list[socket.socket] = []
        threading.Thread(target=_serve, args=(listening, mode, connected), daemon=True).start()
        try:
            yield f"http://{HOST}:{listening.getsockname()[1]}"
        finally:
            # Whoever still sends meets a closed connection, and whoever accepts a closed server.
            for each in connected:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            listening.shutdown(socket.SHUT_RDWR)


def _serve(listening: socket.socket, mode: str, connected: list[socket.socket]) -> None:
    for number in itertools.count():
        try:
            each, _address = listening.accept()
        except OSError:
            return
        connected.append(each)
        name = f"hostile-{number}"
        threading.Thread(target=_answer, args=(each, MODES[mode]), name=name, daemon=True).start()


def _answer(connected: socket.socket, answer: Callable[[Send], None]) -> None:
    with suppress(OSError), connected:
        asked = b""
        while b"\r\n\r\n" not in asked:
            part = connected.recv(65_536)
            if not part:
                return
            asked += part
        answer(connected.sendall)
