"""What is wrong with a file the user wrote: where, what, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.i18n.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

REASONS_OFTEN_SAID = (
    N_("No such file or directory"),
    N_("Permission denied"),
    N_("Is a directory"),
    N_("Not a directory"),
    N_("File name too long"),
    N_("File too large"),
    N_("No space left on device"),
    N_("Read-only file system"),
    N_("Address already in use"),
)
"""What operating systems say, for the catalogues. The rest is said as they say it."""


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


def bad_input(file: Path | str, line: int | None, message: str, remedy: str = "") -> BadInput:
    """A :class:`BadInput` for a single problem."""
    return BadInput([Problem(str(file), line, message, remedy)])


def reason(error: OSError) -> str:
    """Why the operating system refused."""
    return _(error.strerror or str(error)).rstrip(".")


def cannot_be_read(error: OSError) -> str:
    """That the operating system does not let a file or folder be read, and why."""
    return _("It cannot be read ({reason}).", reason=reason(error))


def install_extra(name: str) -> str:
    """How to install an optional part of the grader.

    From its folder: it is on no package index, where a package of its name would be somebody else's.
    """
    return _("Install it: pip install '.[{extra}]' in the grader's folder.", extra=name)
