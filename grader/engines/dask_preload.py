"""How each worker of a local cluster starts, those that take the place of another too."""

from __future__ import annotations

from typing import Any

from grader import signals as interrupts


def dask_setup(worker: Any) -> None:  # noqa: ARG001 - Dask's signature
    """Ignore Ctrl-C, which reaches a whole terminal: workers are told to stop in order.

    Source: Dask's documentation of ``--preload``. A worker whose batch is killed ends with its parent.
    """
    interrupts.ignore(interrupts.ENDING)
