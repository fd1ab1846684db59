"""The formats of ``grader export``: the one table that knows them all, imported when they are used."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.problems import refuse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.export.formats import Export, File


@dataclass(frozen=True)
class Format:
    """A format of ``grader export``.

    ``out`` is where it goes unless told otherwise, in the results directory; ``options`` are the
    options of the command that only some formats have. ``renews``: what stands at ``out`` was made by
    the grader itself, and is replaced unasked. ``one_score``: it has one number for a student, and no
    room for both that there is no grade and which points are sure.
    """

    module: str
    out: str
    options: frozenset[str] = frozenset()
    renews: bool = False
    one_score: bool = True


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
    "html": Format("grader.pages.export", "", renews=True, one_score=False),
}


def format_of(name: str) -> Format:
    """The format called ``name``. Raises :class:`BadInput` where there is none."""
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
    """The files that the format makes. Raises :class:`BadInput`."""
    made: Iterable[File] = import_module(chosen.module).files(export)
    return list(made)
