"""Canvas: a gradebook to import, or the exported gradebook with one assignment filled in.

Source: Canvas's lib/gradebook_importer.rb. Students are matched by Canvas's id, SIS user id, SIS login
id, then name; a blank cell takes away the score that is there.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from grader.export.formats import File
from grader.export.grades_csv import cell
from grader.export.matching import Place, exact, match, name_keys, tell
from grader.export.scale import number
from grader.export.sheet import read_sheet, refuse_twice
from grader.language import _
from grader.problems import Problem, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.export.formats import Export
    from grader.export.reading import Row
    from grader.export.sheet import Record, Sheet

STUDENT, ID, SIS, LOGIN, SECTION = "Student", "ID", "SIS User ID", "SIS Login ID", "Section"
IDS = {"canvas": ID, "sis": SIS, "login": LOGIN}
"""What the roster's student_id can be in Canvas, and the column it goes to."""

_TITLE = re.compile(r".*\S.*\([0-9]+\)", re.DOTALL)
_POINTS_POSSIBLE = "    Points Possible"
_NOT_A_STUDENT = {"student, test", "test student"}


def files(export: Export) -> Iterator[File]:
    """The gradebook filled in where one is given, else one to import."""
    if not export.assignment:
        message = _("Canvas needs the assignment's column.")
        remedy = _("Write --assignment as Canvas exports it: “Title (123)”.")
        raise refuse("--assignment", None, message, remedy)
    if export.ids is not None and export.ids not in IDS:
        message = _("{name} is not known.", name=repr(export.ids))
        raise refuse("--ids", None, message, _("Known: {names}.", names=", ".join(IDS)))
    if export.gradebook is not None:
        yield File("", _filled(export, export.gradebook, export.assignment))
    else:
        yield File("", _new(export, export.assignment).encode())


# -- a gradebook to import ------------------------------------------------------------------------


def _new(export: Export, assignment: str) -> str:
    if not _TITLE.fullmatch(assignment):
        message = _("It has no number in brackets: Canvas may make a new assignment of it.")
        export.notes.append(Problem("--assignment", None, message, _("Write it as “Title (123)”.")))
    tops = {export.scale.maximum(row.report.max_score) for row in export.rows}
    if len(tops) > 1:
        message = _("The reports are out of different maxima.")
        raise refuse(export.root, None, message, _("Give --scale, or judge the class again."))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([STUDENT, ID, SIS, LOGIN, SECTION, cell(assignment)])
    writer.writerow([_POINTS_POSSIBLE, "", "", "", "", *(number(top) for top in tops)])
    for row in export.rows:
        # Left out where there is no score: a blank cell would take an earlier one away.
        score = export.scale.total(row.report)
        if score is not None and (ids := _ids(row, export)) is not None:
            writer.writerow(
                [cell(row.report.name), *ids, cell(row.column("section")), number(score)]
            )
    return text.getvalue()


def _ids(row: Row, export: Export) -> tuple[str, str, str] | None:
    """Canvas's id, SIS user id and SIS login id; ``None`` where they cannot be written."""
    ours = export.ids or "sis"
    ids = (
        row.column("canvas_id") or (row.student_id if ours == "canvas" else ""),
        row.column("sis_user_id") or (row.student_id if ours == "sis" else ""),
        row.column("sis_login_id") or (row.student_id if ours == "login" else row.report.email),
    )
    why = ""
    if ids[0] and not (ids[0].isascii() and ids[0].isdigit()):
        # Canvas reads the digits it begins with, and they may be another student's.
        why = _("{id} is not an id of Canvas's, which is a number", id=repr(ids[0]))
    elif any(cell(text) != text for text in ids):
        why = _("an id would start a formula")
    if not why:
        return ids
    message = _("{student} is left out: {why}.", student=row.student_id, why=why)
    export.problems.append(Problem(str(export.root), None, message, _("Enter this grade by hand.")))
    return None


# -- the gradebook that Canvas exported -----------------------------------------------------------


def _filled(export: Export, path: Path, assignment: str) -> bytes:
    sheet = read_sheet(path, (STUDENT, ID, SIS, LOGIN, SECTION, "LastName", "FirstName"))
    column = _assignment(sheet, assignment)
    student = sheet.column([STUDENT])
    columns = {
        "id": sheet.column([ID], asked=ID),
        "sis": sheet.column([SIS]),
        "login": sheet.column([LOGIN]),
    }
    names = (
        [student]
        if student is not None
        else [
            sheet.column(["LastName"], asked=STUDENT),
            sheet.column(["FirstName"], asked=STUDENT),
        ]
    )
    sheet.check_widths()
    rows, checked = [], False
    for record in sheet.rows:
        said = record.cells[0].strip().casefold()
        if said.startswith("points possible"):
            _check_points(export, sheet, record, column)
            checked = True
        elif said and said not in _NOT_A_STUDENT:
            rows.append(record)
    if not checked:
        message = _(
            "There is no row “Points Possible”: what the scores are out of was not checked."
        )
        remedy = _("Compare the assignment's points with the rubric's, or give --scale.")
        export.notes.append(Problem(str(path), None, message, remedy))
    refuse_twice(sheet, rows, columns["id"])
    found = match(
        [
            _place(record, columns, [place for place in names if place is not None])
            for record in rows
        ],
        export.rows,
        [_keys(row) for row in export.rows],
        [_stated(row) for row in export.rows],
    )
    for is_missing, problem in tell(found, str(path)):
        (export.problems if is_missing else export.notes).append(problem)
    export.notes.extend(sheet.notes())
    for place, row in found.pairs:
        score = export.scale.total(row.report)
        if score is not None:
            sheet.set(place.record, column, number(score))
    return sheet.encode()


def _assignment(sheet: Sheet, assignment: str) -> int:
    if assignment.strip() in sheet.header:
        return sheet.column([assignment.strip()]) or 0
    titles = [name for name in sheet.header if _TITLE.fullmatch(name)]
    near = difflib.get_close_matches(assignment, titles, n=1)
    remedy = (
        _("Did you mean {near}?", near=repr(near[0]))
        if near
        else _("It has: {names}.", names=", ".join(titles[:10]))
    )
    message = _("There is no column {column}.", column=repr(assignment))
    raise refuse(sheet.path, sheet.records[0].line, message, remedy)


def _check_points(export: Export, sheet: Sheet, record: Record, column: int) -> None:
    """Refuse scores out of another maximum than the assignment's."""
    said = record.cells[column].strip()
    try:
        given = Decimal(said.replace(",", "."))
    except InvalidOperation:
        message = _(
            "The points possible of this assignment are {points}: it takes no points.",
            points=repr(said),
        )
        raise refuse(sheet.path, record.line, message, _("Choose another assignment.")) from None
    tops = {export.scale.maximum(row.report.max_score) for row in export.rows}
    if tops and tops != {given}:
        ours = ", ".join(number(top) for top in sorted(tops))
        message = _(
            "Canvas's points possible are {points}, and the scores are out of {ours}.",
            points=number(given),
            ours=ours,
        )
        remedy = _("Give --scale {points}.", points=number(given))
        raise refuse(sheet.path, record.line, message, remedy)


def _place(record: Record, columns: dict[str, int | None], names: list[int]) -> Place:
    cells = record.cells
    name = ", ".join(cells[place].strip() for place in names)
    keys = {
        kind: exact(cells[place]) if place is not None else frozenset()
        for kind, place in columns.items()
    }
    # An e-mail address, where people log in by theirs.
    keys["email"] = frozenset(login for login in keys["login"] if "@" in login)
    return Place(record, name, {**keys, "name": name_keys(name)})


def _keys(row: Row) -> dict[str, frozenset[str]]:
    return {
        "id": exact(row.student_id, row.column("canvas_id")),
        "sis": exact(row.student_id, row.column("sis_user_id")),
        "login": exact(row.student_id, row.report.email, row.column("sis_login_id")),
        "email": exact(row.report.email),
        "name": name_keys(row.report.name),
    }


def _stated(row: Row) -> dict[str, frozenset[str]]:
    return {
        "id": exact(row.column("canvas_id")),
        "sis": exact(row.column("sis_user_id")),
        "login": exact(row.column("sis_login_id")),
    }
