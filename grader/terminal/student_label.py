"""A student as the terminal names them: the id, and the name beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from grader.i18n.language import plural
from grader.safety.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMED = 10
"""Longer lists say how many more there are."""

_NAME = 60


class Named(Protocol):
    """Whoever has an id and perhaps a name: a row of the roster, a report."""

    @property
    def student_id(self) -> str:
        """The roster's id."""

    @property
    def name(self) -> str:
        """May be empty."""


def label(student: Named) -> str:
    """``s01 (Marie Martin)``, or the id alone where there is no other name."""
    name = label_of(student)
    return f"{printable(student.student_id)} ({name})" if name else printable(student.student_id)


def label_of(student: Named) -> str:
    """The name as it can be shown; nothing where the id says as much."""
    name = printable(student.name, _NAME).strip()
    return "" if name == student.student_id else name


def labels_listed(students: Iterable[str], most: int = NAMED) -> str:
    """Labels in one line, the first ``most`` of them."""
    every = list(students)
    first = ", ".join(every[:most])
    if len(every) <= most:
        return first
    rest = len(every) - most
    return plural(rest, "{first} and {count} more", "{first} and {count} more", first=first)
