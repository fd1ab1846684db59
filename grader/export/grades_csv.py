"""``grades.csv``: one row a student, one column a criterion, then the roster's own columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from grader.results.grades_csv import grades_csv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.export.formats import Export, File
    from grader.model.report import Adjustment, CriterionResult, Report
    from grader.scoring.scale import Scale


def files(export: Export) -> Iterator[File]:
    """The file on the export's scale; without one as a batch writes it, with four decimals."""
    from grader.export.formats import File

    yield File("", grades_csv(*csv_parts(export)).encode())


def csv_parts(export: Export) -> tuple[list[Report], list[str], dict[str, dict[str, str]]]:
    """What the table is made of: reports on the export's scale, criteria, the roster's other columns."""
    reports = [row.report for row in export.rows]
    named = [criterion.id for criterion in export.rubric.criteria] if export.rubric else []
    others = (result.id for report in reports for result in report.criteria)
    return (
        [scaled(report, export.scale) for report in reports],
        list(dict.fromkeys([*named, *others])),
        {row.student_id: row.student.extra for row in export.rows},
    )


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
        adjustments=tuple(_scaled_mark(adjustment, report, scale) for adjustment in report.adjusted)
        or UNSET,
    )


def _scaled_mark(adjustment: Adjustment, report: Report, scale: Scale) -> Adjustment:
    points = float(scale.score(adjustment.points, report.max_score))
    return msgspec.structs.replace(adjustment, points=points)


def _scaled(result: CriterionResult, report: Report, scale: Scale) -> CriterionResult:
    points = scale.points(result, report)
    return msgspec.structs.replace(
        result,
        points=None if points is None else float(points),
        max_points=float(scale.score(result.max_points, report.max_score)),
        tests=(),
    )
