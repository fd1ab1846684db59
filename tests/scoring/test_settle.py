"""Whose it is to settle what is open, and which points are sure whatever comes of it."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from grader.model.observation import Unknown, UnknownKind
from grader.model.report import Report
from grader.scoring.score import ungraded_report
from grader.scoring.settle import settled_by, with_sure_points
from tests.observations import lab_rubric
from tests.scoring.test_score import Student, report, result, said

THEIRS = {"disturbed", "ambiguous", "vanished"}


def unknown(criterion: str, kind: str) -> Any:
    return said(criterion, "ungraded", because=kind)


@pytest.mark.parametrize("kind", get_args(UnknownKind))
def test_only_what_its_owner_alone_can_mend_is_the_students(kind: str) -> None:
    by = "student" if kind in THEIRS else "grader"
    assert settled_by(kind) == by
    graded = report(unknown("handler", kind))
    assert result(graded, "handler").open_by == by
    assert result(graded, "memory").open_by is None
    assert graded.open_by == by


def test_what_both_have_to_settle_is_the_graders() -> None:
    graded = report(unknown("handler", "disturbed"), unknown("memory", "permission"))
    assert graded.open_by == "grader"
    assert report().open_by is None


def test_what_depends_on_something_open_is_open_by_the_same() -> None:
    graded = report(
        unknown("mapping", "vanished"), said("sums", "blocked", because="mappings.input")
    )
    assert result(graded, "sums").open_by == "student"


def test_sure_is_what_was_earned_and_the_share_of_tests_that_passed() -> None:
    taken = [unknown(name, "disturbed") for name in ("handler", "records")]
    sums = [said("sums"), said("sums"), said("sums"), *[unknown("sums", "disturbed")] * 2]
    graded = report(*taken, *sums, said("memory", "failed"))
    # Of 20: handler 2, records 1 and memory 1 are not sure, and of the sums' 4 points 2 fifths.
    assert (graded.score, graded.sure_points) == (None, 20 - 2 - 1 - 1 - 1.6)


def test_of_a_graded_report_everything_is_sure() -> None:
    graded = report(said("memory", "failed"))
    assert graded.sure_points == graded.score == 19


def test_of_what_was_not_looked_at_nothing_is_sure() -> None:
    seen = ungraded_report(
        Student(), lab_rubric(), Unknown("unreachable", "gone"), seed=1, region="eu-west-3"
    )
    assert seen.sure_points == 0
    assert {one.open_by for one in seen.criteria} == {"grader"}


def test_the_sure_points_count_only_where_all_that_is_open_is_the_students() -> None:
    theirs = report(unknown("sums", "disturbed"))
    counted = with_sure_points(theirs)
    assert counted.score == 16
    assert result(counted, "sums").points == 0
    for other in (
        report(),
        report(unknown("sums", "permission")),
        report(unknown("sums", "disturbed"), unknown("handler", "throttled")),
        msgspec.structs.replace(theirs, sure_points=None),
    ):
        assert with_sure_points(other) == other


def test_a_report_of_an_earlier_version_says_nothing_of_it() -> None:
    fields = msgspec.to_builtins(report(unknown("sums", "disturbed")))
    del fields["sure_points"]
    for one in fields["criteria"]:
        del one["open_by"]
    read = msgspec.convert(fields, Report)
    assert read.sure_points is None
    assert read.open_by == "grader"
    assert with_sure_points(read) == read
