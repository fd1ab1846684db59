"""Visits on the workers of a Dask cluster: the same tasks as in threads, on other machines.

A task travels as a parcel whose ``repr`` hides what is in it, because Dask writes the arguments of a
task that fails into its logs. A task whose worker died runs again elsewhere: it is a new attempt then,
with new pairs, so that it does not take the answers of the earlier one for its own.
"""

from __future__ import annotations

import math
import os
import pickle
import signal
import uuid
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

from grader import __version__
from grader.problems import refuse
from grader.secret import sealing
from grader.visit import Orders, Place

try:
    from distributed import Client, Event, LocalCluster
    from distributed.security import Security
except ImportError:
    raise refuse(
        "--engine", None, "Dask is not installed.", "pip install 'lambda-sqs-grader[cluster]'"
    ) from None

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from grader.engine import Task

RERUN = 1000
"""What each rerun adds to the number of the attempt: more than a batch is ever resumed."""

CONNECT_S = 10
_TELL_S = 2


class Parcel:
    """A task and what it is given, closed: neither ``repr`` nor a log shows what is in it."""

    def __init__(self, task: Task, given: tuple[Any, ...]) -> None:
        with sealing():
            self._sealed = pickle.dumps((task, given))

    def open(self) -> tuple[Task, tuple[Any, ...]]:
        """What was put in. Only the worker that runs the task asks for it."""
        task, given = pickle.loads(self._sealed)  # noqa: S301 - made by the batch that sent it
        return task, given

    def __repr__(self) -> str:
        return "Parcel(***)"


class Cluster:
    """Tasks on Dask workers, through Dask's ``concurrent.futures`` interface."""

    def __init__(self, client: Client) -> None:
        self._client = client
        # Impure: the same task asked for twice is two tasks.
        self._executor = client.get_executor(pure=False)
        self._run = uuid.uuid4().hex
        self._names: list[str] = []
        self._stopped = False

    def submit(self, task: Task, *given: Any) -> Future[Any]:
        """Run ``task`` on some worker."""
        name = f"{self._run}-{len(self._names)}"
        self._names.append(name)
        future: Future[Any] = self._executor.submit(_work, self._run, name, Parcel(task, given))
        return future

    def stop(self) -> None:
        """Tell the tasks of every worker to end, and start no other."""
        self._stopped = True
        with suppress(Exception):  # a worker that is gone has nothing to stop
            self._client.run(_stop, self._run, wait=False)

    def close(self) -> None:
        """Forget the tasks. Whoever made the client closes it."""
        self._executor.shutdown(wait=not self._stopped)
        with suppress(Exception):  # a scheduler that is gone remembers nothing
            for name in self._names:
                for start in _starts(name, self._client):
                    start.clear()


@contextmanager
def cluster(scheduler: str | None, jobs: int) -> Iterator[Cluster]:
    """The cluster behind ``scheduler``, or one of this machine's own on loopback.

    ``scheduler`` is Dask's address: ``tls://host:8786``, ``tcp://host:8786``. TLS is set up as Dask
    documents it (``distributed.comm.tls`` in its configuration). Raises
    :class:`~grader.problems.BadInput` where nothing answers, or workers have another grader.
    """
    with _local(jobs) if scheduler is None else _remote(scheduler) as client:
        engine = Cluster(client)
        try:
            yield engine
        finally:
            engine.close()


@contextmanager
def _local(jobs: int) -> Iterator[Client]:
    workers = os.cpu_count() or 1
    # Whoever may use this machine could send tasks to an open port of it: not without the keys.
    security = Security.temporary()
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=math.ceil(jobs / workers),
            host="127.0.0.1",
            protocol="tls",
            security=security,
            dashboard_address=None,
            memory_limit=0,
        ) as made,
        Client(made, security=security) as client,
    ):
        # Ctrl-C reaches a whole terminal; the workers are told in order, to leave queues as found.
        client.run(_ignore_interrupts)
        yield client


@contextmanager
def _remote(scheduler: str) -> Iterator[Client]:
    try:
        client = Client(scheduler, timeout=CONNECT_S)
    except (OSError, ValueError, TypeError, ImportError) as error:
        raise refuse("--scheduler", None, f"No scheduler answers at {scheduler}: {error}") from None
    with client:
        try:
            versions = client.run(_version)
        except Exception as error:  # noqa: BLE001 - whatever a worker without the grader says
            raise refuse("--scheduler", None, _cannot(str(error)), _REMEDY) from None
        if not versions:
            raise refuse("--scheduler", None, f"{scheduler} has no workers.", "Start some first.")
        others = {worker: found for worker, found in versions.items() if found != __version__}
        if others:
            worker, found = next(iter(others.items()))
            raise refuse("--scheduler", None, _cannot(f"{worker} has version {found}"), _REMEDY)
        yield client


_REMEDY = f"Install lambda-sqs-grader {__version__} on every worker."


def _cannot(why: str) -> str:
    return f"The workers cannot run this grader ({__version__}): {why}."


# -- in a worker ----------------------------------------------------------------------------------


@cache
def _place(run: str) -> Place:  # noqa: ARG001 - one place for each run
    """What the tasks of one run share in this process."""
    return Place()


def _work(run: str, name: str, parcel: Parcel) -> Any:
    task, given = parcel.open()
    if any(isinstance(one, Orders) for one in given):
        again = _starts_before(name) * RERUN
        given = tuple(
            replace(one, attempt=one.attempt + again) if isinstance(one, Orders) else one
            for one in given
        )
    return task(_place(run), *given)


def _starts_before(name: str) -> int:
    """How often this task was started before, on workers that died of it or with it."""
    before = sum(1 for _ in _starts(name))
    Event(f"{name}-{before}").set()
    return before


def _starts(name: str, client: Client | None = None) -> Iterator[Event]:
    """What the scheduler knows of the starts of a task, one event for each."""
    for number in count():
        event = Event(f"{name}-{number}", client=client)
        if not event.is_set():
            return
        yield event


def _stop(run: str) -> None:
    _place(run).stop.set()


def _version() -> str:
    return __version__


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
