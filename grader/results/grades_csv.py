"""``grades.csv``: one row a student, one column a criterion, then the roster's own columns."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from grader.inputs.csv_cell import cell
from grader.roster.table import GRADE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grader.model.report import Report

_COLUMNS = ("student_id", "name", "email", "group", *GRADE_COLUMNS)


Cells = list[str | float | None]
"""A row: text as it is, points as numbers, nothing where there is no score."""


def grades_csv(
    reports: Sequence[Report],
    criteria: Sequence[str],
    extra: Mapping[str, Mapping[str, str]],
) -> str:
    """The table as text. Quoting as in RFC 4180; a cell that would start a formula in a spreadsheet gets
    an apostrophe before it, and a missing score is an empty cell.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in grades_table(reports, criteria, extra):
        writer.writerow(cell(one) if isinstance(one, str) else number(one) for one in row)
    return text.getvalue()


def grades_table(
    reports: Sequence[Report],
    criteria: Sequence[str],
    extra: Mapping[str, Mapping[str, str]],
) -> list[Cells]:
    """The header, then a row for each report.

    ``criteria`` are the columns' ids, ``extra`` the other columns by student. An extra column that is
    called as one before it gets ``roster_`` before its name.
    """
    others = list(dict.fromkeys(column for row in extra.values() for column in row))
    ours = [*_COLUMNS, *criteria]
    named = _apart((name.replace("\0", "") for name in others), ours)
    table: list[Cells] = [[*ours, *named]]
    for report in reports:
        points = {result.id: result.points for result in report.criteria}
        row = extra.get(report.student_id, {})
        table.append(
            [
                report.student_id,
                report.name,
                report.email,
                report.group or "",
                report.status,
                report.score,
                report.max_score,
                *(points.get(criterion) for criterion in criteria),
                *(row.get(column, "") for column in others),
            ]
        )
    return table


def _apart(names: Iterable[str], ours: Sequence[str]) -> list[str]:
    """``names``, those that are one of ``ours`` changed until they are nobody's."""
    given = list(names)
    taken = {*ours, *given}
    for place, name in enumerate(given):
        if name not in ours:
            continue
        while name in taken:
            name = f"roster_{name}"  # noqa: PLW2901 - until it is free
        given[place] = name
        taken.add(name)
    return given


def number(value: float | None) -> str:
    """Points as a number without needless zeros; nothing for ``None``."""
    return "" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")
