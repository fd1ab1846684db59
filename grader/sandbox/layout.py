"""What the lab's resources are called, and where they are: as the shipped rubric has it, or another."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.sandbox.server import REGION

if TYPE_CHECKING:
    from collections.abc import Collection

    from grader.rubric import Rubric

SUM_FUNCTION = "first_lambda"
PERIODIC_FUNCTION = "periodic_lambda"
INPUT_QUEUE = "input_queue"
OUTPUT_QUEUE = "output_queue"

_SELDOM, _OFTEN = "rate(5 minutes)", "rate(1 minute)"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The names under which a submission is deployed, AWS's region for them, and its schedule.

    ``taken`` are all names of the lab, so that what is misnamed on purpose has none of them.
    ``schedule`` is the expression that says how often the periodic function runs.
    """

    region: str = REGION
    sum_function: str = SUM_FUNCTION
    periodic_function: str = PERIODIC_FUNCTION
    input_queue: str = INPUT_QUEUE
    output_queue: str = OUTPUT_QUEUE
    taken: frozenset[str] = frozenset({SUM_FUNCTION, PERIODIC_FUNCTION, INPUT_QUEUE, OUTPUT_QUEUE})
    schedule: str = _SELDOM

    @classmethod
    def of(cls, rubric: Rubric) -> Layout:
        """The lab as ``rubric`` names it; what it does not name has a name of its own."""
        functions, queues = rubric.lab.functions, rubric.lab.queues
        taken = frozenset({*functions.values(), *queues.values()})
        judged = [c.on for c in rubric.criteria if c.check.startswith("schedule")]
        periodic = next((role for role in judged if role in functions), "periodic")
        # Somebody waits for it to run.
        soon = any(criterion.check == "schedule_runs" for criterion in rubric.criteria)
        return cls(
            region=rubric.lab.region,
            sum_function=functions.get("sum") or _free(SUM_FUNCTION, taken),
            periodic_function=functions.get(periodic) or _free(PERIODIC_FUNCTION, taken),
            input_queue=queues.get("input") or _free(INPUT_QUEUE, taken),
            output_queue=queues.get("output") or _free(OUTPUT_QUEUE, taken),
            taken=taken,
            schedule=_OFTEN if soon else _SELDOM,
        )

    def other(self, name: str) -> str:
        """``name``, or one like it where the lab itself has that name."""
        return _free(name, self.taken)


SHIPPED = Layout()
"""The lab of the rubric that comes with the grader."""


def _free(name: str, taken: Collection[str]) -> str:
    numbered = (f"{name}-{number}" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], numbered) if one not in taken)
