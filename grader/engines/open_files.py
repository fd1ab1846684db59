"""How many files this process may have open, and for how many accounts at a time that is enough."""

from __future__ import annotations

from contextlib import suppress

MOST_OPEN_FILES = 16_384
"""More are not asked for: no class needs them, and some systems keep a table of that size."""

_ON_WINDOWS = 2_000

_SPARE, _EACH = 60, 3
"""What the program itself needs (the judge's pipes, files that are written), and what an account in
flight does: connections are shared, but each waits on one or two of its own at a time."""


def most_open_files() -> int:
    """As many files as may be open at a time: all that the system lets this process ask for."""
    try:
        import resource
    except ImportError:  # Windows
        return _ON_WINDOWS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN_FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return MOST_OPEN_FILES if soft == resource.RLIM_INFINITY else soft
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft


def jobs_that_fit(jobs: int) -> int:
    """So many of ``jobs`` accounts at a time as there may be files open for; at least one."""
    return min(jobs, max(1, (most_open_files() - _SPARE) // _EACH))
