"""An Excel workbook: the table of ``grades.csv`` with numbers as numbers, and what the criteria are.

A CSV file opened in Excel loses its accents, its decimal points or its columns, by the country that
Excel was made for: a workbook says itself what each cell is.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from grader.export.formats import File
from grader.export.grades_csv import csv_parts
from grader.i18n.language import N_, _, language
from grader.inputs.problems import bad_input, install_extra
from grader.results.grades_csv import grades_table
from grader.rubric.load import text_in
from grader.safety.printable import printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grader.export.formats import Export

    Table = Sequence[Sequence[str | float | None]]

SHEET_NAME, CRITERIA = N_("Grades"), N_("Criteria")

_LONGEST = 32_000
"""Excel takes 32,767 characters in a cell, and refuses the whole file for one more."""
_NARROWEST, _WIDEST = 8, 40
_FROZEN = 2
"""How many columns stay in sight while the sheet is scrolled: the id and the name."""
_MOST_COLUMNS = 16_384
_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
"""The time that the file says it was made: the same grades make the same file, whenever they are
exported."""
_PLAIN_TEXT = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
"""Options by which no text, such as a student's name, becomes a formula, a number or a link."""


def files(export: Export) -> Iterator[File]:
    """The workbook. Raises :class:`BadInput` where the library that writes it is not installed."""
    try:
        from xlsxwriter import Workbook
    except ImportError as error:
        message = _(
            "The library {name} is missing: it comes with the extra {extra}.",
            name=error.name,
            extra="xlsx",
        )
        raise bad_input("--to xlsx", None, message, install_extra("xlsx")) from None
    words = language(export.lang)
    data = io.BytesIO()
    with Workbook(data, {**_PLAIN_TEXT, "in_memory": True}) as book:
        book.set_properties({"created": _ALWAYS})
        bold = book.add_format({"bold": True, "bottom": 1})
        grades = grades_table(*csv_parts(export))
        _write(book.add_worksheet(words.say(SHEET_NAME)), grades, bold, frozen=_FROZEN)
        _write(book.add_worksheet(words.say(CRITERIA)), list(_criteria(export)), bold, frozen=1)
    yield File("", data.getvalue())


def _criteria(export: Export) -> Iterator[list[str | float | None]]:
    """Each criterion's id, as the columns are called, with its title and what it is worth."""
    words = language(export.lang)
    yield [words.say(name) for name in (N_("Criterion"), N_("Title"), N_("Points"))]
    most = max((row.report.max_score for row in export.rows), default=0.0)
    for criterion in export.rubric.criteria if export.rubric else ():
        points = export.scale.score(criterion.points, most) if most else criterion.points
        yield [criterion.id, text_in(criterion.title, export.lang), float(points)]


def _write(sheet: Any, table: Table, bold: Any, *, frozen: int) -> None:
    for number, row in enumerate(table):
        for column, value in enumerate(row[:_MOST_COLUMNS]):
            if isinstance(value, str):
                text = printable_lines(value)
                text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
                sheet.write_string(number, column, text, bold if number == 0 else None)
            elif value is not None:
                sheet.write_number(number, column, value)
    sheet.freeze_panes(1, frozen)
    columns = [*zip(*table, strict=True)][:_MOST_COLUMNS]
    for column, cells in enumerate(columns):
        sheet.set_column(column, column, _width(cells))
    last = max(len(table) - 1, 0)
    sheet.autofilter(0, 0, last, max(len(columns) - 1, 0))
    # Ids of digits alone are text, which Excel would mark as a mistake in every row.
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


def _width(cells: Iterable[str | float | None]) -> int:
    longest = max((len(str(cell)) for cell in cells if cell is not None), default=0)
    return min(max(longest + 2, _NARROWEST), _WIDEST)
