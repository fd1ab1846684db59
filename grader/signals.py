"""Ctrl-C reaches every process of a terminal: the grader hears it, and ends those it started."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from types import FrameType

    Handler = Callable[[int, FrameType | None], None]

ENDING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
"""What asks a process to end: Ctrl-C, a service manager, a terminal that is closed."""

_A_MOMENT_S = 0.05

_HAS_MASKS = hasattr(signal, "pthread_sigmask")


@contextmanager
def kept_from_children() -> Iterator[None]:
    """What this thread starts in here, processes and threads, does not hear Ctrl-C.

    A process can ignore it only once it runs a line of ours, and Python, which takes a while to get
    there, would say where it was interrupted. So Ctrl-C waits for it from the start, until
    :func:`ignore` throws it away. Other signals end a process without a word. Windows cannot do it.
    """
    if not _HAS_MASKS:
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore(numbers: Collection[int]) -> None:
    """Leave these signals to the process that started this one, which is told of them too."""
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)
    if _HAS_MASKS:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


def repeat_what_is_swallowed(interrupt: Handler) -> None:
    """Let Ctrl-C, which ``interrupt`` handles, come again where it came in the middle of a finalizer.

    Python raises it at any line of the main thread. In what runs as an object goes, it is written to
    standard error and lost, and the program would go on.
    """
    others = sys.unraisablehook

    def told(unraisable: sys.UnraisableHookArgs) -> None:
        if not isinstance(unraisable.exc_value, KeyboardInterrupt):
            others(unraisable)
            return
        signal.signal(signal.SIGINT, interrupt)
        # From a thread, a moment later: in here it would be swallowed like the first.
        threading.Timer(_A_MOMENT_S, _interrupt_main).start()

    sys.unraisablehook = told


def _interrupt_main() -> None:
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # it may be waiting
    else:
        signal.raise_signal(signal.SIGINT)
