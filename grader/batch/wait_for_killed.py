"""What a grader that was killed may still have under way in the accounts, and waiting for its end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from grader.inputs.problems import BadInput
from grader.observe.receive import POLL_S

if TYPE_CHECKING:
    from grader.results.directory import Results

_MARGIN_S = 1


def wait_for_orphaned_poll(results: Results) -> None:
    """Wait until the last long poll of a grader that was killed in this folder has ended.

    Nobody reads its answer any more, and what it receives stays hidden for minutes: a function would
    seem silent. To be called by whoever holds the folder's lock, which a living grader would hold.
    """
    try:
        killed = results.batch().state == "running"
    except BadInput:  # there was none, or it is about to be replaced
        return
    if killed:
        threading.Event().wait(POLL_S + _MARGIN_S)
