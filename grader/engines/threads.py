"""What runs the tasks of a class: an executor, and how its tasks are told to stop."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from grader.engines.arenas import few_arenas
from grader.engines.visit import WorkerContext
from grader.resources.ready import tell_nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from grader.engines.protocol import Task
    from grader.i18n.message import Message
    from grader.model.observation import Observation


MOST_ASIDE = 500
"""Tasks that only wait, beside those that are at work: each keeps a thread."""


class Threads:
    """Tasks in threads of this process. Not to be used again once it is closed.

    ``tell`` hears in those threads what a task waits for, and how many seconds at most; ``step`` and
    ``on_partial_observation`` are as those of :class:`WorkerContext`.
    """

    def __init__(
        self,
        jobs: int,
        tell: Callable[[Message, float], None] = tell_nobody,
        *,
        step: Callable[[Message, float], None] = tell_nobody,
        on_partial_observation: Callable[[Observation], None] | None = None,
    ) -> None:
        if jobs > 1:
            few_arenas()
        self._context = WorkerContext(tell, self._stepping_aside, step, on_partial_observation)
        # Tasks that stepped aside keep their threads; whoever submits counts those that are at work.
        self._executor = ThreadPoolExecutor(jobs + MOST_ASIDE, thread_name_prefix="observe")
        self._lock = threading.Lock()
        self._aside = 0
        self._changed: Callable[[], None] = lambda: None

    @property
    def aside(self) -> int:
        """How many tasks only wait at the moment."""
        return min(self._aside, MOST_ASIDE)

    def on_aside(self, changed: Callable[[], None]) -> None:
        """Call ``changed``, in a task's thread, when it steps aside."""
        self._changed = changed

    @contextmanager
    def _stepping_aside(self) -> Iterator[None]:
        with self._lock:
            self._aside += 1
        self._changed()
        try:
            yield
        finally:
            with self._lock:
                self._aside -= 1

    def submit(self, task: Task, *given: Any) -> Future[Any]:
        """Run ``task`` in the next free thread."""
        return self._executor.submit(task, self._context, *given)

    def stop(self) -> None:
        """Tell the tasks to end, and start no other."""
        self._context.stop.set()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Let the threads go. Those that still run have been told to stop."""
        stopped = self._context.stop.is_set()
        self._executor.shutdown(wait=not stopped)
        if not stopped:
            self._context.clients.close()
