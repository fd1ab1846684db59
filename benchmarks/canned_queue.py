"""A queue as SQS has it, in one thread's memory: long polls, messages that are hidden for a while."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


@dataclass(slots=True)
class Message:
    """A message on a queue. Times are Unix seconds; ``visible_at`` says from when it can be received."""

    body: str
    sent_at: float
    visible_at: float
    identity: str = field(default_factory=lambda: str(uuid4()))
    first_received_at: float = 0.0
    received: int = 0

    def as_api(self, handle: str) -> dict[str, Any]:
        """What ReceiveMessage says of it."""
        return {
            "MessageId": self.identity,
            "ReceiptHandle": handle,
            "MD5OfBody": md5_of(self.body),
            "Body": self.body,
            "Attributes": {
                "SentTimestamp": _ms(self.sent_at),
                "ApproximateReceiveCount": str(self.received),
                "ApproximateFirstReceiveTimestamp": _ms(self.first_received_at),
            },
        }


@dataclass(slots=True)
class Poll:
    """Somebody who waits for messages: ``at_most`` of them, hidden for ``hides_s``, until ``ends_at``.

    ``answer`` is called once, with what came; ``gone`` says whether nobody listens any more.
    """

    at_most: int
    hides_s: float
    ends_at: float
    answer: Callable[[list[dict[str, Any]]], None]
    gone: Callable[[], bool]


class Queue:
    """One queue. Its messages are known by the handle under which they were last given away."""

    __slots__ = ("_loop", "_messages", "_polls", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._messages: dict[str, Message] = {}
        self._polls: deque[Poll] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def put(self, body: str) -> None:
        """Put a message on the queue: whoever waits has it at once."""
        now = time.time()
        message = Message(body, now, now)
        self._messages[message.identity] = message
        self._serve()

    def receive(self, poll: Poll) -> None:
        """Give messages to ``poll``, now or as soon as there are any."""
        self._polls.append(poll)
        self._serve()

    def delete(self, handle: str) -> None:
        """Take a message off the queue."""
        self._messages.pop(handle, None)

    def hide(self, handle: str, seconds: float) -> None:
        """Hide a message from now on for so long."""
        if message := self._messages.get(handle):
            message.visible_at = time.time() + seconds
            self._serve()

    def _serve(self) -> None:
        """Answer everybody who waits and for whom there is something, or whose time is up."""
        now, still = time.time(), deque[Poll]()
        while self._polls:
            poll = self._polls.popleft()
            if poll.gone():
                continue
            given = self._take(poll, now)
            if given or poll.ends_at <= now:
                poll.answer(given)
            else:
                still.append(poll)
        self._polls = still
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if still:
            # Somebody's hidden message may show itself before that poll's end.
            moments = [message.visible_at for message in self._messages.values()]
            next_s = min([*moments, *(poll.ends_at for poll in still)]) - now
            self._timer = self._loop.call_later(max(next_s, 0.001), self._serve)

    def _take(self, poll: Poll, now: float) -> list[dict[str, Any]]:
        given: list[dict[str, Any]] = []
        for known_as, message in list(self._messages.items()):
            if message.visible_at > now or len(given) == poll.at_most:
                continue
            message.received += 1
            message.first_received_at = message.first_received_at or now
            message.visible_at = now + poll.hides_s
            handle = f"{message.identity}/{message.received}"
            self._messages[handle] = self._messages.pop(known_as)
            given.append(message.as_api(handle))
        return given


def md5_of(body: str) -> str:
    """The digest that SQS gives with a body."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def _ms(moment: float) -> str:
    return str(int(moment * 1000))
