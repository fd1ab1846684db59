"""The exit statuses of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.model.report import Report
    from grader.rehearsal.exam import Exam

ALL_POINTS, POINTS_MISSING, USAGE, UNGRADED, INTERRUPTED = 0, 1, 2, 3, 130


def batch_status(reports: list[Report]) -> int:
    """The exit status of a class: 0 when everyone who handed in was graded, whatever their points."""
    is_open = any(report.status == "ungraded" and not report.absent for report in reports)
    return UNGRADED if is_open else ALL_POINTS


def exam_status(exam: Exam) -> int:
    """The exit status of an exam: 0 when the reference earns everything and the untouched account
    nothing."""
    if exam.ungraded:
        return UNGRADED
    return POINTS_MISSING if exam.lost or exam.given else ALL_POINTS
