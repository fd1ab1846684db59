"""Reading a file that may be anything: an ordinary one, of at most so many bytes, or an error."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from grader.i18n.language import N_

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES_OF_STUDENT = 64 * 1024 * 1024
"""Bytes of a file that is kept for one student: a thousand times what one takes."""
MOST_BYTES_OF_CLASS = 256 * 1024 * 1024
"""Bytes of a file that is kept for a class: 25 KiB for each of 10,000 students, who take one or two."""


class NotOrdinaryError(OSError):
    """A pipe, a socket or a device, which would be waited for, or read for ever."""


class TooLargeError(OSError):
    """More bytes than were asked for at most."""


def read_bounded(path: Path, limit_bytes: int) -> bytes:
    """The bytes of the ordinary file at ``path``.

    Raises ``OSError``, :class:`NotOrdinaryError` and :class:`TooLargeError` among them, and
    ``ValueError`` for a path that no file system accepts.
    """
    # Asked before the file is opened: opening a pipe waits for whoever writes to it.
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        said = N_("This is not an ordinary file.")
        raise NotOrdinaryError(errno.EINVAL, said, str(path))
    with path.open("rb") as file:
        # Room for all of the limit would cost each small file the memory of the largest.
        size = os.fstat(file.fileno()).st_size
        if size <= limit_bytes:
            raw = file.read(size + 1)
            if size < len(raw) <= limit_bytes:  # it grew, or the system makes it up and says 0
                raw += file.read(limit_bytes + 1 - len(raw))
            if len(raw) <= limit_bytes:
                return raw
    raise TooLargeError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
