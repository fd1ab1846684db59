"""What the system keeps of the environment that a process was started with."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

_FROM, _TO = 47, 48
"""Where a process's environment begins and ends, counted from its state. Source: proc_pid_stat(5)."""


def erase_from_start(prefix: str) -> None:
    """Erase variables that begin with ``prefix`` from what ``/proc/PID/environ`` shows of this process.

    ``os.environ`` keeps them: removing one there does not erase it here, where whatever this process
    runs can read it. A process is not started without them instead, because the threads beside the one
    that starts it read them all the time. Does nothing where there is no such file.
    """
    if sys.platform != "linux":
        return
    import ctypes

    with suppress(OSError, ValueError, IndexError):
        stat = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace")
        numbers = stat.rpartition(")")[2].split()
        start, end = int(numbers[_FROM]), int(numbers[_TO])
        if not start < end:
            return
        place = start
        for variable in ctypes.string_at(start, end - start).split(b"\0"):
            if variable.startswith(prefix.encode()):
                name = os.fsdecode(variable.partition(b"=")[0])
                if name in os.environ:
                    # A copy elsewhere, for programs that are started here.
                    os.environ[name] = os.environ[name]
                ctypes.memset(place, 0, len(variable))
            place += len(variable) + 1
