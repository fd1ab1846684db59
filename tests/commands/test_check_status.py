"""The exit status of ``check`` says whether points are missing, whatever they are missing for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from grader.commands.check import check_status
from tests.scoring.test_score import report, said

if TYPE_CHECKING:
    from grader.model.report import Report


def free(graded: Report) -> Report:
    """The same where the criterion that failed is worth nothing."""
    criteria = [
        one if one.status == "passed" else msgspec.structs.replace(one, points=0.0, max_points=0.0)
        for one in graded.criteria
    ]
    return msgspec.structs.replace(graded, criteria=criteria, score=graded.max_score)


def looked(graded: Report, *criteria: str) -> Report:
    return msgspec.structs.replace(graded, looked_at=list(criteria), score=None)


WRONG, OPEN = report(said("memory", "failed")), report(said("memory", "ungraded"))


@pytest.mark.parametrize(
    ("graded", "status"),
    [
        (report(), 0),
        (WRONG, 1),
        (OPEN, 3),
        (msgspec.structs.replace(report(), score=10.0), 1),  # all right, and late
        (msgspec.structs.replace(WRONG, score=20.0), 0),  # a bonus made up for it
        (free(WRONG), 0),
        (looked(WRONG, "memory"), 1),
        (looked(WRONG, "runtime"), 0),
        (looked(free(WRONG), "memory", "runtime"), 0),
        (looked(OPEN, "memory"), 3),
        (looked(OPEN, "runtime"), 0),
    ],
)
def test_the_status_is_of_the_points(graded: Report, status: int) -> None:
    assert check_status(graded) == status
