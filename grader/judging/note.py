"""What a worker leaves before each step, so that the step can be named if the worker dies."""

from __future__ import annotations

import os
import struct
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

_FORM = struct.Struct("<qqd")
_NOTHING = -1


class NotedStep(NamedTuple):
    """``first`` and ``second`` say which (criterion and observation; a file), ``since`` the
    monotonic clock, which all processes of a machine share."""

    first: int
    second: int
    since: float


class Note:
    """The worker's end. It goes straight to the file: it survives whatever happens to the process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)

    def write(self, first: int, second: int = 0) -> None:
        """This step begins."""
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, _FORM.pack(first, second, time.monotonic()))

    def clear(self) -> None:
        """No step is under way."""
        self.write(_NOTHING)


def read(path: Path) -> NotedStep | None:
    """The step that was under way when the worker died."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(raw) != _FORM.size:
        return None
    step = NotedStep(*_FORM.unpack(raw))
    return None if step.first == _NOTHING else step
