"""The formats of ``grader export``: the one table that knows them all, imported when they are used."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.problems import BadInput, Problem
from grader.inputs.schema_errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from grader.export.formats import Export, File


@dataclass(frozen=True)
class Format:
    """A format of ``grader export``.

    ``out`` is where it goes unless told otherwise, in the results directory; ``options`` are the
    options of the command that only some formats have. ``renews``: what stands at ``out`` was made by
    the grader itself, and is replaced unasked. ``one_score``: it has one number for a student, and no
    room for both that there is no grade and which points are sure. ``hands_back``: it gives marks to
    students or a platform, which the class page remembers.
    """

    module: str
    out: str
    options: frozenset[str] = frozenset()
    renews: bool = False
    one_score: bool = True
    hands_back: bool = False


FORMATS = {
    "gradescope": Format("grader.export.gradescope", "exports/gradescope", hands_back=True),
    "moodle": Format(
        "grader.export.moodle", "exports/moodle.csv", frozenset({"worksheet"}), hands_back=True
    ),
    "moodle-feedback": Format(
        "grader.pages.moodle_feedback",
        "exports/moodle-feedback.zip",
        frozenset({"worksheet"}),
        one_score=False,
        hands_back=True,
    ),
    "canvas": Format(
        "grader.export.canvas",
        "exports/canvas.csv",
        frozenset({"gradebook", "assignment", "ids"}),
        hands_back=True,
    ),
    "lti": Format("grader.export.lti", "exports/lti", hands_back=True),
    "junit": Format("grader.export.junit", "exports/junit.xml"),
    "csv": Format("grader.export.grades_csv", "exports/grades.csv"),
    "xlsx": Format("grader.export.xlsx", "exports/grades.xlsx", hands_back=True),
    "html": Format("grader.pages.export", "", renews=True, one_score=False),
}


def formats_of(names: Iterable[str]) -> dict[str, Format]:
    """The formats called ``names``, each once. Raises :class:`BadInput` where there is no such one."""
    problems: list[Problem] = []
    for name in names:
        if name in FORMATS:
            continue
        message = _("There is no format {name}.", name=repr(name))
        problems.append(Problem("--to", None, message, did_you_mean(name, FORMATS)))
    if problems:
        raise BadInput(problems)
    return {name: FORMATS[name] for name in names}


def place_of(chosen: Format, name: str, results: Path, out: Path | None, *, several: bool) -> Path:
    """Where the format called ``name`` goes: ``out`` of ``--out`` is that of one format, and of
    ``several`` the folder of all."""
    if out is None:
        return results / chosen.out
    return out / (PurePath(chosen.out).name or name) if several else out


def files_of(chosen: Format, export: Export) -> list[File]:
    """The files that the format makes. Raises :class:`BadInput`."""
    made: Iterable[File] = import_module(chosen.module).files(export)
    return list(made)
