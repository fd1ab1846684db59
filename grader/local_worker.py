"""How each worker of a local cluster starts, those that take the place of another too."""

from __future__ import annotations

import signal
from typing import Any

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


def dask_setup(worker: Any) -> None:  # noqa: ARG001 - Dask's signature
    """Ignore Ctrl-C, which reaches a whole terminal: workers are told to stop in order.

    Source: Dask's documentation of ``--preload``. A worker whose batch is killed ends with its parent.
    """
    for name in _ENDING:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
