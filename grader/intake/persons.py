"""A student of the class before there is a roster: what the lists say, and what was handed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.inputs.problems import Problem
    from grader.intake.class_list import Listed
    from grader.intake.submissions import Submission


@dataclass
class ClassMember:
    """A student of the class: ``cells`` by the roster's columns, and what was handed in for them.

    ``place`` is where the class list names them, ``None`` for whom only the download knows. ``numbers``
    are what the download calls them, by column. ``groups`` are the rows of lists that name theirs.
    """

    cells: dict[str, str] = field(default_factory=dict)
    place: tuple[str, int] | None = None
    submissions: list[Submission] = field(default_factory=list)
    groups: list[Listed] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As it is written in the roster."""
        return self.cells.get("name", "")

    @property
    def group(self) -> str:
        """The group that the student hands in with, empty without one."""
        return self.cells.get("group", "")


@dataclass
class ClassRoll:
    """Everybody in the order of the first list, then whom only the download knows."""

    persons: list[ClassMember] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)
