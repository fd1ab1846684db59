"""A Dask cluster of this machine's own, on loopback, that ends with the batch."""

from __future__ import annotations

import asyncio
import logging
import math
import sys
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any

from dask import config
from dask.system import CPU_COUNT
from distributed import Client, LocalCluster, Status
from distributed.security import Security
from distributed.utils import LoopRunner

from grader import signals as interrupts
from grader.safety.call_timeout import try_within

if TYPE_CHECKING:
    from collections.abc import Iterator

_KILL_S, _LEAVE_S, _CLOSE_S = 1.0, 0.5, 20.0

_ANY_PORT = "127.0.0.1:0"

_SETTINGS = {
    # A worker is slow to start where much else runs. Dask takes one that is not back by then for gone,
    # though it is on its way, and ends it, with what it was just given, when it comes.
    "distributed.deploy.lost-worker-timeout": "365 days",
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # It takes every thread's stack a hundred times a second, and nobody looks at it here.
    "distributed.worker.profile.enabled": False,
}


@contextmanager
def local_cluster(jobs: int) -> Iterator[Client]:
    """Workers for ``jobs`` tasks at a time, and a client of theirs."""
    workers = min(CPU_COUNT, jobs)
    # Whoever may use this machine could send tasks to an open port of it: not without the keys.
    security = Security.temporary()
    with config.set(_SETTINGS):
        runner = LoopRunner()
        _start_tracker()  # else the first worker starts it, and lets Ctrl-C through
        with interrupts.kept_from_children():
            runner.start()  # its thread starts the workers, now and whenever one is replaced
        made = LocalCluster(
            loop=runner.loop,
            n_workers=0,
            threads_per_worker=math.ceil(jobs / workers),
            host="127.0.0.1",
            protocol="tls",
            security=security,
            # Dask has a web server wherever it runs, on all addresses unless told otherwise.
            dashboard_address=_ANY_PORT,
            worker_dashboard_address=_ANY_PORT,
            scheduler_kwargs={"dashboard": False},
            memory_limit=0,
            preload=["grader.engines.dask_preload"],
            # What fails is said by the batch, once.
            silence_logs=logging.CRITICAL,
        )
        client = Client(made, security=security, set_as_default=False)
        try:
            made.scale(workers)
            made.sync(_all_there, made)
            yield client
        except BaseException:
            # Dask would wait for what its workers are doing, now or when the program ends. They had
            # their time to stop, and those that are not closed here end with their parent, which does
            # not wait for them (`cli.main`).
            made.shutdown_on_close = False
            try_within(_KILL_S, lambda: made.sync(_kill, made))
            try_within(_LEAVE_S, client.close)
            raise
        try_within(_CLOSE_S, client.close)
        try_within(_CLOSE_S, made.close)
        try_within(_CLOSE_S, runner.stop)


def _start_tracker() -> None:
    """Start the process with which :mod:`multiprocessing` frees what is left, and which says so.

    After an end in which workers had no time to close there is always something left. Windows has none.
    """
    if sys.platform == "win32":
        return
    before = sys.warnoptions[:]
    sys.warnoptions.append("ignore:resource_tracker")
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions[:] = before


async def _all_there(made: LocalCluster) -> None:
    await made


async def _kill(made: LocalCluster) -> None:
    # `workers` are those that have all started.
    await asyncio.gather(*map(_end, list(made._created)), return_exceptions=True)


async def _end(nanny: Any) -> None:
    worker = nanny.process
    # Whoever is starting is at no account, and Dask would wait until it could be.
    if worker is not None and worker.status == Status.starting:
        await worker.process.kill()
    await nanny.close(timeout=_KILL_S / 2)
