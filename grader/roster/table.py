"""Reads a roster's CSV into rows of named cells, each with its line; knows nothing of accounts."""

from __future__ import annotations

import csv
import difflib
import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.csv_cell import undefused
from grader.inputs.csv_delimiter import delimiter_of
from grader.inputs.csv_width import wider_than_header
from grader.inputs.problems import Problem, bad_input
from grader.roster.access import ACCESS_COLUMNS, SECRET_COLUMNS
from grader.safety.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN_COLUMNS = (
    "student_id",
    "name",
    "email",
    "group",
    "account_id",
    "region",
    "endpoint_url",
    "submitted_at",
    "due_at",
    *ACCESS_COLUMNS,
)
ID_COLUMNS = (
    "moodle_participant",
    "id_number",
    "canvas_id",
    "sis_user_id",
    "sis_login_id",
    "lti_user_id",
)
"""What other systems call a student, each by its own name for it: passed on to the exports."""
USE = "use."
"""Begins the columns that say which resource plays a part of the rubric: ``use.sum``."""

GRADE_COLUMNS = ("status", "score", "max_score")
"""The columns that ``grades.csv`` adds to the roster's: no roster may have these."""
_MAX_COLUMNS = 200
# An unknown column is copied into exports: one that seems to hold secrets must not be.
_SECRET_WORDS = re.compile(
    r"token|secret|passw|pwd|credential|accesskey|apikey|privatekey|motdepasse|mdp|externalid|^key$"
)


def is_known(column: str) -> bool:
    """Whether the grader reads the column; others are passed on."""
    return column in KNOWN_COLUMNS or (column.startswith(USE) and column != USE)


@dataclass(frozen=True)
class AccountRow:
    """One student's non-empty cells, stripped: known ones, secret ones, and the roster's others.

    Known ones and ids are without what defuses a formula, which is no part of a name.
    """

    line: int
    cells: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A roster's columns (empty names for empty ones) and rows, and what is wrong with them."""

    header_line: int
    columns: tuple[str, ...]
    rows: tuple[AccountRow, ...]
    problems: tuple[Problem, ...]


def read_table(text: str, file: str) -> Table:
    """The rows of a roster, separated by ``,``, ``;`` or tab, whichever its header is.

    Rows without any text are left out. Raises :class:`BadInput` when there is no
    header to read the rows by; lesser faults are in the result's ``problems``. No message quotes a
    cell, and none quotes a header that is not a column's name: either may be a secret out of place.
    """
    problems: list[Problem] = []
    records = stripped_records(text, file, _delimiter(text), problems)
    header = next(records, None)
    if header is None:
        if problems:
            raise bad_input(file, problems[0].line, problems[0].message, problems[0].remedy)
        remedy = _("Its first line names the columns: student_id, name, email, …")
        raise bad_input(file, 1, _("The roster is empty."), remedy)
    line, cells = header
    while cells and not cells[-1]:
        cells.pop()
    problems += _header_problems(cells, line, file)
    rows = tuple(_rows(records, cells, file, problems))
    if not rows and not problems:
        message = _("The roster has a header but no students.")
        problems.append(Problem(file, line, message, _("Add one line per student.")))
    return Table(line, tuple(cells), rows, tuple(problems))


def read_cells(
    text: str, file: str = "", problems: list[Problem] | None = None
) -> tuple[str, list[tuple[int, list[str]]]]:
    """The delimiter of a table with known columns, such as :func:`read_table` took, and its records, the
    header first, each with its line. What is wrong with its quotes goes to ``problems``."""
    delimiter = _delimiter(text)
    found: list[Problem] = [] if problems is None else problems
    return delimiter, list(stripped_records(text, file, delimiter, found))


def stripped_records(
    text: str, file: str, delimiter: str, problems: list[Problem]
) -> Iterator[tuple[int, list[str]]]:
    """Each record that has text, its cells stripped, with the physical line where it begins.

    What is wrong with its quotes goes to ``problems`` and ends it.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            message = _(
                "The quotes of the row that begins here do not match, or a cell is too long."
            )
            remedy = _('Close every quote, and write a quote inside a cell as "".')
            problems.append(Problem(file, line, message, remedy))
            return
        cells = [cell.strip() for cell in record]
        if any(cells):
            yield line, cells


def _delimiter(text: str) -> str:
    def header(delimiter: str) -> list[str]:
        return next(stripped_records(text, "", delimiter, []), (0, list[str]()))[1]

    return delimiter_of(header, KNOWN_COLUMNS)


def _header_problems(columns: list[str], line: int, file: str) -> Iterator[Problem]:
    if len(columns) > _MAX_COLUMNS:
        message = _(
            "The roster has {columns} columns; at most {most} can be read.",
            columns=len(columns),
            most=_MAX_COLUMNS,
        )
        yield Problem(file, line, message, _("Remove those that are not needed."))
        return
    first: dict[str, int] = {}
    explained = "student_id" in columns
    for number, column in enumerate(columns, start=1):
        if not column:
            message = _("Column {number} of the header has no name.", number=number)
            yield Problem(file, line, message, _("Name it, or remove the column."))
        elif (name := _read_as(column)) in first:
            message = _(
                "Columns {first} and {number} are both called {name}.",
                first=first[name],
                number=number,
                name=name if is_known(name) or name in ID_COLUMNS else _("the same name"),
            )
            yield Problem(file, line, message, _("Rename or remove one of them."))
        elif column in GRADE_COLUMNS:
            message = _(
                "Column {number} is called {column}, which is a column of grades.csv.",
                number=number,
                column=column,
            )
            yield Problem(
                file, line, message, _("Rename it: old_{column}, for example.", column=column)
            )
        elif near := _meant(column, columns):
            explained |= near == "student_id"
            message = _(
                "Column {number} is called “{name}”, which is not a column we know.",
                number=number,
                name=column[:40],
            )
            yield Problem(file, line, message, _("Did you mean {near}?", near=near))
        elif not is_known(column) and _SECRET_WORDS.search(_folded(column)):
            message = _(
                "Column {number} seems to hold a secret under a name that is not known.",
                number=number,
            )
            remedy = _(
                "Secrets are read from {names} only: rename or remove it.",
                names=", ".join(SECRET_COLUMNS),
            )
            yield Problem(file, line, message, remedy)
        first.setdefault(_read_as(column), number)
    if not explained:
        message = _("The header has no column student_id.")
        yield Problem(
            file, line, message, _("The first line names the columns; student_id is one.")
        )


def _read_as(column: str) -> str:
    """The column's name; of an id, as exports know it, for which case does not count."""
    return column.casefold() if column.casefold() in ID_COLUMNS else column


def _meant(column: str, columns: list[str]) -> str | None:
    """The known column that an unknown one is a misspelling of, unless the roster has it too."""
    if is_known(column):
        return None
    if (name := _read_as(column)) != column:
        return name if name not in columns else None
    absent = {_folded(known): known for known in KNOWN_COLUMNS if known not in columns}
    folded = _folded(column)
    # Letters that changed places make a short name less similar than another letter does.
    swapped = [known for known in absent if folded in _swapped(known)]
    near = swapped or difflib.get_close_matches(folded, absent, n=1, cutoff=0.85)
    return absent[near[0]] if near else None


def _swapped(name: str) -> set[str]:
    """``name`` with two letters that stand side by side in each other's place."""
    return {name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(len(name) - 1)}


def _folded(column: str) -> str:
    return re.sub(r"[\W_]", "", column.lower())


def _rows(
    records: Iterator[tuple[int, list[str]]],
    columns: list[str],
    file: str,
    problems: list[Problem],
) -> Iterator[AccountRow]:
    for line, cells in records:
        if (wider := wider_than_header(file, line, cells, len(columns))) is not None:
            problems.append(wider)
            continue
        row = AccountRow(line)
        for column, cell in zip(columns, cells, strict=False):
            if column in SECRET_COLUMNS:
                if cell:
                    row.secrets[column] = Secret(cell)
            elif not is_known(column):
                row.extra[column] = undefused(cell) if column in ID_COLUMNS else cell
            elif cell:
                row.cells[column] = undefused(cell)
        for column in columns[len(cells) :]:
            if not is_known(column):
                row.extra[column] = ""
        yield row
