"""Who listens to what changes: each open page is told, and nobody waits for a slow one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

MOST_STREAMS = 6
"""Pages of one reader that are kept up to date: a further one takes the place of the first."""

_STILL_HERE_S = 15.0
_STILL_HERE = b": still here\n\n"


class _Listener:
    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.over = False


class Streams:
    """Streams of server-sent events, by whom they are for. All but :meth:`tell` and
    :meth:`end` in the server's loop.

    ``at_most_s`` is how often at most a stream says something.
    """

    def __init__(self, at_most_s: float = 0.1) -> None:
        self._listeners: dict[str, list[_Listener]] = defaultdict(list)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._at_most_s = at_most_s
        self._ended = False

    def begin(self) -> None:
        """Serve the loop that runs."""
        self._loop = asyncio.get_running_loop()

    def tell(self, whom: str) -> None:
        """Something changed; in any thread."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        try:
            loop.call_soon_threadsafe(self._wake, whom)
        except RuntimeError:  # it closed meanwhile
            return

    def end(self) -> None:
        """Let every stream end; in any thread."""
        self._ended = True
        for whom in list(self._listeners):
            self.tell(whom)

    def _wake(self, whom: str) -> None:
        for listener in self._listeners.get(whom, ()):
            listener.changed.set()

    async def events(self, whom: str, say: Callable[[], bytes]) -> AsyncIterator[bytes]:
        """What ``say`` gives now, and again after each change: as events for a browser."""
        listener = _Listener()
        there = self._listeners[whom]
        there.append(listener)
        if len(there) > MOST_STREAMS:
            there[0].over = True
            there[0].changed.set()
        try:
            yield b"retry: 2000\n\n"
            last = b""
            while not (self._ended or listener.over):
                listener.changed.clear()
                data = say()
                if data != last:
                    last = data
                    yield b"data: " + data + b"\n\n"
                    await asyncio.sleep(self._at_most_s)
                try:
                    await asyncio.wait_for(listener.changed.wait(), _STILL_HERE_S)
                except TimeoutError:
                    yield _STILL_HERE
        finally:
            there.remove(listener)
            if not there:
                self._listeners.pop(whom, None)
