"""How the system's allocator shares out memory among many threads."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

_M_ARENA_MAX = -8
"""Source: malloc.h of glibc, mallopt(3)."""

_LEAST = 2


def few_arenas() -> None:
    """Let the threads of this process share as many arenas as there are cores.

    glibc gives up to eight for each core, and each keeps what a thread frees: a tenth of all memory,
    with many accounts in flight. Python runs one thread at a time: hardly any waits for another.
    Does nothing where the system has another allocator.
    """
    if sys.platform != "linux":
        return
    import ctypes

    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, max(_LEAST, os.cpu_count() or 1))
