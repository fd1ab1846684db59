"""The threads that a desk's visits run in, shared by all, and the engine that one run is given."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from grader.aws.clients import Clients
from grader.engines.threads import MOST_ASIDE
from grader.engines.visit import WorkerContext
from grader.model.ended_early import Interrupted
from grader.model.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from contextlib import AbstractContextManager

    from grader.engines.protocol import Task
    from grader.i18n.message import Message


class Ended(BaseException):
    """A run's task was told to stop. It is no ``Exception``, so it never becomes a student's error."""


class SharedThreads:
    """Threads and boto3 clients for every visit of a desk."""

    def __init__(self, jobs: int) -> None:
        self.executor = ThreadPoolExecutor(jobs + MOST_ASIDE, thread_name_prefix="observe")
        self.clients = Clients()

    def close(self) -> None:
        """Start nothing more, and close the connections; what still runs has been told to stop."""
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.clients.close()


class TryEngine:
    """The engine of one run: its own sign to stop, in threads that all runs share.

    ``tell`` hears what a task waits for and what it does next; ``aside`` and ``on_partial_observation``
    are as those of :class:`WorkerContext`.
    """

    def __init__(
        self,
        threads: SharedThreads,
        *,
        tell: Callable[[Message, float], None],
        aside: Callable[[], AbstractContextManager[None]],
        on_partial_observation: Callable[[Observation], None],
    ) -> None:
        self._threads = threads
        self._context = WorkerContext(tell, aside, tell, on_partial_observation, threads.clients)
        self.seen: Observation | None = None
        """What this run saw of the account."""

    @property
    def aside(self) -> int:
        """Always 0: a run has one task at a time, and the desk counts runs that only wait."""
        return 0

    def on_aside(self, changed: Callable[[], None]) -> None:
        """Do nothing: :attr:`aside` never changes."""

    def submit(self, task: Task, *given: Any) -> Future[Any]:
        """Run ``task`` in the next free thread."""
        return self._threads.executor.submit(self._watched, task, *given)

    def _watched(self, task: Task, *given: Any) -> Any:
        try:
            result = task(self._context, *given)
        except Interrupted:
            raise Ended from None
        if isinstance(result, Observation):
            self.seen = result
        return result

    def stop(self) -> None:
        """Tell the run's tasks to end, and to leave the account as it was found."""
        self._context.stop.set()

    def close(self) -> None:
        """Do nothing: all runs share the threads."""
