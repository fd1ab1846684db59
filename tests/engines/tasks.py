"""Tasks for a worker: those that fail in the ways that could show a secret, and those that tell."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.engines import dask_worker

if TYPE_CHECKING:
    from grader.engines.visit import RunOptions, Visit, WorkerContext
    from grader.model.access import Keys


def quotes_its_secret(context: WorkerContext, visit: Visit) -> None:
    """Raise what the HTTP library does for a token that no header can carry."""
    keys: Any = visit.access
    text = f"Invalid header value {keys.secret_access_key.reveal().encode()!r}"
    raise RuntimeError(text) from ValueError(text)


def cannot_be_sent_back(context: WorkerContext, visit: Visit) -> Keys:
    """Return what holds secrets."""
    return visit.access  # type: ignore[return-value]


def ends_its_process(context: WorkerContext, visit: Visit) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def says_where(context: WorkerContext, folder: str) -> int:
    """Say in a file which process this is, and wait there until the context is to stop."""
    Path(folder, f"{os.getpid()}.started").touch()
    context.stop.wait()
    Path(folder, f"{os.getpid()}.stopped").touch()
    return os.getpid()


def process(context: WorkerContext) -> int:
    return os.getpid()


def attempt(context: WorkerContext, options: RunOptions) -> int:
    return options.attempt


def events_known(dask_scheduler: Any) -> int:
    """How many events a scheduler keeps. Runs in the scheduler."""
    return len(dask_scheduler.extensions["events"]._events)


class OnlyThere:
    """What only the process that made it can read, as where another machine has another library."""

    def __reduce__(self) -> Any:
        return _made_in, (os.getpid(),)


def _made_in(pid: int) -> OnlyThere:
    if os.getpid() != pid:
        raise LookupError("This machine cannot read it.")
    return OnlyThere()


def returns_what_cannot_be_read(context: WorkerContext) -> OnlyThere:
    return OnlyThere()


def contexts_in_use(context: WorkerContext) -> int:
    """How many runs' contexts live in this process."""
    gc.collect()
    return len(dask_worker._contexts)
