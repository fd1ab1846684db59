"""The engine that a batch is run by."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from grader.engines.threads import Threads
from grader.i18n.language import _
from grader.inputs.problems import bad_input

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.engines.protocol import Engine
    from grader.model.run_bounds import EngineKind


@contextmanager
def engine_of(kind: EngineKind, scheduler: str | None, jobs: int) -> Iterator[Engine]:
    """The engine that was asked for. Raises :class:`BadInput` where it cannot be had."""
    if kind == "dask":
        from grader.engines.dask_cluster import cluster

        with cluster(scheduler, jobs) as made:
            yield made
    elif scheduler is not None:
        raise bad_input("--scheduler", None, _("A scheduler needs --engine dask."))
    else:
        yield Threads(jobs)
