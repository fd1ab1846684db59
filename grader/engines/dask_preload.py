"""How each worker of a local cluster starts, those that take the place of another too."""

from __future__ import annotations

from typing import Any

from grader import signals as interrupts
from grader.safety.start_environment import erase_from_start


def dask_setup(worker: Any) -> None:  # noqa: ARG001 - Dask's signature
    """Ignore Ctrl-C, which reaches a whole terminal: workers are told to stop in order. boto3 needs the
    environment's credentials, but nobody else should read them off this process.

    Source: Dask's documentation of ``--preload``. A worker whose batch is killed ends with its parent.
    """
    interrupts.ignore(interrupts.ENDING)
    erase_from_start("AWS_")
