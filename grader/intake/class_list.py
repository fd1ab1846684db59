"""Reads a class list: any CSV file with names, in the words of Moodle, of Canvas, or of one's own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.csv_cell import undefused
from grader.inputs.csv_delimiter import DELIMITERS
from grader.inputs.csv_width import wider_than_header
from grader.inputs.file_signature import kind_of_file
from grader.inputs.names import any_order, letters
from grader.inputs.problems import BadInput, Problem, bad_input
from grader.inputs.text_file import read_bytes
from grader.intake.list_columns import PLURAL, POINTS, roles_of, unsure
from grader.intake.list_times import local_time
from grader.roster.cell_shapes import shape_problem, shortened_fault
from grader.roster.credentials_block import read_pasted
from grader.roster.groups import names_no_group
from grader.roster.pasted_text import decoded
from grader.roster.table import ID_COLUMNS, stripped_records
from grader.safety.printable import storable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MATCHING_COLUMNS = (
    "student_id",
    "moodle_participant",
    "canvas_id",
    "id_number",
    "sis_user_id",
    "sis_login_id",
    "email",
)
"""What tells students apart, and what a student's id is made of: the first that the list has."""

_LIMIT_BYTES = 64 * 1024 * 1024
_MAY_HOLD_A_BLOCK = re.compile(r"aws_|A[KS]IA[A-Z0-9]{8}|secretaccesskey", re.IGNORECASE)
_NUMBER_AT_END = re.compile(r"([0-9]{1,20})\s*$")
_MAX_TEXT = 300
_NOT_STUDENTS = frozenset({POINTS, "studenttest", "teststudent"})
"""Canvas's row of points, and its student who is none."""
_POSTINGS = ("manualposting", "muted")
"""What alone fills a row of Canvas's, by its letters, as soon as one assignment is posted by hand."""


@dataclass
class Listed:
    """A student of a class list. ``cells`` are what the list says, by the roster's columns.

    ``group`` is the one group that the list names; ``groups`` are all where it may name several.
    """

    file: str
    line: int
    cells: dict[str, str] = field(default_factory=dict)
    group: str = ""
    groups: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The student's name, empty where the list has only numbers."""
        return self.cells.get("name", "")


@dataclass
class ClassList:
    """A list as it was read: ``taken`` says which column was taken for what, in the file's order.

    ``unsure`` is the one of them that holds a participant's number only if the download says so.
    ``unread`` are times that could not be read, ``is_local`` says that others were taken for this
    machine's own.
    """

    file: str
    students: list[Listed] = field(default_factory=list)
    taken: dict[str, str] = field(default_factory=dict)
    unsure: str = ""
    unread: list[Problem] = field(default_factory=list)
    is_local: bool = False

    @property
    def names_groups(self) -> bool:
        """Whether the list has a column with groups."""
        return bool({"group", PLURAL} & {*self.taken.values()})


def read_class_list(path: Path) -> ClassList:
    """The students of the CSV file at ``path``: UTF-8, UTF-16 or Latin-1; comma, semicolon or tab.

    Raises :class:`BadInput` with every problem and its line.
    """
    raw = read_bytes(path, limit_bytes=_LIMIT_BYTES)
    save = _("Save it again as “{encoding}”.", encoding="CSV UTF-8")
    if kind_of_file(raw) == "zip":
        raise bad_input(path, 1, _("This is a spreadsheet or a ZIP file, not text."), save)
    text = decoded(raw)
    if "\0" in text:
        raise bad_input(path, 1, _("The file holds a NUL byte."), save)
    (line, columns), rows, roles, problems = max(
        (_cut(text, str(path), delimiter) for delimiter in DELIMITERS),
        key=lambda cut: (len(cut[2]), len(cut[0][1])),
    )
    if not columns and not problems:
        remedy = _("Its first line names the columns: student_id, name, email, …")
        raise bad_input(path, 1, _("The class list is empty."), remedy)
    if not columns:
        raise BadInput(problems)
    if not {"name", "first", "last", *MATCHING_COLUMNS} & {*roles.values()}:
        message = _("No column of the class list names students.")
        remedy = _("Name columns as Moodle or Canvas do, or: {names}.", names="name, email, group")
        raise bad_input(path, line, message, remedy)
    class_list = ClassList(str(path), taken={columns[place]: role for place, role in roles.items()})
    class_list.unsure = unsure(columns, [cells for _line, cells in rows], roles)
    is_gradebook = {"section", "id"} <= {*map(letters, columns)}
    for at, cells in rows:
        if is_gradebook and _is_of_postings(cells):
            continue
        if (wider := wider_than_header(str(path), at, cells, len(columns))) is not None:
            problems.append(wider)
            continue
        _add(class_list, at, cells, roles, problems)
    problems += _twice(class_list.students)
    if not class_list.students and not problems:
        message = _("The class list has a header but no students.")
        problems.append(Problem(str(path), line, message, _("Add one line per student.")))
    if problems:
        raise BadInput(problems)
    return class_list


_Record = tuple[int, list[str]]


def _cut(
    text: str, file: str, delimiter: str
) -> tuple[_Record, list[_Record], dict[int, str], list[Problem]]:
    """Header, rows and columns under one delimiter, and what is wrong with the quotes."""
    problems: list[Problem] = []
    records = list(stripped_records(text, file, delimiter, problems))
    if not records:
        return (1, []), [], {}, problems
    roles = roles_of(records[0][1], [cells for _line, cells in records[1:]])
    return records[0], records[1:], dict(roles), problems


def _is_of_postings(cells: list[str]) -> bool:
    return all(letters(cell).startswith(_POSTINGS) for cell in cells if cell)


def _add(
    class_list: ClassList,
    line: int,
    cells: list[str],
    roles: dict[int, str],
    problems: list[Problem],
) -> None:
    """The student of one row, if it is a student's, or what is wrong with it."""
    given = {role: undefused(cells[at]) for at, role in roles.items() if cells[at : at + 1]}
    given = {role: text for role, text in given.items() if text and text != "-"}
    for place, text in enumerate(cells):
        if place not in roles and _MAY_HOLD_A_BLOCK.search(text):
            pasted = read_pasted(text.encode())
            if pasted.blocks or pasted.faults:
                message = _("Column {number} holds a credentials block.", number=place + 1)
                remedy = _(
                    "Put it into a file of its own in the download: lists are passed around."
                )
                problems.append(Problem(class_list.file, line, message, remedy))
    student = Listed(class_list.file, line)
    name = given.pop("name", "") or f"{given.get('first', '')} {given.get('last', '')}".strip()
    given.pop("first", None)
    given.pop("last", None)
    if letters(name) in _NOT_STUDENTS:
        return
    for column in ("student_id", *ID_COLUMNS):
        if fault := shortened_fault(column, given.get(column, "")):
            problems.append(Problem(class_list.file, line, *fault))
    if number := given.get("moodle_participant"):
        at_end = _NUMBER_AT_END.search(number)
        given["moodle_participant"] = at_end[1] if at_end else ""
    student.group = storable(given.get("group", ""), _MAX_TEXT)
    if names_no_group(student.group):
        student.group = ""
    several = (storable(part.strip(), _MAX_TEXT) for part in given.pop(PLURAL, "").split(","))
    student.groups = tuple(part for part in several if not names_no_group(part))
    given.pop("group", None)
    if class_list.taken and not (name or {*MATCHING_COLUMNS} & {*given}):
        message = _("The row names no student.")
        problems.append(
            Problem(class_list.file, line, message, _("Fill in a name, or remove the row."))
        )
        return
    for column in ("submitted_at", "due_at"):
        if column in given:
            _read_time(class_list, student, column, given.pop(column), problems)
    given |= {"name": name} if name else {}
    # Lists come from elsewhere: what a terminal would obey is made visible.
    student.cells |= {column: storable(text, _MAX_TEXT) for column, text in given.items() if text}
    class_list.students.append(student)


def _read_time(
    class_list: ClassList, student: Listed, column: str, text: str, problems: list[Problem]
) -> None:
    """The time in a cell. One that the author of a list wrote must be exact; one that an LMS wrote
    is read as well as it can be."""
    if column in class_list.taken and (wrong := shape_problem(column, text)):
        problems.append(Problem(class_list.file, student.line, *wrong))
    elif (read := local_time(text)) is not None:
        student.cells[column] = read[0].isoformat(timespec="seconds")
        class_list.is_local |= read[1]
    else:
        message = _("The time of submission is written in a way that is not read.")
        remedy = _("When this student's lab ends is not known then.")
        class_list.unread.append(Problem(class_list.file, student.line, message, remedy))


def _twice(students: list[Listed]) -> Iterator[Problem]:
    """A problem for each row that has the id of another, or that nothing tells apart from another."""
    first: dict[tuple[str, str], Listed] = {}
    for student in students:
        for column in MATCHING_COLUMNS:
            key = (column, student.cells.get(column, "").casefold())
            other = first.setdefault(key, student) if key[1] else student
            if other is not student:
                message = _(
                    "The {column} is the same as on line {line}.", column=column, line=other.line
                )
                yield Problem(student.file, student.line, message, _("Give each student one row."))
                break
        else:
            other = (
                first.setdefault(("name", any_order(student.name)), student)
                if student.name
                else student
            )
            if other is not student and not _are_apart(student, other):
                message = _(
                    "The name is that of line {line} too, and nothing tells the two apart.",
                    line=other.line,
                )
                remedy = _("Add a column with their e-mail addresses or ids.")
                yield Problem(student.file, student.line, message, remedy)


def _are_apart(listed: Listed, other: Listed) -> bool:
    return any(listed.cells.get(c) and other.cells.get(c) for c in MATCHING_COLUMNS)
