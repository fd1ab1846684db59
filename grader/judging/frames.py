"""Messages through a pipe: each with its length before it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import IO

_LENGTH = struct.Struct("<Q")

LONGEST_MESSAGE = 2**30
"""More is no message: 200 observations have some megabytes."""


def write_frame(stream: IO[bytes], message: bytes) -> None:
    """Send ``message``. Raises ``OSError`` where nobody reads any more."""
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next message, whole; ``None`` where the other end is gone, in the middle of one too, or where
    what comes is none."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > LONGEST_MESSAGE:
        return None  # something else wrote there
    message = stream.read(length)
    return message if len(message) == length else None
