"""``grades.csv``: one row a student, one column a criterion, then the roster's own columns."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

from grader.inputs.csv_cell import visible_cell
from grader.roster.table import GRADE_COLUMNS
from grader.scoring.adjust import counted, overrides_of
from grader.scoring.scale import decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

    from grader.model.report import Report

_COLUMNS = ("student_id", "name", "email", "group", *GRADE_COLUMNS)
ADJUSTED = ("late", "bonus", "overridden")
"""The columns behind the criteria's: what lateness took, what a human added, and which criteria a
human marked."""


Cells = list[str | float | None]
"""The cells of a row: text as it is, points as numbers, ``None`` where there is no score."""


def grades_csv(
    reports: Sequence[Report],
    criteria: Sequence[str],
    extra: Mapping[str, Mapping[str, str]],
) -> str:
    """The table as text. Quoting as in RFC 4180; a cell that would start a formula in a spreadsheet gets
    an apostrophe before it, a missing score is an empty cell, and what would act on a terminal that
    shows the file is made visible.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in grades_table(reports, criteria, extra):
        writer.writerow(
            visible_cell(part) if isinstance(part, str) else points_cell(part) for part in row
        )
    return text.getvalue()


def grades_table(
    reports: Sequence[Report],
    criteria: Sequence[str],
    extra: Mapping[str, Mapping[str, str]],
) -> list[Cells]:
    """The header, then a row for each report.

    ``criteria`` are the columns' ids, ``extra`` the other columns by student. A criterion's cell is what
    counts: its override where it has one. A column about adjustments, or an extra one, that is called as
    one before it gets ``adjusted_`` or ``roster_`` before its name.
    """
    others = list(dict.fromkeys(column for row in extra.values() for column in row))
    ours = [*_COLUMNS, *criteria]
    ours += _apart(ADJUSTED, ours, "adjusted_")
    named = _apart((name.replace("\0", "") for name in others), ours, "roster_")
    table: list[Cells] = [[*ours, *named]]
    for report in reports:
        points = {result.id: counted(result, report) for result in report.criteria}
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
                *(_as_number(points.get(criterion)) for criterion in criteria),
                *_adjusted(report),
                *(row.get(column, "") for column in others),
            ]
        )
    return table


def _adjusted(report: Report) -> tuple[float | None, float | None, str]:
    """What lateness took and a bonus added; nothing where there is none. What is marked by hand."""
    of = {adjustment.kind: adjustment.points for adjustment in report.adjusted}
    marked = [*overrides_of(report), *(kind for kind in ("total",) if kind in of)]
    return of.get("late"), of.get("bonus"), " ".join(marked)


def _as_number(points: Fraction | None) -> float | None:
    return None if points is None else float(points)


def _apart(names: Iterable[str], ours: Sequence[str], before: str) -> list[str]:
    """``names``, in which each that is also one of ``ours`` is changed until it is not."""
    given = list(names)
    taken = {*ours, *given}
    for place, name in enumerate(given):
        if name not in ours:
            continue
        while name in taken:
            name = f"{before}{name}"  # noqa: PLW2901 - until it is free
        given[place] = name
        taken.add(name)
    return given


def points_cell(value: float | None) -> str:
    """Points as a number without needless zeros; nothing for ``None``."""
    return decimal_text(None if value is None else Decimal(f"{value:.4f}"))
