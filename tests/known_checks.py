"""What is known of the checks that come with the grader, without a judge to read them."""

from __future__ import annotations

import inspect
import sys
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from grader.checks import lab
from grader.checks.declare import declared
from grader.judging.facts import needs_of_check
from grader.resources.kinds import KINDS
from grader.rubric import needs

if TYPE_CHECKING:
    from grader.model.outcome import CheckInfo
    from grader.rubric.rubric import Rubric


OPTIONAL = frozenset(
    {
        *("handler_answers", "answers_arrive", "dead_letter_queue"),
        "schedule_runs",
    }
)
"""The checks that the default rubric does not ask for."""


@cache
def known_checks() -> dict[str, CheckInfo]:
    """The shipped checks by name. They have no fixtures of their own: arguments are all they need."""
    modules = [lab, *(sys.modules[kind.observe.__module__] for kind in KINDS if kind.checks)]
    tests = [test for module in modules for test in vars(module).values()]
    found = [(check.info, test) for test in tests if (check := declared(test))]
    return {
        info.name: replace(info, needs=needs_of_check(inspect.signature(test).parameters))
        for info, test in found
    }


def needs_of_rubric(rubric: Rubric) -> needs.Needs:
    """What judging by ``rubric``, with no checks but the shipped ones, takes."""
    return needs.needs_of(rubric, known_checks(), KINDS)
