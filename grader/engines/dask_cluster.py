"""Visits on the workers of a Dask cluster: the same tasks as in threads, on other machines.

A task travels as a :class:`~grader.engines.dask_worker.SealedTask`, because Dask writes the arguments of
a task that fails into its logs. A task whose worker died runs again elsewhere: it is a new attempt then,
with new pairs, so that it does not take the answers of the earlier one for its own.
"""

from __future__ import annotations

import asyncio
import pickle
import threading
import time
import uuid
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any

from grader.engines.protocol import EngineLost
from grader.engines.visit import RunOptions
from grader.i18n.language import N_, _
from grader.i18n.message import message
from grader.inputs.problems import bad_input, install_extra
from grader.model.code_digest import this_code
from grader.safety.call_timeout import Unanswered, call_with_timeout, try_within
from grader.safety.redact import redact

try:
    from distributed import Event
except ImportError:
    raise bad_input(
        "--engine", None, _("Dask is not installed."), install_extra("cluster")
    ) from None

from grader.engines import dask_worker
from grader.engines.dask_local import local_cluster
from grader.engines.dask_remote import remote_cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from distributed import Client

    from grader.engines.protocol import Task
    from grader.i18n.message import Message

NO_WORKERS_S = 60
"""How long a cluster may be without any worker, such as one that is just being started again."""

SILENT_S = 60
"""How long a scheduler may take to say which workers it has, before it counts as gone."""

_LOOK_S = 2
_TELL_S = 1.5
_LATER_S = 0.5


class Cluster:
    """Tasks on Dask workers, through Dask's ``concurrent.futures`` interface.

    What it returns are futures of its own: each ends, whatever becomes of scheduler and workers, with
    :class:`~grader.engines.protocol.EngineLost` if they are gone.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        # Impure: the same task asked for twice is two tasks.
        self._executor = client.get_executor(pure=False)
        self._run = uuid.uuid4().hex
        self._number = count()
        self._lock = threading.Lock()
        self._waiting: dict[Future[Any], str] = {}
        self._tidying: set[Future[None]] = set()
        self._lost: Message | None = None
        self._stopped = False
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="cluster", daemon=True).start()

    aside = 0
    """A task that only waits keeps its worker's thread."""

    def on_aside(self, changed: Callable[[], None]) -> None:
        """Never happens here."""

    def submit(self, task: Task, *given: Any) -> Future[Any]:
        """Run ``task`` on some worker."""
        name, future = f"{self._run}-{next(self._number)}", Future[Any]()
        exercises = any(isinstance(argument, RunOptions) for argument in given)
        sealed = dask_worker.SealedTask(task, given)
        with self._lock:
            self._waiting[future] = name if exercises else ""
        if self._lost is None:
            try:
                asked = self._executor.submit(
                    dask_worker.run_sealed_task, this_code(), self._run, name, sealed
                )
            except Exception as error:  # noqa: BLE001 - Dask's words for a connection that is gone
                why = N_("Dask takes no more tasks: {error}")
                self._lose(message(why, error=redact(str(error))))
            else:
                asked.add_done_callback(lambda done: self._arrived(future, done))
        # Again, because it may have been lost in between.
        if self._lost is not None:
            self._lose(self._lost)
        return future

    def _arrived(self, future: Future[Any], done: Future[Any]) -> None:
        if done.cancelled() and not self._stopped:
            self._lose(message(N_("The connection to Dask's scheduler was lost.")))
            return
        error = None if done.cancelled() else done.exception()
        if isinstance(error, dask_worker.UnfitWorker):
            # It would fail one student after the other, faster than the others grade them.
            self._lose(error.why)
            return
        with self._lock:
            name = self._waiting.pop(future, None)
        if name is None:
            return
        try:
            if done.cancelled():
                future.set_exception(EngineLost(message(N_("The run was stopped."))))
            elif error is not None:
                future.set_exception(error)
            else:
                future.set_result(pickle.loads(done.result()))  # noqa: S301 - from our own worker
        except Exception as error:  # noqa: BLE001 - whatever another version of a library made of it
            future.set_exception(error)
        if name:
            loop: Any = self._client.loop
            with suppress(RuntimeError):  # the loop has been closed
                forgetting = self._forget_starts(name)
                self._tidying.add(asyncio.run_coroutine_threadsafe(forgetting, loop.asyncio_loop))

    async def _forget_starts(self, name: str) -> None:
        """Make the scheduler forget how often a task was started."""
        with suppress(Exception):  # a scheduler that is gone remembers nothing
            for number in count():
                event = Event(f"{name}-{number}", client=self._client)
                if not await event.is_set():
                    return
                await event.clear()

    def _watch(self) -> None:
        """Dask waits for ever, for a worker to come and for an answer; a class should not."""
        without_since: float | None = None
        while not self._closed.wait(_LOOK_S):
            try:
                there = bool(call_with_timeout(self._client.nthreads, within_s=SILENT_S))
            except Unanswered:
                why = N_("Dask's scheduler has not answered for {seconds} s.")
                self._lose(message(why, seconds=SILENT_S))
                return
            except Exception:  # noqa: BLE001, S112 - then its futures say that the scheduler is gone
                continue
            if there:
                without_since = None
            elif without_since is None:
                without_since = time.monotonic()
            elif time.monotonic() - without_since > NO_WORKERS_S:
                why = N_("The cluster has been without workers for {seconds} s.")
                self._lose(message(why, seconds=NO_WORKERS_S))
                return

    def _lose(self, why: Message) -> None:
        with self._lock:
            self._lost = self._lost or why
            lost, self._waiting = self._waiting, {}
        for future in lost:
            future.set_exception(EngineLost(self._lost))

    def stop(self) -> None:
        """Tell the tasks of every worker to end, and start no other."""
        self._stopped = True
        try_within(
            _TELL_S, lambda: self._client.run(dask_worker.stop, self._run, on_error="ignore")
        )

    def close(self) -> None:
        """Forget the tasks. Whoever made the client closes it."""
        if self._closed.is_set():
            return
        self._closed.set()
        if self._lost is not None and not self._stopped:
            self.stop()
        if self._stopped:
            with self._lock:
                still = set(self._waiting)
            # Workers hear of it later than threads of one process do.
            wait(still, timeout=_LATER_S)
            try_within(_TELL_S, lambda: self._executor.shutdown(wait=False))
            return
        self._executor.shutdown()
        wait(self._tidying, timeout=_TELL_S)
        try_within(
            _TELL_S, lambda: self._client.run(dask_worker.forget_run, self._run, on_error="ignore")
        )


@contextmanager
def cluster(scheduler: str | None, jobs: int) -> Iterator[Cluster]:
    """The cluster behind ``scheduler``, or one of this machine's own on loopback.

    ``scheduler`` is Dask's address: ``tls://host:8786``, on loopback also ``tcp://127.0.0.1:8786``. TLS
    is set up as Dask documents it (``distributed.comm.tls`` in its configuration). Raises
    :class:`BadInput` where nothing answers, secrets would travel in the clear, or
    workers have another grader.
    """
    with local_cluster(jobs) if scheduler is None else remote_cluster(scheduler) as client:
        engine = Cluster(client)
        try:
            yield engine
        except BaseException:
            engine.stop()
            raise
        finally:
            engine.close()
