"""What runs the tasks of a class: an executor, and how its tasks are told to stop."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from grader.language import _
from grader.problems import refuse
from grader.visit import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from grader.message import Message

    Task: TypeAlias = Callable[..., Any]
    """Takes a :class:`~grader.visit.Place`, then what it is given."""


class EngineLost(Exception):  # noqa: N818 - what ran the tasks is lost; no task is to blame
    """The engine can run nothing more: every task that it still has, or gets, ends with this.

    ``why`` is the same sentence for all of them.
    """

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


class Engine(Protocol):
    """Runs tasks somewhere: :class:`Threads` here, ``grader.cluster`` on other machines."""

    def submit(self, task: Task, *given: Any) -> Future[Any]:
        """Run ``task`` with a place of the engine's and what is ``given``."""

    def stop(self) -> None:
        """Start nothing more, and tell what runs to leave its account as it was found."""

    def close(self) -> None:
        """Give back what the engine holds; what still runs is not waited for after :meth:`stop`."""


@contextmanager
def engine_of(
    kind: Literal["threads", "dask"], scheduler: str | None, jobs: int
) -> Iterator[Engine]:
    """The engine that was asked for. Raises :class:`BadInput` where it cannot be had."""
    if kind == "dask":
        from grader.cluster import cluster

        with cluster(scheduler, jobs) as made:
            yield made
    elif scheduler is not None:
        raise refuse("--scheduler", None, _("A scheduler needs --engine dask."))
    else:
        yield Threads(jobs)


class Threads:
    """Tasks in threads of this process. Not to be used again once it is closed."""

    def __init__(self, jobs: int) -> None:
        self._place = Place()
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
