"""Many problems at once: the first are shown, the others counted."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from grader.inputs.problems import Problem
from grader.terminal.problems import MOST, show_problems


@pytest.mark.parametrize(
    ("count", "last"),
    [
        (MOST, f"roster.csv:{MOST}: wrong"),
        (MOST + 1, "… and 1 more problem."),
        (100_000, f"… and {100_000 - MOST} more problems."),
    ],
)
def test_the_first_problems_are_shown_and_the_others_counted(count: int, last: str) -> None:
    out = StringIO()
    problems = (Problem("roster.csv", line, "wrong") for line in range(1, count + 1))
    show_problems(problems, Console(file=out, width=80))
    lines = out.getvalue().splitlines()
    assert lines[-1] == last
    assert len(lines) == min(count, MOST + 1)
