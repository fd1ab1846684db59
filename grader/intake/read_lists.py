"""Reads all class lists that are given, and tells what is wrong with all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.inputs.problems import BadInput, Problem
from grader.intake.class_list import ClassList, read_class_list

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def read_class_lists(paths: Iterable[Path]) -> list[ClassList]:
    """The class lists at ``paths``. Raises :class:`BadInput` with every problem of every list."""
    lists: list[ClassList] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            lists.append(read_class_list(path))
        except BadInput as bad:
            problems += bad.problems
    if problems:
        raise BadInput(problems)
    return lists
