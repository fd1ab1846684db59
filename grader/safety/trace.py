"""Tracebacks of faults of ours: whole paths and lines for us, and little of what they quote."""

from __future__ import annotations

import threading
import traceback
from collections import Counter
from typing import TYPE_CHECKING

from grader.safety.printable import printable, printable_lines
from grader.safety.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

_FRAMES = 12
"""Frames of one exception that are shown: the last ones, which are nearest to the fault."""

_SAID = 300

_PLACE = '  File "'

_HEAD = "Traceback (most recent call last)"


def trace_of(error: BaseException, *, frames: int = _FRAMES) -> str:
    """The traceback of ``error`` and of what led to it.

    Where it happened stands as it is; code, and what an exception says, can hold a secret or quote a
    student, and are redacted, bounded and printable.
    """
    seen: set[int] = set()
    parts = list(_chain(error, frames, seen))
    return "\n".join(reversed(parts)) + "\n"


def _chain(error: BaseException, frames: int, seen: set[int]) -> Iterator[str]:
    """``error`` first, then what it followed, each once."""
    raised: BaseException | None = error
    while raised is not None and id(raised) not in seen:
        seen.add(id(raised))
        stack = "".join(map(_place, _last(raised, frames)))
        yield f"{_HEAD}:\n{stack}{_says(raised)}"
        raised = raised.__cause__ or (None if raised.__suppress_context__ else raised.__context__)


def _place(frame: traceback.FrameSummary) -> str:
    """A frame as Python shows it."""
    line = printable(redact(frame.line or "", _SAID), _SAID)
    file = printable(frame.filename)
    return f'{_PLACE}{file}", line {frame.lineno}, in {frame.name}\n' + (line and f"    {line}\n")


def _last(error: BaseException, frames: int) -> list[traceback.FrameSummary]:
    return list(traceback.extract_tb(error.__traceback__))[-frames:]


def _says(error: BaseException) -> str:
    text = words_of(error)
    lines = [f"{type(error).__name__}: {printable(redact(text, _SAID), _SAID)}"]
    notes = getattr(error, "__notes__", ())
    # A task that failed elsewhere brings its own traceback along, which was made there in this way.
    lines += [printable_lines(note.rstrip("\n")) for note in notes if isinstance(note, str)]
    return "\n".join(lines)


def _places_in_notes(error: BaseException) -> Iterator[str]:
    """Where it happened elsewhere: the rest of a traceback says something else of each account."""
    for note in getattr(error, "__notes__", ()):
        yield from (line for line in str(note).splitlines() if line.startswith(_PLACE))


def words_of(error: BaseException) -> str:
    """What ``error`` says; ``?`` where it cannot even say that."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception of somebody's own may fail at this too
        return "?"


class ShownFaults:
    """Which faults were shown already: the same one in a hundred accounts is shown once.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count: Counter[tuple[object, ...]] = Counter()

    def is_new(self, error: BaseException) -> bool:
        """Whether a fault of this kind, from this place, is seen for the first time."""
        places = [(frame.filename, frame.lineno) for frame in _last(error, _FRAMES)]
        key = (type(error).__name__, *places, *_places_in_notes(error))
        with self._lock:
            self._count[key] += 1
            return self._count[key] == 1

    @property
    def repeat_count(self) -> int:
        """How many were not shown, because one like them was."""
        with self._lock:
            return sum(count - 1 for count in self._count.values())
