"""Which formats there are, what each is given, and the files it makes of it.

A format is a module with a function ``files(export)`` and an entry in :data:`FORMATS`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from grader.export.unnamed import unnamed
from grader.language import _
from grader.problems import refuse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from grader.batch_file import Student
    from grader.export.reading import Row
    from grader.export.scale import Scale
    from grader.problems import Problem
    from grader.report import Report
    from grader.rubric import Rubric


@dataclass(frozen=True)
class Format:
    """A format of ``grader export``.

    ``out`` is where it goes unless told otherwise, in the results directory; ``options`` are the
    options of the command that only some formats have. ``renews``: what stands at ``out`` was made by
    the grader itself, and is replaced unasked.
    """

    module: str
    out: str
    options: frozenset[str] = frozenset()
    renews: bool = False


FORMATS = {
    "gradescope": Format("grader.export.gradescope", "exports/gradescope"),
    "moodle": Format("grader.export.moodle", "exports/moodle.csv", frozenset({"worksheet"})),
    "canvas": Format(
        "grader.export.canvas",
        "exports/canvas.csv",
        frozenset({"gradebook", "assignment", "ids"}),
    ),
    "lti": Format("grader.export.lti", "exports/lti"),
    "junit": Format("grader.export.junit", "exports/junit.xml"),
    "csv": Format("grader.export.grades_csv", "exports/grades.csv"),
    "html": Format("grader.export.html", "", renews=True),
}


@dataclass(frozen=True)
class File:
    """A file of an export. ``name`` is its place below ``--out``; empty for ``--out`` itself.

    ``data`` is ``None`` for what an earlier export left, and must not be there any more.
    ``schema`` names the JSON Schema that it satisfies.
    """

    name: str
    data: bytes | None
    schema: str = ""


@dataclass(frozen=True)
class Export:
    """What a format is given. It adds to ``problems`` whose grade is not exported and why, and to
    ``notes`` what a human should know. ``students`` are all of the class, ``rows`` those with a report.
    ``out`` is where its files go, and where earlier ones may be."""

    root: Path
    rows: tuple[Row, ...]
    students: tuple[Student, ...]
    rubric: Rubric | None
    scale: Scale
    lang: str
    worksheet: Path | None = None
    gradebook: Path | None = None
    assignment: str | None = None
    ids: str | None = None
    out: Path | None = None
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def hides(self, criterion: str) -> bool:
        """Students may not see it, or nobody knows because the rubric cannot be read."""
        if self.rubric is None:
            return True
        named = {one.id: one.visibility for one in self.rubric.criteria}
        return named.get(criterion, "hidden") == "hidden"

    def shown(self, report: Report) -> Report:
        """The report without the titles of hidden criteria in what other criteria say."""
        return unnamed(report, lambda _id, because: self.hides(because), self.lang)

    @property
    def inputs(self) -> list[Path]:
        """The files given besides the results."""
        return [path for path in (self.worksheet, self.gradebook) if path is not None]


def format_of(name: str) -> Format:
    """The format called ``name``. Raises :class:`~grader.problems.BadInput` where there is none."""
    if name not in FORMATS:
        near = difflib.get_close_matches(name, FORMATS, n=1)
        remedy = (
            _("Did you mean {near}?", near=near[0])
            if near
            else _("Known: {names}.", names=", ".join(FORMATS))
        )
        raise refuse("--to", None, _("There is no format {name}.", name=repr(name)), remedy)
    return FORMATS[name]


def files_of(chosen: Format, export: Export) -> list[File]:
    """The files that the format makes. Raises :class:`~grader.problems.BadInput`."""
    made: Iterable[File] = import_module(chosen.module).files(export)
    return list(made)


def earlier(path: Path) -> bytes:
    """What an earlier export may have left at ``path``; nothing where nothing can be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
