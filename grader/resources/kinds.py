"""Every kind of resource the grader knows: another is one more file, and its line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.resources.function import FUNCTIONS
from grader.resources.mappings import MAPPINGS
from grader.resources.queue import QUEUES
from grader.resources.redrive import REDRIVE
from grader.resources.runs import RUNS
from grader.resources.schedule import SCHEDULES

if TYPE_CHECKING:
    from grader.model.kind import Kind

KINDS: tuple[Kind[Any], ...] = (FUNCTIONS, QUEUES, MAPPINGS, REDRIVE, SCHEDULES, RUNS)
"""In the order in which they are looked at: each after those it rests on."""
