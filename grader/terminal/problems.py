"""What is wrong with files, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from grader.i18n.language import _, plural
from grader.safety.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from grader.inputs.problems import Problem


MOST_PROBLEMS = 50
"""A file of another kind has a problem on every line."""


def show_problems(problems: Iterable[Problem], out: Console) -> None:
    """The problems of files, a line each: the first :data:`MOST_PROBLEMS`, and how many more."""
    problems = list(problems)
    for problem in problems[:MOST_PROBLEMS]:
        place = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
        line = f"{place}{_(': ')}{problem.message} {problem.remedy}".rstrip()
        out.print(Text(printable(line, 2000)), soft_wrap=True)
    more = len(problems) - MOST_PROBLEMS
    if more > 0:
        text = plural(more, "… and {count} more problem.", "… and {count} more problems.")
        out.print(Text(text), soft_wrap=True)
