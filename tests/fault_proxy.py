"""An HTTP server on loopback in front of the sandbox: it knows which operation of AWS is asked for.

Whoever opens one says what is answered: the sandbox's own answer, another, or none.
"""

from __future__ import annotations

import http.client
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import botocore.session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

HOST = "127.0.0.1"
_SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d+/[^/]+/(?P<service>[^/]+)/")
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "expect"}


class Dropped(Exception):  # noqa: N818 - what happens to a connection, not a fault of the server
    """The connection is closed without an answer."""


@dataclass(frozen=True)
class Request:
    """One request. ``account`` is the access key, which in the sandbox is the account's id."""

    account: str
    operation: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def with_body(self, body: bytes) -> Request:
        """The same request with another body."""
        return replace(self, body=body)


@dataclass(frozen=True)
class Response:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


if TYPE_CHECKING:
    Ask = Callable[[Request], Response]
    Treat = Callable[[Request, Ask], Response]


@dataclass
class FaultProxy:
    """Where it answers."""

    endpoint_url: str
    faults: list[BaseException] = field(default_factory=list)


@contextmanager
def fault_proxy(endpoint_url: str, treat: Treat) -> Iterator[FaultProxy]:
    """A server in front of ``endpoint_url`` for the ``with`` block, on a free port of loopback.

    ``treat`` gets each request and what asks the sandbox; it may raise :class:`Dropped`. It is called in
    a thread for each connection. What goes wrong in it is raised at the end.
    """
    port = int(endpoint_url.rsplit(":", 1)[1])

    def ask(request: Request) -> Response:
        upstream = http.client.HTTPConnection(HOST, port, timeout=300)
        try:
            headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP}
            upstream.request(request.method, request.path, request.body, headers)
            answer = upstream.getresponse()
            kept = {k: v for k, v in answer.getheaders() if k.lower() not in _HOP}
            return Response(answer.status, kept, answer.read())
        finally:
            upstream.close()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            request = _request(self.command, self.path, dict(self.headers), self.rfile.read(length))
            try:
                response = treat(request, ask)
            except Dropped:
                self.close_connection = True
                return
            except (OSError, http.client.HTTPException):
                self.close_connection = True  # the sandbox has ended
                return
            except Exception as error:
                running.faults.append(error)
                self.close_connection = True
                raise
            self.send_response_only(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, request: Any, client_address: Any) -> None:
            """The client has gone."""

    with Server((HOST, 0), Handler) as server:
        running = FaultProxy(f"http://{HOST}:{server.server_address[1]}")
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield running
        finally:
            server.shutdown()
            serving.join()
    if running.faults:
        raise running.faults[0]


def _request(method: str, path: str, headers: dict[str, str], body: bytes) -> Request:
    scope = _SCOPE.search(headers.get("Authorization", ""))
    account, service = (scope["key"], scope["service"]) if scope else ("", "")
    return Request(
        account, _operation(service, method, path, headers, body), method, path, headers, body
    )


def _operation(service: str, method: str, path: str, headers: dict[str, str], body: bytes) -> str:
    target = headers.get("X-Amz-Target", "")
    if target:
        return target.rpartition(".")[2]
    if b"Action=" in body:
        return parse_qs(body.decode())["Action"][0]
    for verb, pattern, name in _paths(service):
        if verb == method and pattern.fullmatch(path.partition("?")[0]):
            return name
    return f"{method} {path}"


@cache
def _paths(service: str) -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """Method, path and name of each operation of a service that speaks REST, literal paths first."""
    if service not in {"lambda", "scheduler"}:
        return ()
    model = botocore.session.get_session().get_service_model(service)
    found = []
    for name in model.operation_names:
        rest = model.operation_model(name).http
        uri = rest["requestUri"].partition("?")[0].rstrip("/")
        pattern = re.sub(r"\{[^}]+\\?\}", "[^/]+", re.escape(uri).replace(r"\{", "{"))
        found.append((uri.count("{"), rest["method"], re.compile(pattern + "/?"), name))
    return tuple(
        (verb, pattern, name) for _n, verb, pattern, name in sorted(found, key=lambda f: f[0])
    )
