"""Moodle: the assignment's grading worksheet filled in, or a CSV file for the gradebook's import.

Source: Moodle's mod/assign/feedback/offline and grade/import/csv. Feedback is stored as HTML.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.export.comment import comment_html
from grader.export.formats import File
from grader.export.matching import CsvRow, alone, matched
from grader.export.own_ids import with_ids
from grader.export.php_cell import is_lost, kept_in_php
from grader.export.sheet import read_sheet, refuse_twice
from grader.i18n.language import N_, _
from grader.inputs.csv_cell import cell
from grader.inputs.names import id_forms, name_keys
from grader.inputs.problems import BadInput, Problem
from grader.scoring.scale import decimal_of, decimal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from grader.export.formats import Export
    from grader.export.sheet import Record, Sheet
    from grader.model.batch import Student
    from grader.results.read_class import ClassRow

# Moodle names the columns in the language of who downloads the worksheet.
IDENTIFIER = ("Identifier", "Identifiant")
NAME = ("Full name", "Nom complet")
EMAIL = ("Email address", "Adresse de courriel")
ID_NUMBER = ("ID number", "Numéro d'identification", "Numéro d’identification")
GRADE = ("Grade", "Note")
MAXIMUM = ("Maximum grade", "Note maximale")
CHANGEABLE = ("Grade can be changed", "La note peut être modifiée")
MODIFIED = ("Last modified (grade)", "Dernière modification (note)")
FEEDBACK = ("Feedback comments", "Feedback par commentaires")
_KNOWN = IDENTIFIER + NAME + EMAIL + ID_NUMBER + GRADE + MAXIMUM + CHANGEABLE + MODIFIED + FEEDBACK
_COUNT = {
    name.casefold() for name in IDENTIFIER + NAME + EMAIL + ID_NUMBER + GRADE + MODIFIED + FEEDBACK
}
"""The columns that Moodle's import uses, or that rows are matched by. Other columns may hold what
a student wrote."""
_LOCKED = {"no", "non"}
_ID_COLUMN = "id_number"
PARTICIPANT_COLUMN = "moodle_participant"
_BY_HAND = N_("Enter this grade by hand.")


def files(export: Export) -> Iterator[File]:
    """The worksheet filled in where one is given, else the file to import."""
    if export.worksheet is not None:
        yield File("", _worksheet(export, export.worksheet))
    else:
        yield File("", _gradebook(export).encode())


# -- the worksheet --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Worksheet:
    """The worksheet as it was read, and whose row is certain: each with the student's."""

    sheet: Sheet
    found: list[tuple[CsvRow, ClassRow]]


def read_worksheet(
    export: Export, path: Path, needed: Sequence[tuple[str, ...]], remedy: str = ""
) -> Worksheet:
    """The worksheet at ``path`` with the class's students in it.

    ``needed`` are the columns, by their names, without which it is bad input. Whose row is not certain
    is told in the export's problems and notes, with the ``remedy``.
    """
    sheet = read_sheet(path, _KNOWN)
    for names in needed:
        sheet.column(names, asked=names[0])
    columns = {
        "identifier": sheet.column(IDENTIFIER),
        "email": sheet.column(EMAIL),
        "id": sheet.column(ID_NUMBER),
        "name": sheet.column(NAME),
    }
    sheet.check_widths()
    for kind in ("identifier", "email", "id"):
        refuse_twice(sheet, sheet.rows, columns[kind])
    csv_rows = [_csv_row(record, columns) for record in sheet.rows]
    return Worksheet(sheet, matched(export, path, csv_rows, _keys, _stated, remedy))


def _worksheet(export: Export, path: Path) -> bytes:
    # Without one of these three Moodle takes nothing of the file.
    read = read_worksheet(export, path, (IDENTIFIER, GRADE, MODIFIED))
    sheet, found = read.sheet, read.found
    grade, feedback, maximum = map(sheet.column, (GRADE, FEEDBACK, MAXIMUM))
    if maximum is not None:
        _check_maximum(export, sheet, maximum, [csv_row.record for csv_row, _row in found])
    else:
        message = _(
            "There is no column {column}: what the grades are out of was not checked.",
            column=repr(MAXIMUM[0]),
        )
        remedy = _("Compare the assignment's maximum with the rubric's, or give --scale.")
        export.notes.append(Problem(str(path), sheet.records[0].line, message, remedy))
    export.notes.extend(sheet.notes(_("Choose that when you upload it.")))
    if feedback is None:
        message = _(
            "There is no column {column}: only grades are filled in.", column=repr(FEEDBACK[0])
        )
        export.notes.append(Problem(str(path), sheet.records[0].line, message))
    changeable = sheet.column(CHANGEABLE)
    for csv_row, row in found:
        score = export.scale.total(row.report)
        if score is None or grade is None:
            continue
        sheet.set(csv_row.record, grade, decimal_text(score))
        if feedback is not None:
            sheet.set(csv_row.record, feedback, _comment(row, export))
        if changeable is not None and csv_row.record.cells[changeable].casefold() in _LOCKED:
            message = _(
                "Moodle will skip {student}: its grade is locked or overridden.",
                student=row.student_id,
            )
            export.leave_out(row.student_id, Problem(str(path), csv_row.record.line, message))
    _keep_in_php(export, read)
    return sheet.encode()


def _keep_in_php(export: Export, worksheet: Worksheet) -> None:
    """Write what is kept so that Moodle reads it, and leave out the rows that it would read wrong.

    A cell that it would read wrong and does not use is emptied instead.
    """
    sheet = worksheet.sheet
    unused = [column for column, name in enumerate(sheet.header) if name.casefold() not in _COUNT]
    students = {csv_row.record.line: row for csv_row, row in worksheet.found}
    for record in sheet.rows:
        cells = record.cells
        for column in unused:
            if is_lost(cells[column]):
                record.raw[column] = ""
    for record in [*sheet.records]:
        cells = record.cells
        lost = next((text for text in cells if is_lost(text)), None)
        if lost is None or record is sheet.records[0]:
            pairs = zip(record.raw, cells, strict=True)
            record.raw = [kept_in_php(raw, text, sheet.delimiter) for raw, text in pairs]
            continue
        sheet.records.remove(record)
        row = students.get(record.line)
        if row is None or row.report.score is None:
            message = _(
                "The row is left out: Moodle cannot read the backslash in {text}.", text=repr(lost)
            )
            export.notes.append(Problem(str(sheet.path), record.line, message))
        else:
            message = _lost(row.student_id, lost)
            problem = Problem(str(sheet.path), record.line, message, _(_BY_HAND))
            export.leave_out(row.student_id, problem)


def _lost(student: str, text: str) -> str:
    return _(
        "{student} is left out: Moodle cannot read the backslash in {text}.",
        student=student,
        text=repr(text),
    )


def _csv_row(record: Record, columns: dict[str, int | None]) -> CsvRow:
    cells = record.cells
    said = {kind: cells[column].strip() for kind, column in columns.items() if column is not None}
    identifier = said.get("identifier", "")
    keys = {
        "identifier": id_forms(identifier, participant_number(identifier)),
        "email": id_forms(said.get("email", "")),
        "id": id_forms(said.get("id", "")),
        "name": name_keys(said.get("name", "")),
    }
    name = said.get("name", "")
    label = " ".join(text for text in (identifier, name) if text)
    return CsvRow(record, label or said.get("email", "") or said.get("id", ""), keys, name)


def participant_number(identifier: str) -> str:
    """The number at the end of “Participant 41001”; nothing where there is none."""
    number_in_it = re.search(r"(?<![0-9])[0-9]{1,18}$", identifier.strip())
    return number_in_it[0] if number_in_it else ""


def _keys(student: Student) -> dict[str, frozenset[str]]:
    return _stated(student) | {"name": name_keys(student.name)}


def _stated(student: Student) -> dict[str, frozenset[str]]:
    return {
        "identifier": id_forms(student.column(PARTICIPANT_COLUMN)),
        "email": id_forms(student.email),
        "id": id_forms(student.column(_ID_COLUMN)),
    }


def _check_maximum(export: Export, sheet: Sheet, column: int, records: Sequence[Record]) -> None:
    """Refuse grades whose maximum is not the assignment's: Moodle would take them as they are."""
    problems, tops = [], export.tops
    for record in records:
        said = record.cells[column].strip()
        given = decimal_of(said)
        if given is None:
            message = _(
                "The maximum grade is {maximum}: this assignment is not graded in points.",
                maximum=repr(said),
            )
            problems.append(Problem(str(sheet.path), record.line, message, _("Grade it by hand.")))
        elif tops != {given}:
            ours = ", ".join(map(decimal_text, sorted(tops)))
            message = _(
                "Moodle's maximum grade is {maximum}, and the scores are out of {ours}.",
                maximum=decimal_text(given),
                ours=ours,
            )
            remedy = _("Give --scale {points}.", points=decimal_text(given))
            problems.append(Problem(str(sheet.path), record.line, message, remedy))
    if problems:
        raise BadInput(problems[:5])


def _comment(row: ClassRow, export: Export) -> str:
    return comment_html(export.shown(row.report), export)


# -- the gradebook --------------------------------------------------------------------------------


def _gradebook(export: Export) -> str:
    """One row a graded student: one bad row stops Moodle's whole import.

    Of id numbers and e-mail addresses those are written that everybody has; where neither is complete,
    those that more have, and whoever has none is left out.
    """
    graded = [row for row in export.rows if row.report.score is not None]
    columns = [*_BY]
    known = with_ids(
        export, graded, lambda student: [_BY[name](student) for name in columns], columns, "Moodle"
    )
    have = {name: [row for row in known if _BY[name](row.student)] for name in columns}
    best = max(columns, key=lambda name: len(have[name]))
    by_it = with_ids(export, known, lambda student: [_BY[best](student)], [best], "Moodle")
    theirs = list(alone(export, by_it, lambda student: [_BY[best](student).casefold()], best))
    rows = [row for row in theirs if _can_be_written(row, export)]
    used = [name for name in columns if name == best or _serves(name, rows, export)]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*(_HEADERS[name] for name in used), "Score", "Feedback"])
    for row in rows:
        score, comment = decimal_text(export.scale.total(row.report)), cell(_comment(row, export))
        writer.writerow([*(_BY[name](row.student) for name in used), score, comment])
    return text.getvalue()


def _id(student: Student) -> str:
    return student.column(_ID_COLUMN)


_BY: dict[str, Callable[[Student], str]] = {
    "id_number": _id,
    "email": lambda student: student.email,
}
"""What Moodle's import can know a student by, and what the roster says of it."""
_HEADERS = {"id_number": "ID number", "email": "Email address"}


def _can_be_written(row: ClassRow, export: Export) -> bool:
    """Whether every id can be written as it is. A changed one would be nobody's, and would stop
    the import."""
    ids = [of(row.student) for of in _BY.values()]
    broken = next((text for text in ids if is_lost(text) or '\\"' in text), None)
    if any(cell(text) != text for text in ids):
        message = _(
            "{student} is left out: an id or e-mail address would start a formula.",
            student=row.student_id,
        )
    elif broken is not None:
        message = _lost(row.student_id, broken)
    else:
        return True
    export.leave_out(row.student_id, Problem(str(export.root), None, message, _(_BY_HAND)))
    return False


def _serves(name: str, rows: Sequence[ClassRow], export: Export) -> bool:
    """Whether everybody has an id, and no two the same: a blank or a double would stop the import."""
    ids = [_BY[name](row.student).casefold() for row in rows]
    if not any(ids):
        return False
    if all(ids) and len({*ids}) == len(ids):
        return True
    if name == "email":
        message = _("E-mail addresses are left out: somebody has none, or two have the same.")
        remedy = _("Map users by ID number.")
    else:
        message = _("ID numbers are left out: somebody has none, or two have the same.")
        remedy = _("Map users by e-mail address.")
    export.notes.append(Problem(str(export.root), None, message, remedy))
    return False
