"""Limits of this machine: files, processes, threads and memory that a program may have."""

from __future__ import annotations

import errno
import threading

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


class WorkerDied(RuntimeError):  # noqa: N818 - what happened to it
    """A process of the judge ended by itself, in the middle of what it was asked."""


class WorkerFailed(RuntimeError):  # noqa: N818 - what happened to it
    """A process of the judge could not answer: its ``error`` in a line, its ``traceback`` as a note, and
    the ``limit`` it met, if any."""

    def __init__(self, error: str, traceback: str, limit: str | None) -> None:
        super().__init__(error)
        self.add_note(traceback)
        self.limit = limit


class WorkerDiedAgain(RuntimeError):  # noqa: N818 - what happened to it
    """A process of the judge ended twice and in no test: what it was asked may be at fault."""


def limit_reached(error: BaseException) -> str | None:
    """Which limit ``error`` tells of, as a template to be said; ``None`` where it tells of none."""
    if isinstance(error, MemoryError):
        return MEMORY
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0)
    if isinstance(error, WorkerDied):
        return DIED
    if isinstance(error, WorkerFailed):
        return error.limit
    no_thread = isinstance(error, RuntimeError) and str(error).startswith(_NO_THREAD)
    return PROCESSES if no_thread else None


def hush_threads() -> None:
    """Say nothing of a thread that ended by a limit: whoever waits for it says so, once."""
    before = threading.excepthook

    def said(ended: threading.ExceptHookArgs) -> None:
        if ended.exc_value is None or limit_reached(ended.exc_value) is None:
            before(ended)

    threading.excepthook = said
