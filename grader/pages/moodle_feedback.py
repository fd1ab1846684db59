"""Moodle: a ZIP file with each student's page, for “Upload multiple feedback files in a zip”.

Source: Moodle's mod/assign/feedback/file. An entry is called
``Full name_PARTICIPANT_assignfeedback_file_NAME``: Moodle cuts it at the first four underscores and goes
by the participant's number alone. Entries that it cannot place, it skips in silence.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

from grader.export.formats import File
from grader.export.moodle import (
    IDENTIFIER,
    NAME,
    PARTICIPANT_COLUMN,
    participant_number,
    read_worksheet,
)
from grader.export.own_ids import with_ids
from grader.i18n.language import N_, _, plural
from grader.inputs.problems import BadInput, Problem
from grader.pages.export import check_scale, rubric_of
from grader.pages.text import page_text
from grader.pages.writing import student_pages
from grader.results.directory import Results
from grader.rubric.load import text_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from grader.export.formats import Export
    from grader.model.batch import Student
    from grader.results.read_class import ClassRow

PAGE_IN_ZIP = "report.html"
"""The same in every upload: Moodle replaces the earlier file of that name."""

_BY_HAND = N_("Give this student's page by hand.")
_NAME = 80
_ANONYMOUS = "Participant"
# An underscore would end the name early; the others Moodle removes from names, or takes for folders.
_NOT_IN_A_NAME = re.compile(r"""[_/\\:&<>"'`|*?\x00-\x1f\x7f]+""")
_ALWAYS = (2000, 1, 1, 0, 0, 0)
"""The time of each entry: the same pages are the same file, whenever they are exported."""


def files(export: Export) -> Iterator[File]:
    """The ZIP file: an entry for everybody who handed in, each member of a group included.

    Participants are those of the worksheet where one is given, else the roster's. Raises
    :class:`BadInput` where nobody's number is known, or another scale is asked for.
    """
    check_scale(export)
    if export.worksheet is not None:
        numbered = _of_worksheet(export, export.worksheet)
    else:
        numbered = _of_roster(export)
    names = {row.student_id: name for row, name in _once(export, numbered)}
    yield File("", _zip(export, names))
    # Moodle skips what it cannot place in silence: the two numbers are all there is to compare.
    told = plural(
        len(names),
        "{count} page is in it: Moodle must count one feedback file too.",
        "{count} pages are in it: Moodle must count as many feedback files.",
    )
    export.notes.append(Problem(str(export.out or export.root), None, told))


def _zip(export: Export, names: dict[str, str]) -> bytes:
    rubric = rubric_of(export)
    reports = [row.report for row in export.rows if row.student_id in names]
    title = text_in(rubric.title, export.lang)
    made = student_pages(Results(export.root), reports, title, rubric, lang=export.lang)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for report, _seen, text in made:
            entry = zipfile.ZipInfo(names[report.student_id], _ALWAYS)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return data.getvalue()


# -- whose number it is ---------------------------------------------------------------------------


def _of_worksheet(export: Export, path: Path) -> Iterator[tuple[ClassRow, str, str]]:
    """Each student with the name and the number of their row."""
    read = read_worksheet(export, path, (IDENTIFIER,), _(_BY_HAND))
    identifier, name = read.sheet.column(IDENTIFIER), read.sheet.column(NAME)
    if identifier is None:
        raise TypeError("a worksheet has identifiers")
    for place, row in read.found:
        cells = place.record.cells
        number = participant_number(cells[identifier])
        if number:
            yield row, number, "" if name is None else cells[name]
        elif not row.report.absent:
            message = _("{student} is left out: the row has no number.", student=row.student_id)
            wrong = Problem(str(path), place.record.line, message, _(_BY_HAND))
            export.leave_out(row.student_id, wrong)


def _of_roster(export: Export) -> Iterator[tuple[ClassRow, str, str]]:
    """Each student with the name and the number that the roster says."""
    there = [row for row in export.rows if not row.report.absent]
    columns = [PARTICIPANT_COLUMN]
    for row in with_ids(export, there, lambda student: [_number(student)], columns, "Moodle"):
        yield row, _number(row.student), row.student.name


def _number(student: Student) -> str:
    return participant_number(student.column(PARTICIPANT_COLUMN))


def _once(
    export: Export, numbered: Iterable[tuple[ClassRow, str, str]]
) -> Iterator[tuple[ClassRow, str]]:
    """Whoever handed in and has a number that is nobody else's, with the entry's name."""
    every = list(numbered)
    same = Counter(int(number) for _row, number, _name in every)
    problems: dict[str, Problem] = {}
    for row, number, name in every:
        if row.report.absent:
            continue
        if same[int(number)] == 1:
            yield row, entry_name(name, number)
            continue
        message = _(
            "{student} is left out: another student has the same {column}.",
            student=row.student_id,
            column=PARTICIPANT_COLUMN,
        )
        remedy = _("Correct the roster, and grade again with --resume --force.")
        problems[row.student_id] = Problem(str(export.root), None, message, remedy)
    if problems and len(problems) == len(every):
        raise BadInput(problems.values())
    for student, problem in problems.items():
        export.leave_out(student, problem)


def entry_name(name: str, number: str) -> str:
    """The entry of the participant ``number``, who is called ``name`` or is anonymous."""
    words = _NOT_IN_A_NAME.sub(" ", page_text(name, _NAME)).split()
    full_name = " ".join(words).lstrip(".~ ") or _ANONYMOUS
    return f"{full_name}_{int(number)}_assignfeedback_file_{PAGE_IN_ZIP}"
