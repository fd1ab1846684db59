"""One account's weather: what it decides follows from a seed, and what it did is recorded."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fault_proxy import FaultProxy, Response, fault_proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.fault_proxy import Ask, Request

    Kind = Callable[["Weather", Request, Ask], Response]


@dataclass
class Weather:
    """The weather of one ``kind`` over one account.

    Chance depends on the seed, the operation and how often it was asked, and not on who asks first.
    ``scale`` shortens what takes seconds.
    """

    name: str
    kind: Kind
    seed: int
    scale: float = 1.0
    did: list[dict[str, Any]] = field(default_factory=list)
    memory: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._times: Counter[str] = Counter()
        self._began: float | None = None
        # Each request is answered in a thread of its own, and several of an account at a time.
        self._present = threading.local()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the account was asked for the first time, before ``scale`` shortened them."""
        return (time.monotonic() - (self._began or time.monotonic())) / self.scale

    @property
    def turn(self) -> int:
        """Which request of its operation the present one is, from 1."""
        turn: int = self._present.turn
        return turn

    def chance(self, share: float) -> bool:
        """Whether something befalls the present request, in this share of cases."""
        return self._drawn.random() < share

    def between(self, low: float, high: float) -> float:
        """A number for the present request."""
        return self._drawn.uniform(low, high)

    @property
    def _drawn(self) -> random.Random:
        drawn: random.Random = self._present.drawn
        return drawn

    def wait(self, seconds: float) -> None:
        """Wait so long, shortened."""
        threading.Event().wait(seconds * self.scale)

    def note(self, request: Request, what: str) -> None:
        """Record what was done to a request."""
        self.record(request.operation, what)

    def record(self, operation: str, what: str) -> None:
        """Record what somebody else did beside."""
        at = round(self.elapsed_s, 3)
        with self._lock:
            self.did.append({"at": at, "operation": operation, "what": what})

    def treat(self, request: Request, ask: Ask) -> Response:
        """What is answered to ``request``."""
        with self._lock:
            self._began = self._began or time.monotonic()
            self._times[request.operation] += 1
            self._present.turn = turn = self._times[request.operation]
        self._present.drawn = random.Random(f"{self.seed}:{self.name}:{request.operation}:{turn}")
        return self.kind(self, request, ask)


@contextmanager
def sky(endpoint_url: str, over: Mapping[str, Weather]) -> Iterator[FaultProxy]:
    """A server in front of the sandbox, with a weather over each account; the others have none."""

    def treat(request: Request, ask: Ask) -> Response:
        weather = over.get(request.account)
        return ask(request) if weather is None else weather.treat(request, ask)

    with fault_proxy(endpoint_url, treat) as running:
        yield running


def fields(request: Request) -> dict[str, Any]:
    """What a JSON request says."""
    given = json.loads(request.body or b"{}")
    return given if isinstance(given, dict) else {}


def with_fields(request: Request, **changed: Any) -> Request:
    """The same request, saying something else."""
    return request.with_body(json.dumps(fields(request) | changed).encode())


def changed(response: Response, change: Callable[[dict[str, Any]], None]) -> Response:
    """The same answer with its JSON changed; an error stays as it is."""
    if response.status != 200:
        return response
    body = json.loads(response.body or b"{}")
    change(body)
    return Response(response.status, response.headers, json.dumps(body).encode())


def refusal(status: int, name: str, **body: Any) -> Response:
    """An error as Lambda answers it."""
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": name}
    return Response(status, headers, json.dumps({"Type": "User", **body}).encode())
