"""What runs the tasks of a class: an executor, and how its tasks are told to stop."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from grader.engines.visit import Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from grader.engines.protocol import Task
    from grader.i18n.message import Message


class Threads:
    """Tasks in threads of this process. Not to be used again once it is closed.

    ``tell`` hears in those threads what a task waits for, and how many seconds at most.
    """

    def __init__(self, jobs: int, tell: Callable[[Message, float], None] | None = None) -> None:
        self._place = Place(tell)
        self._executor = ThreadPoolExecutor(jobs, thread_name_prefix="observe")

    def submit(self, task: Task, *given: Any) -> Future[Any]:
        """Run ``task`` in the next free thread."""
        return self._executor.submit(task, self._place, *given)

    def stop(self) -> None:
        """Tell the tasks to end, and start no other."""
        self._place.stop.set()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Let the threads go. Those that still run have been told to stop."""
        self._executor.shutdown(wait=not self._place.stop.is_set())
