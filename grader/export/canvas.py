"""Canvas: a gradebook to import, or the exported gradebook with one assignment filled in.

Source: Canvas's lib/gradebook_importer.rb. Students are matched by Canvas's id, SIS user id, SIS login
id, then name; a blank cell takes away the score that is there.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from typing import TYPE_CHECKING

from grader.export.formats import File
from grader.export.matching import CsvRow, alone, matched
from grader.export.own_ids import with_ids
from grader.export.sheet import read_sheet, refuse_twice
from grader.i18n.language import _, plural
from grader.inputs.csv_cell import cell, visible_cell
from grader.inputs.names import id_forms, name_keys
from grader.inputs.problems import Problem, bad_input
from grader.inputs.text_file import unicode_fault
from grader.scoring.scale import decimal_of, decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.export.formats import Export
    from grader.export.sheet import Record, Sheet
    from grader.model.batch import Student
    from grader.results.read_class import ClassRow

STUDENT_COLUMN, ID, SIS, LOGIN, SECTION = "Student", "ID", "SIS User ID", "SIS Login ID", "Section"
IDS = {"canvas": ID, "sis": SIS, "login": LOGIN}
"""The values of ``--ids``, which say what the roster's student_id is in Canvas, and the column
that each is written to."""

_TITLE = re.compile(r".*\S.*\([0-9]+\)", re.DOTALL)
_POINTS_POSSIBLE = "    Points Possible"
_ROSTER = {"id": "canvas_id", "sis": "sis_user_id", "login": "sis_login_id"}
"""The roster's column for each of a student's ids in Canvas."""
_EXCUSED = "ex"
_NOT_A_STUDENT = {"student, test", "test student"}


def files(export: Export) -> Iterator[File]:
    """The gradebook filled in where one is given, else one to import."""
    if not export.assignment:
        message = _("Canvas needs the assignment's column.")
        remedy = _("Write --assignment as Canvas exports it: “Title (123)”.")
        raise bad_input("--assignment", None, message, remedy)
    if fault := unicode_fault(export.assignment):
        raise bad_input("--assignment", None, *fault)
    if export.ids is not None and export.ids not in IDS:
        message = _("{name} is not known.", name=repr(export.ids))
        raise bad_input("--ids", None, message, _("Known: {names}.", names=", ".join(IDS)))
    if adjusted := sum(bool(row.report.adjusted) for row in export.rows):
        message = plural(
            adjusted,
            "Canvas's file has no room for reasons: why {count} score was adjusted is not in it.",
            "Canvas's file has no room for reasons: why {count} scores were adjusted is not in it.",
        )
        remedy = _("The students' pages say it.")
        export.notes.append(Problem(str(export.root), None, message, remedy))
    if export.gradebook is not None:
        yield File("", _filled(export, export.gradebook, export.assignment))
    else:
        yield File("", _new(export, export.assignment).encode())


# -- a gradebook to import ------------------------------------------------------------------------


def _new(export: Export, assignment: str) -> str:
    if not _TITLE.fullmatch(assignment):
        message = _("It has no number in brackets: Canvas may make a new assignment of it.")
        export.notes.append(Problem("--assignment", None, message, _("Write it as “Title (123)”.")))
    if len(export.tops) > 1:
        message = _("The reports are out of different maxima.")
        raise bad_input(export.root, None, message, _("Give --scale, or judge the class again."))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([STUDENT_COLUMN, ID, SIS, LOGIN, SECTION, cell(assignment)])
    writer.writerow([_POINTS_POSSIBLE, "", "", "", "", *map(decimal_text, export.tops)])
    # Left out where there is no score: a blank cell would take an earlier one away.
    graded = [row for row in export.rows if row.report.score is not None]
    columns = list(_ROSTER.values())
    known = with_ids(export, graded, lambda student: _ids(student, export), columns, "Canvas")
    for row in alone(export, known, lambda student: _first_id(student, export), ", ".join(columns)):
        if _can_be_written(row, export):
            section, score = row.student.column("section"), export.scale.total(row.report)
            ids = _ids(row.student, export)
            name, section = visible_cell(row.report.name), visible_cell(section)
            writer.writerow([name, *ids, section, decimal_text(score)])
    return text.getvalue()


def _ids(student: Student, export: Export) -> tuple[str, str, str]:
    """Canvas's id, SIS user id and SIS login id, as far as the roster, or ``--ids``, says them."""
    ours, name = export.ids, student.student_id
    return (
        student.column("canvas_id") or (name if ours == "canvas" else ""),
        student.column("sis_user_id") or (name if ours == "sis" else ""),
        student.column("sis_login_id") or (name if ours == "login" else ""),
    )


def _first_id(student: Student, export: Export) -> list[str]:
    """The id that Canvas looks for first, and its column: in another one it is another id."""
    ids = zip(IDS, _ids(student, export), strict=True)
    return [f"{kind} {text.casefold()}" for kind, text in ids if text][:1]


def _can_be_written(row: ClassRow, export: Export) -> bool:
    ids, why = _ids(row.student, export), ""
    if ids[0] and not (ids[0].isascii() and ids[0].isdigit()):
        # Canvas reads the digits it begins with, and they may be another student's.
        why = _("{id} is not an id of Canvas's, which is a number", id=repr(ids[0]))
    elif any(cell(text) != text for text in ids):
        why = _("an id would start a formula")
    if not why:
        return True
    message = _("{student} is left out: {why}.", student=row.student_id, why=why)
    problem = Problem(str(export.root), None, message, _("Enter this grade by hand."))
    export.leave_out(row.student_id, problem)
    return False


# -- the gradebook that Canvas exported -----------------------------------------------------------


def _filled(export: Export, path: Path, assignment: str) -> bytes:
    sheet = read_sheet(path, (STUDENT_COLUMN, ID, SIS, LOGIN, SECTION, "LastName", "FirstName"))
    if sheet.encoding != "utf-8" or sheet.delimiter == "\t":
        message = _("Canvas reads UTF-8 with commas or semicolons, and nothing else.")
        remedy = _("Export the gradebook again, or save it as “CSV UTF-8”.")
        raise bad_input(path, 1, message, remedy)
    column = _assignment(sheet, assignment)
    # Without it Canvas takes nothing of the file.
    sheet.column([SECTION], asked=SECTION)
    student = sheet.column([STUDENT_COLUMN])
    columns = {
        "id": sheet.column([ID], asked=ID),
        "sis": sheet.column([SIS]),
        "login": sheet.column([LOGIN]),
    }
    names = [student]
    if student is None:
        names = [sheet.column([name], asked=STUDENT_COLUMN) for name in ("LastName", "FirstName")]
    sheet.check_widths()
    csv_rows, checked = [], False
    for record in sheet.rows:
        csv_row = _csv_row(record, columns, names)
        if record.cells[0].strip().casefold().startswith("points possible"):
            _check_points(export, sheet, record, column)
            checked = True
        elif any(csv_row.keys.values()) and csv_row.label.casefold() not in _NOT_A_STUDENT:
            csv_rows.append(csv_row)
    if not checked:
        message = _(
            "There is no row “Points Possible”: what the scores are out of was not checked."
        )
        remedy = _("Compare the assignment's points with the rubric's, or give --scale.")
        export.notes.append(Problem(str(path), None, message, remedy))
    refuse_twice(sheet, [csv_row.record for csv_row in csv_rows], columns["id"])
    found = matched(export, path, csv_rows, _keys, _stated)
    export.notes.extend(sheet.notes())
    for csv_row, row in found:
        score = export.scale.total(row.report)
        if score is None:
            continue
        if csv_row.record.cells[column].strip().casefold() == _EXCUSED:
            message = _(
                "{student} is excused in Canvas: the cell stays as it is.", student=row.student_id
            )
            remedy = _("To fill it in, take EX away in Canvas, and export the gradebook again.")
            export.notes.append(Problem(str(path), csv_row.record.line, message, remedy))
            export.left_out.add(row.student_id)
        else:
            sheet.set(csv_row.record, column, decimal_text(score))
    return sheet.encode()


def _assignment(sheet: Sheet, assignment: str) -> int:
    if assignment.strip() in sheet.header:
        return sheet.column([assignment.strip()]) or 0
    titles = [name for name in sheet.header if _TITLE.fullmatch(name)]
    near = difflib.get_close_matches(assignment, titles, n=1)
    remedy = _("Export the gradebook again, with all assignments.")
    if near:
        remedy = _("Did you mean {near}?", near=repr(near[0]))
    elif titles:
        remedy = _("It has: {names}.", names=", ".join(titles[:10]))
    message = _("There is no column {column}.", column=repr(assignment))
    raise bad_input(sheet.path, sheet.records[0].line, message, remedy)


def _check_points(export: Export, sheet: Sheet, record: Record, column: int) -> None:
    """Refuse scores whose maximum is not the assignment's."""
    said = record.cells[column].strip()
    given = decimal_of(said)
    if given is None:
        message = _(
            "The points possible of this assignment are {points}: it takes no points.",
            points=repr(said),
        )
        raise bad_input(sheet.path, record.line, message, _("Choose another assignment."))
    if export.tops and export.tops != {given}:
        ours = ", ".join(map(decimal_text, sorted(export.tops)))
        message = _(
            "Canvas's points possible are {points}, and the scores are out of {ours}.",
            points=decimal_text(given),
            ours=ours,
        )
        remedy = _("Give --scale {points}.", points=decimal_text(given))
        raise bad_input(sheet.path, record.line, message, remedy)


def _csv_row(record: Record, columns: dict[str, int | None], names: list[int | None]) -> CsvRow:
    cells = record.cells
    parts = (cells[column].strip() for column in names if column is not None)
    name = ", ".join(filter(None, parts))
    keys = {
        kind: id_forms(cells[column]) if column is not None else frozenset()
        for kind, column in columns.items()
    }
    # An e-mail address, where people log in by theirs.
    keys["email"] = frozenset(login for login in keys["login"] if "@" in login)
    return CsvRow(record, name, {**keys, "name": name_keys(name)}, name)


def _keys(student: Student) -> dict[str, frozenset[str]]:
    return _stated(student) | {"email": id_forms(student.email), "name": name_keys(student.name)}


def _stated(student: Student) -> dict[str, frozenset[str]]:
    return {kind: id_forms(student.column(column)) for kind, column in _ROSTER.items()}
