"""Limits of this machine: files, processes, threads and memory that a program may have."""

from __future__ import annotations

import errno
import threading
from concurrent.futures import BrokenExecutor

from grader.i18n.language import N_

FILES = N_("No more files may be open at a time (ulimit -n).")
PROCESSES = N_("No more processes or threads may be started (ulimit -u), or memory is used up.")
MEMORY = N_("Memory is used up (ulimit -v).")
DIED = N_("A process of the judge ended by itself; perhaps memory is used up (ulimit -v).")
RAISE_IT = N_("Raise the limit or end other programs, then give the command again.")

_BY_ERRNO = {
    errno.EMFILE: FILES,
    errno.ENFILE: FILES,
    errno.EAGAIN: PROCESSES,
    errno.ENOMEM: MEMORY,
}


_NO_THREAD = ("can't start new thread", "unable to start watchdog thread")
"""What Python says; there is no other sign of it."""


class NoMoreThreads(RuntimeError):  # noqa: N818 - what there is no more of
    """A thread on which others wait could not be started."""


def limit_reached(error: BaseException) -> str | None:
    """Which limit ``error`` tells of, as a template to be said; ``None`` where it tells of none."""
    if isinstance(error, MemoryError):
        return MEMORY
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0)
    if isinstance(error, BrokenExecutor):
        return DIED
    no_thread = isinstance(error, RuntimeError) and str(error).startswith(_NO_THREAD)
    return PROCESSES if no_thread or isinstance(error, NoMoreThreads) else None


def hush_threads() -> None:
    """Say nothing of a thread that ended by a limit: whoever waits for it says so, once."""
    before = threading.excepthook

    def said(ended: threading.ExceptHookArgs) -> None:
        if ended.exc_value is None or limit_reached(ended.exc_value) is None:
            before(ended)

    threading.excepthook = said
