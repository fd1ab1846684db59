"""A TCP proxy on loopback between the grader and the sandbox, that treats connections badly."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOST = "127.0.0.1"
_CHUNK = 65536
_END_OF_HEAD = b"\r\n\r\n"

Treatment = Literal["pass", "drop", "cut"] | float
"""``drop`` closes on accept, ``cut`` closes in mid-response, a number delays the answer by seconds."""


@dataclass
class Proxy:
    """Where it answers, and how it treated the connections so far, in their order."""

    endpoint_url: str
    treated: list[Treatment] = field(default_factory=list)


@contextmanager
def proxy(endpoint_url: str, treat: Callable[[int], Treatment]) -> Iterator[Proxy]:
    """A proxy to ``endpoint_url`` on a free port, for the ``with`` block.

    ``treat`` says what befalls the connection of that number, from 1. Each carries one request, so that
    connections are counted the same way every time.
    """
    to = (HOST, int(endpoint_url.rsplit(":", 1)[1]))
    ended = threading.Event()
    threads: list[threading.Thread] = []
    with socket.create_server((HOST, 0)) as server:
        running = Proxy(f"http://{HOST}:{server.getsockname()[1]}")

        def accept() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                if ended.is_set():
                    client.close()
                    return
                treatment = treat(len(running.treated) + 1)
                running.treated.append(treatment)
                threads.append(threading.Thread(target=_serve, args=(client, to, treatment, ended)))
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield running
        finally:
            ended.set()
            # A last connection wakes the thread that accepts.
            with suppress(OSError):
                socket.create_connection(server.getsockname()[:2]).close()
            accepting.join()
            for thread in threads:
                thread.join()


def _serve(
    client: socket.socket, to: tuple[str, int], treatment: Treatment, ended: threading.Event
) -> None:
    with client, suppress(OSError):
        if treatment == "drop":
            return
        request = _request(client)
        if not request:
            return
        with socket.create_connection(to) as upstream:
            upstream.sendall(request)
            answer = b"".join(iter(lambda: upstream.recv(_CHUNK), b""))
        if isinstance(treatment, int | float):
            ended.wait(treatment)
        client.sendall(_half(answer) if treatment == "cut" else answer)


def _request(client: socket.socket) -> bytes:
    """One whole request, which asks the server to close the connection after its answer."""
    given = b""
    while _END_OF_HEAD not in given:
        more = client.recv(_CHUNK)
        if not more:
            return b""
        given += more
    head, _, body = given.partition(_END_OF_HEAD)
    lines = head.split(b"\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(b":") for line in lines)}
    if headers.get(b"expect", b"").strip() == b"100-continue":
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while len(body) < int(headers.get(b"content-length", b"0")):
        body += client.recv(_CHUNK)
    kept = [line for line in lines if not line.lower().startswith((b"connection:", b"expect:"))]
    return b"\r\n".join([*kept, b"Connection: close"]) + _END_OF_HEAD + body


def _half(answer: bytes) -> bytes:
    head, _, body = answer.partition(_END_OF_HEAD)
    missing = max(1, len(body) // 2) if body else len(_END_OF_HEAD) + len(head) // 2
    return answer[:-missing]
