"""What is wrong with a file the user wrote: where, what, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, order=True)
class Problem:
    """One fault in one place of one file. ``line`` counts from 1; ``None`` is the whole file."""

    file: str
    line: int | None
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}" + (f" {self.remedy}" if self.remedy else "")


class BadInput(Exception):  # noqa: N818 - the field says "bad input", and it names many problems
    """The files given cannot be used as they are. Carries every problem found, not just the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line or 0, p.message)))
        super().__init__("\n".join(map(str, self.problems)))


def refuse(file: Path | str, line: int | None, message: str, remedy: str = "") -> BadInput:
    """A :class:`BadInput` for a single problem."""
    return BadInput([Problem(str(file), line, message, remedy)])
