"""Remembers in a results folder what was handed out, and makes the class page say so."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import TYPE_CHECKING

from grader.export.formats import Export
from grader.i18n.language import _
from grader.inputs.problems import BadInput, Problem, reason
from grader.model.timestamps import now
from grader.pages.export import class_page_of
from grader.results.atomic_write import write_text
from grader.results.directory import HANDED_BACK, PAGE, Results
from grader.results.handed_back import read_handed_back, write_handed_back
from grader.results.read_class import read_class
from grader.scoring.handed_back import grade_of_report, merge_grades
from grader.scoring.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from grader.model.handed_back import HandedBack, HandedBackGrade
    from grader.results.read_class import ClassRead

_LANG = re.compile(r'<html lang="([a-z]{2})">')
_BEGINNING = 200


def grades_of(exports: Iterable[Export]) -> dict[str, HandedBackGrade]:
    """The marks that these exports hand out, each student's as one of them has it with a score."""
    grades: dict[str, HandedBackGrade] = {}
    for export in exports:
        for row in export.rows:
            grade = grade_of_report(row.report)
            there = grades.get(row.student_id)
            if row.student_id not in export.left_out and (there is None or there.score is None):
                grades[row.student_id] = grade
    return grades


def updated_record(
    before: HandedBack | None,
    grades: Mapping[str, HandedBackGrade],
    to: Sequence[str],
    read: ClassRead,
) -> HandedBack:
    """The record of what a class was handed out, once ``grades`` are handed out now to ``to``."""
    students = {student.student_id for student in read.students}
    return merge_grades(before, grades, at=now(), to=to, students=students)


def remember(
    root: Path, grades: Mapping[str, HandedBackGrade], to: Sequence[str], *, locked: bool = False
) -> Problem | None:
    """Keep that ``grades`` were handed out to ``to``; the class page that stands there says so.

    ``locked``: the folder is, by whoever calls. What was handed out is out: that it could not be kept
    is a problem to tell, and no error.
    """
    try:
        with nullcontext() if locked else Results(root).locked():
            _remember(root, grades, to)
    except BadInput as bad:
        why = bad.problems[0].message
    except OSError as error:
        why = reason(error)
    else:
        return None
    message = _("What was handed back could not be kept: {why}", why=why)
    remedy = _("The class page does not know of it. Give the command again later.")
    return Problem(str(root / HANDED_BACK), None, message, remedy)


def _remember(root: Path, grades: Mapping[str, HandedBackGrade], to: Sequence[str]) -> None:
    read = read_class(root)
    handed_back = updated_record(read_handed_back(root), grades, to, read)
    write_handed_back(root, handed_back)
    page = root / PAGE
    if page.is_file():
        lang = _language_of(page) or read.lang
        rows = read.told_in(lang)
        export = Export(
            root, rows, read.students, read.rubric, Scale(), lang, handed_back=handed_back
        )
        write_text(page, class_page_of(export), synced=False)


def _language_of(page: Path) -> str | None:
    """The language of the page that is there already: another one is had by exporting the pages
    anew."""
    with page.open(encoding="utf-8", errors="replace") as file:
        found = _LANG.search(file.read(_BEGINNING))
    return found[1] if found else None
