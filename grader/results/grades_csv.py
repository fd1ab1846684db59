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


def grades_csv(
    reports: Sequence[Report],
    criteria: Sequence[str],
    extra: Mapping[str, Mapping[str, str]],
) -> str:
    """The file's text. ``criteria`` are the columns' ids, ``extra`` the other columns by student.

    A missing score is an empty cell. An extra column that is called as one before it gets
    ``roster_`` before its name. Quoting as in RFC 4180; a cell that would start a formula in a
    spreadsheet gets an apostrophe before it.
    """
    others = list(dict.fromkeys(column for row in extra.values() for column in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    ours = [cell(name) for name in (*_COLUMNS, *criteria)]
    writer.writerow([*ours, *_apart(map(cell, others), ours)])
    for report in reports:
        points = {result.id: result.points for result in report.criteria}
        row = extra.get(report.student_id, {})
        writer.writerow(
            [
                cell(report.student_id),
                cell(report.name),
                cell(report.email),
                cell(report.group or ""),
                report.status,
                number(report.score),
                number(report.max_score),
                *(number(points.get(criterion)) for criterion in criteria),
                *(cell(row.get(column, "")) for column in others),
            ]
        )
    return text.getvalue()


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
