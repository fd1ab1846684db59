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

from tests.aws_front import Front, Said, front

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.aws_front import Ask, Asked

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
) -> Iterator[Front]:
    """A server in front of the sandbox at ``endpoint_url``, that plays a file for each account.

    ``played`` gets the name of each file that was asked for, with the operation.
    """
    times: Counter[tuple[str, str]] = Counter()
    lock = threading.Lock()

    def treat(asked: Asked, ask: Ask) -> Said:
        file = playing.get(asked.account)
        if file is None:
            return ask(asked)
        with lock:
            times[asked.account, asked.operation] += 1
            time = times[asked.account, asked.operation]
        if played is not None and asked.operation in {*file.answers, *file.patch}:
            played.add((file.name, asked.operation))
        answers = file.answers.get(asked.operation)
        if answers is not None and time <= file.first.get(asked.operation, time):
            several = answers if isinstance(answers[0], list) else [answers]
            number = min(time, len(several)) - 1
            if asked.operation in file.asks:
                words = file.asks[asked.operation][number]
                request = f"{asked.path} {asked.body.decode()}"
                assert words in request, f"{file.name}: {words!r} is not asked for by {request}"
            return _said(several[number], asked.account)
        said = ask(asked)
        patch = file.patch.get(asked.operation)
        if patch is None:
            return said
        body = json.dumps(_patched(json.loads(said.body), patch))
        return Said(said.status, said.headers, body.replace("{account}", asked.account).encode())

    with front(endpoint_url, treat) as running:
        yield running


def _said(answer: list[Any], account: str) -> Said:
    status, headers, body = answer
    return Said(status, headers, body.replace("{account}", account).encode())


def _patched(given: Any, patch: Any) -> Any:
    if isinstance(given, dict) and isinstance(patch, dict):
        changed = given | {name: _patched(given.get(name), part) for name, part in patch.items()}
        return {name: part for name, part in changed.items() if part is not None}
    if isinstance(given, list) and isinstance(patch, list):
        return [_patched(one, two) for one, two in zip(given, patch, strict=False)]
    return patch
