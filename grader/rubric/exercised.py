"""Which functions a rubric makes run, as far as the rubric and the reports by it tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from grader.rubric.rubric import Criterion, Rubric

ONLY_LOOK = frozenset(
    {
        *("function_exists", "function_runtime", "function_memory", "function_timeout"),
        *("function_environment", "queue_exists", "mapping_enabled", "dead_letter_queue"),
        *("schedule_enabled", "schedule_runs"),
    }
)
"""The checks whose reports leave ``only_looks`` out. Add none: reports of the same observation must stay
identical."""


def makes_run(criterion: Criterion, looks: Collection[str]) -> bool:
    """Whether the criterion's check makes a function run; ``looks`` are the ids of those of which a
    report says that they only look. Of what is not known, it does."""
    return criterion.check not in ONLY_LOOK and criterion.id not in looks


def exercised(rubric: Rubric, looks: Collection[str] = ()) -> frozenset[str]:
    """The roles of the functions whose code the rubric makes run: none where every check only looks."""
    if not any(makes_run(criterion, looks) for criterion in rubric.criteria):
        return frozenset()
    return frozenset({rubric.exchange.route.through} & rubric.lab.functions.keys())
