"""Many problems at once: the first are shown, the others counted."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from grader.inputs.problems import Problem
from grader.terminal.problems import MOST_PROBLEMS, show_problems


@pytest.mark.parametrize(
    ("count", "last"),
    [
        (MOST_PROBLEMS, f"roster.csv:{MOST_PROBLEMS}: wrong"),
        (MOST_PROBLEMS + 1, "… and 1 more problem."),
        (100_000, f"… and {100_000 - MOST_PROBLEMS} more problems."),
    ],
)
def test_the_first_problems_are_shown_and_the_others_counted(count: int, last: str) -> None:
    out = StringIO()
    problems = (Problem("roster.csv", line, "wrong") for line in range(1, count + 1))
    show_problems(problems, Console(file=out, width=80))
    lines = out.getvalue().splitlines()
    assert lines[-1] == last
    assert len(lines) == min(count, MOST_PROBLEMS + 1)
