"""Plays recorded answers of AWS in front of the sandbox: a file of ``tests/recorded`` for an account."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tests.fault_proxy import FaultProxy, Response, fault_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.fault_proxy import Ask, Request

FOLDER = Path(os.environ.get("RECORDED_ANSWERS", Path(__file__).with_name("recorded")))
"""Where the files are; others may be tried instead of the repository's own."""


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a report must say: one of the scores (``null`` for ungraded), the kinds of Unknown that may
    leave a criterion open, and exactly the criteria that are open, where they are listed."""

    score: list[float | None]
    kind: list[str] | None = None
    ungraded: list[str] | None = None


class Recorded(msgspec.Struct, frozen=True):
    """What AWS answers, by operation. ``first`` answers only so often, ``patch`` changes the sandbox's
    own answer (``null`` removes a key). A list of answers is given one after the other, the last again
    and again. ``{account}`` stands for the account's id.

    ``asks`` says what must stand in the path or the body of a request for its answer to be AWS's, for
    each of several answers one after the other.
    """

    name: str
    source: str
    want: str
    expect: Expected
    answers: dict[str, list[Any]] = {}
    first: dict[str, int] = {}
    patch: dict[str, Any] = {}
    asks: dict[str, list[str]] = {}


def recorded() -> list[Recorded]:
    """Every file of :data:`FOLDER`."""
    files = sorted(FOLDER.glob("*.json"))
    return [msgspec.json.decode(file.read_bytes(), type=Recorded) for file in files]


@contextmanager
def player(
    endpoint_url: str, playing: Mapping[str, Recorded], played: set[tuple[str, str]] | None = None
) -> Iterator[FaultProxy]:
    """A server in front of the sandbox at ``endpoint_url``, that plays a file for each account.

    ``played`` gets the name of each file that was asked for, with the operation.
    """
    times: Counter[tuple[str, str]] = Counter()
    lock = threading.Lock()

    def treat(request: Request, ask: Ask) -> Response:
        file = playing.get(request.account)
        if file is None:
            return ask(request)
        with lock:
            times[request.account, request.operation] += 1
            time = times[request.account, request.operation]
        if played is not None and request.operation in {*file.answers, *file.patch}:
            played.add((file.name, request.operation))
        answers = file.answers.get(request.operation)
        if answers is not None and time <= file.first.get(request.operation, time):
            several = answers if isinstance(answers[0], list) else [answers]
            number = min(time, len(several)) - 1
            if request.operation in file.asks:
                words = file.asks[request.operation][number]
                text = f"{request.path} {request.body.decode()}"
                assert words in text, f"{file.name}: {words!r} is not asked for by {text}"
            return _response(several[number], request.account)
        response = ask(request)
        patch = file.patch.get(request.operation)
        if patch is None:
            return response
        body = json.dumps(_patched(json.loads(response.body), patch))
        return Response(
            response.status, response.headers, body.replace("{account}", request.account).encode()
        )

    with fault_proxy(endpoint_url, treat) as running:
        yield running


def _response(answer: list[Any], account: str) -> Response:
    status, headers, body = answer
    return Response(status, headers, body.replace("{account}", account).encode())


def _patched(given: Any, patch: Any) -> Any:
    if isinstance(given, dict) and isinstance(patch, dict):
        changed = given | {name: _patched(given.get(name), part) for name, part in patch.items()}
        return {name: part for name, part in changed.items() if part is not None}
    if isinstance(given, list) and isinstance(patch, list):
        return [_patched(one, two) for one, two in zip(given, patch, strict=False)]
    return patch
