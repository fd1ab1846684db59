"""``grades.csv``: one row a student, one column a criterion, then the roster's own columns."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import msgspec

from grader.roster_table import GRADE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from grader.export.formats import Export, File
    from grader.export.scale import Scale
    from grader.report import CriterionResult, Report

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
_FORMULA_INSIDE = re.compile(r"(?<=[;\t])(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a reader that cuts at semicolons or tabs would begin a cell."""
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


def files(export: Export) -> Iterator[File]:
    """The file on the export's scale; without one as a batch writes it, with four decimals."""
    from grader.export.formats import File

    reports = [row.report for row in export.rows]
    named = [one.id for one in export.rubric.criteria] if export.rubric else []
    others = (result.id for report in reports for result in report.criteria)
    text = grades_csv(
        [scaled(report, export.scale) for report in reports],
        list(dict.fromkeys([*named, *others])),
        {row.student_id: row.student.extra for row in export.rows},
    )
    yield File("", text.encode())


def scaled(report: Report, scale: Scale) -> Report:
    """The report with its points on ``scale``; as it is where that is the rubric's own."""
    if scale.top is None:
        return report
    score = scale.total(report)
    return msgspec.structs.replace(
        report,
        score=None if score is None else float(score),
        max_score=float(scale.maximum(report.max_score)),
        criteria=tuple(_scaled(result, report, scale) for result in report.criteria),
    )


def _scaled(result: CriterionResult, report: Report, scale: Scale) -> CriterionResult:
    points = scale.points(result, report)
    return msgspec.structs.replace(
        result,
        points=None if points is None else float(points),
        max_points=float(scale.score(result.max_points, report.max_score)),
    )


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


def cell(text: str) -> str:
    """``text`` for a cell, defused where a spreadsheet would calculate it."""
    text = _FORMULA_INSIDE.sub("'", text.replace("\0", ""))
    return f"'{text}" if text.startswith(_FORMULA) else text


def number(value: float | None) -> str:
    """Points as a number without needless zeros; nothing for ``None``."""
    return "" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")
