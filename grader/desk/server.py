"""The web server of a desk: uvicorn in a thread, on a socket of ours, with bounds for slow clients."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from grader.engines.open_files import most_open_files
from grader.i18n.language import _
from grader.inputs.problems import bad_input, reason

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from grader.desk.tls import Tls

REQUEST_S = 15.0
"""A connection says what it wants within so long, and again after each answer; before, with TLS, it has
as long for the handshake."""

_END_S = 2
_START_S = 30
_BACKLOG = 2048
_SPARE_FILES = 256
_TOLD_TO_WAIT = 128
"""Connections beyond those that are served: they are told to come again later. What comes beyond these
is closed at once."""
_MOST_HEAD = 16 * 1024


class _InTime(H11Protocol):
    """HTTP/1.1, for clients that say what they want in time: uvicorn itself waits for ever."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._begin()

    def _begin(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(REQUEST_S, self._too_late)

    def _too_late(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()


class _HandshakesInTime(asyncio.SelectorEventLoop):
    """An event loop whose TLS handshakes end in time; uvicorn leaves them asyncio's 60 s."""

    async def create_server(self, *given: Any, **named: Any) -> Any:
        if named.get("ssl") is not None:
            named["ssl_handshake_timeout"] = REQUEST_S
        return await super().create_server(*given, **named)


class _Listening(socket.socket):
    """A listening socket that closes what comes while too many connections are open.

    They are counted here because a TLS handshake is no connection to uvicorn yet, and takes the file
    that the results folder or another student needs.
    """

    def __init__(self, family: int, kind: int, protocol: int, most: int) -> None:
        super().__init__(family, kind, protocol)
        self._most, self._accepted = most, WeakSet[socket.socket]()

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection. Raises ``ConnectionAbortedError`` where there are too many."""
        connection, address = super().accept()
        if len(self._accepted) >= self._most:
            self._accepted = WeakSet(one for one in self._accepted if one.fileno() >= 0)
        if len(self._accepted) >= self._most:
            connection.close()
            raise ConnectionAbortedError
        self._accepted.add(connection)
        return connection, address


def _most_served() -> int:
    """How many connections are served at a time."""
    return max(64, most_open_files() - _SPARE_FILES)


class Server:
    """Serves an application on a ``listening`` socket until it is ended. It logs nothing."""

    def __init__(self, app: ASGIApp, listening: socket.socket, tls: Tls | None) -> None:
        config = uvicorn.Config(
            app,
            http=_InTime,
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=_BACKLOG,
            limit_concurrency=_most_served(),
            loop=f"{__name__}:{_HandshakesInTime.__name__}",
            timeout_keep_alive=10,
            timeout_graceful_shutdown=_END_S,
            h11_max_incomplete_event_size=_MOST_HEAD,
        )
        config.load()
        if tls is not None:
            config.ssl = tls.context
        self._server = uvicorn.Server(config)
        self._listening = listening
        self._thread = threading.Thread(target=self._serve, name="desk-server", daemon=True)
        self.ended = threading.Event()

    def start(self) -> None:
        """Answer from now on. Raises ``RuntimeError`` where the server does not start."""
        self._thread.start()
        for _try in range(_START_S * 20):
            if self._server.started:
                return
            if self.ended.wait(0.05):
                break
        raise RuntimeError("the server did not start")

    def end(self) -> None:
        """Answer no more; what is being answered has a moment left."""
        self._server.should_exit = True
        self._thread.join(_END_S + 3)

    def _serve(self) -> None:
        try:
            self._server.run([self._listening])
        finally:
            self.ended.set()


def listen(host: str, port: int) -> socket.socket:
    """A socket at ``host``. Port 0 is any free one. Raises :class:`BadInput`."""
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
        )
        family, kind, protocol, _name, address = found[0]
        listening = _Listening(family, kind, protocol, _most_served() + _TOLD_TO_WAIT)
    except OSError as error:
        message = _("Nothing can listen there ({reason}).", reason=reason(error))
        raise bad_input("--host", None, message, _("Give an address of this machine.")) from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        message = _(
            "Nothing can listen on port {port} of {host} ({reason}).",
            port=port,
            host=host,
            reason=reason(error),
        )
        raise bad_input("--port", None, message, _("Give another --port.")) from None
    return listening
