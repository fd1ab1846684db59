"""What travels to a worker of a cluster, and what happens to it there.

Everything here runs, or is read, in a worker's process: it is found by its name, so every machine has
the same grader.
"""

from __future__ import annotations

import pickle
import threading
from collections import deque
from dataclasses import fields, is_dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from distributed import Event, get_worker

from grader.engines.visit import RunOptions, WorkerContext
from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.code_digest import this_code
from grader.model.ended_early import Interrupted
from grader.safety.loopback import is_loopback
from grader.safety.redact import redact
from grader.safety.secret import Secret, sealing
from grader.safety.trace import trace_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.engines.protocol import Task
    from grader.i18n.message import Message

RERUN = 1000
"""What each rerun adds to the number of the attempt: more than a batch is ever resumed."""

_MOST_CONTEXTS = 8
"""Runs of which a worker keeps the session between tasks. A batch that was killed never ends its run."""


class TaskFailed(Exception):  # noqa: N818 - what failed has an error's name, which the message gives
    """A task raised on a worker. Says what, without secrets: a worker writes it into its log."""


class UnfitWorker(Exception):  # noqa: N818 - it is the worker's state; the task was not begun
    """A worker that joined after the batch had looked at all others, and must not be given students."""

    def __init__(self, why: Message) -> None:
        super().__init__(why)
        self.why = why


class SealedTask:
    """A task and what it is given, closed: neither ``repr`` nor a log shows what is in it."""

    def __init__(self, task: Task, given: tuple[Any, ...]) -> None:
        with sealing():
            self._sealed = pickle.dumps((task, given))

    def open(self) -> tuple[Task, tuple[Any, ...]]:
        """What was put in. Only the worker that runs the task asks for it."""
        task, given = pickle.loads(self._sealed)  # noqa: S301 - made by the batch that sent it
        return task, given

    def __repr__(self) -> str:
        return "SealedTask(***)"


def listens_at(dask_scheduler: Any) -> list[str]:
    """The addresses at which workers and clients may connect. Runs in the scheduler."""
    return [listener.listen_address for listener in dask_scheduler.listeners]


def in_the_clear(address: str) -> bool:
    """What travels to Dask's ``address`` can be read on its way: no TLS, and not within this machine."""
    protocol, _, location = address.rpartition("://")
    return protocol != "tls" and not is_loopback(location.rpartition(":")[0] or location)


# A context lives as long as a task uses it, or while it is among the last ones made.
_contexts: WeakValueDictionary[str, WorkerContext] = WeakValueDictionary()
_kept: deque[WorkerContext] = deque(maxlen=_MOST_CONTEXTS)
_stopped: set[str] = set()
_contexts_lock = threading.Lock()


def _context_of(run: str) -> WorkerContext:
    """What the tasks of one run share in this process."""
    with _contexts_lock:
        context = _contexts.get(run)
        if context is None:
            context = _contexts[run] = WorkerContext()
            _kept.append(context)
            if run in _stopped:
                context.stop.set()
        return context


def stop(run: str) -> None:
    """Tell the tasks of ``run`` in this process to end, those that start later too."""
    with _contexts_lock:
        _stopped.add(run)
        context = _contexts.get(run)
    if context is not None:
        context.stop.set()


def forget_run(run: str) -> None:
    """Let go of what the tasks of ``run`` shared: it is over."""
    with _contexts_lock:
        context = _contexts.pop(run, None)
        if context is not None and context in _kept:
            _kept.remove(context)


def run_sealed_task(sent_by: tuple[str, str], run: str, name: str, sealed: SealedTask) -> bytes:
    """Run the task in ``sealed``, which ``sent_by``, a grader's version and digest, calls ``name``.

    A task that was started before gets a new attempt: its worker died, but what it sent is still on
    its way. The result is pickled, ``None`` where the task was told to stop. Raises
    :class:`TaskFailed` for whatever the task raises, and :class:`UnfitWorker` before it is begun.
    """
    _refuse_to_work(sent_by)
    task, given = sealed.open()
    try:
        if any(isinstance(argument, RunOptions) for argument in given):
            again = _starts_before(name) * RERUN
            given = tuple(_again(argument, again) for argument in given)
        result = task(_context_of(run), *given)
        # Here, because Dask would never give up on a result that it cannot send.
        return pickle.dumps(result)
    except Interrupted:
        return pickle.dumps(None)
    except Exception as error:  # noqa: BLE001 - whatever it is, its text could quote a secret
        said = _failed(error, set(_secrets(given)))
    # Raised here so that it does not carry the first error along.
    raise said


def _refuse_to_work(sent_by: tuple[str, str]) -> None:
    address, here = str(get_worker().contact_address), this_code()
    if here != sent_by:
        why = N_("A worker joined with version {found} of the grader, not {expected}: {address}.")
        if here[0] == sent_by[0]:
            why = N_("A worker joined with version {found}, but other code: {address}.")
        raise UnfitWorker(message(why, found=here[0], expected=sent_by[0], address=address))
    if in_the_clear(address):
        why = N_("A worker joined to which nothing travels encrypted: {address}.")
        raise UnfitWorker(message(why, address=address))


def _again(given: Any, more: int) -> Any:
    return replace(given, attempt=given.attempt + more) if isinstance(given, RunOptions) else given


def _starts_before(name: str) -> int:
    """How often this task was started before, on workers that died of it or with it."""
    for number in count():
        event = Event(f"{name}-{number}")
        if not event.is_set():
            event.set()
            return number
    raise AssertionError


def _failed(error: Exception, hidden: set[str]) -> TaskFailed:
    def safe(text: str) -> str:
        for secret in sorted(hidden, key=len, reverse=True):
            text = text.replace(secret, "[redacted]")
        return text

    failed = TaskFailed(redact(safe(f"{type(error).__name__}: {error}"), 500))
    failed.add_note(safe(trace_of(error)))
    return failed


def _secrets(given: Any) -> Iterator[str]:
    if isinstance(given, Secret):
        yield given.reveal()
    elif isinstance(given, (list, tuple)):
        for argument in given:
            yield from _secrets(argument)
    elif is_dataclass(given):
        for field in fields(given):
            yield from _secrets(getattr(given, field.name))
