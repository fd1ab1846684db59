"""Which functions a rubric makes run, as far as the rubric alone tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.rubric.rubric import Rubric

ONLY_LOOK = frozenset(
    {
        *("function_exists", "function_runtime", "function_memory", "function_timeout"),
        *("function_environment", "queue_exists", "mapping_enabled", "dead_letter_queue"),
        "schedule_enabled",
        "schedule_runs",
    }
)
"""The shipped checks that do not judge what was sent. Of any other, nobody knows that here."""


def exercised(rubric: Rubric) -> frozenset[str]:
    """The roles of the functions whose code the rubric makes run: none where every check only looks."""
    if all(criterion.check in ONLY_LOOK for criterion in rubric.criteria):
        return frozenset()
    return frozenset({rubric.exchange.route.through} & rubric.lab.functions.keys())
