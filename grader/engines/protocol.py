"""What runs the tasks of a class: what it is given, how it is told to stop, and how it may end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from grader.i18n.message import Message

    Task: TypeAlias = Callable[..., Any]
    """Takes a :class:`~grader.engines.visit.WorkerContext`, then what it is given."""


class EngineLost(Exception):  # noqa: N818 - what ran the tasks is lost; no task is to blame
    """The engine can run nothing more: every task that it still has, or gets, ends with this.

    ``why`` is the same sentence for all of them.
    """

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


class Engine(Protocol):
    """Runs tasks somewhere: :class:`Threads` here, ``grader.engines.dask_cluster`` on other machines."""

    @property
    def aside(self) -> int:
        """How many of its tasks only wait at the moment, so that as many others may start."""

    def on_aside(self, changed: Callable[[], None]) -> None:
        """Call ``changed``, in any thread, when there is one more."""

    def submit(self, task: Task, *given: Any) -> Future[Any]:
        """Run ``task`` with a context of the engine's and what is ``given``."""

    def stop(self) -> None:
        """Start nothing more, and tell what runs to leave its account as it was found."""

    def close(self) -> None:
        """Give back what the engine holds; what still runs is not waited for after :meth:`stop`."""
