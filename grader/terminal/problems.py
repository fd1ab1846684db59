"""What is wrong with files, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from grader.i18n.language import _
from grader.safety.printable import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from grader.inputs.problems import Problem


def show_problems(problems: Iterable[Problem], out: Console) -> None:
    """Every problem of the files given, a line each."""
    for problem in problems:
        place = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
        line = f"{place}{_(': ')}{problem.message} {problem.remedy}".rstrip()
        out.print(Text(plain(line, 2000)), soft_wrap=True)
