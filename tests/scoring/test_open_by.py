"""Whose an ungraded criterion is to settle, and what is earned whatever comes of it."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model.fact import Unknown, UnknownKind
from grader.scoring.open_by import first_open, open_by, open_points, settled_by, with_open_score
from grader.scoring.score import score, ungraded_report
from grader.scoring.summary import summarise
from tests.observations import lab_rubric, reference
from tests.scoring.test_score import CHECKS, Student, blocked, report, result, said

THEIRS = ("disturbed", "ambiguous", "vanished", "unusable-key", "needs-change")
CONSUMER = [
    said("handler", "ungraded", because="disturbed"),
    said("records", "ungraded", because="disturbed"),
    *[said("sums", "ungraded", because="disturbed")] * 5,
]
"""What is not known of an account in which another function reads the output queue."""


def unknown(criterion: str, kind: str) -> Any:
    return said(criterion, "ungraded", because=kind)


@pytest.mark.parametrize("kind", get_args(UnknownKind))
def test_a_kind_of_unknown_is_the_students_where_only_they_can_end_it(kind: str) -> None:
    whose = "student" if kind in THEIRS else "grader"
    graded = report(unknown("memory", kind))
    memory = result(graded, "memory")
    assert (memory.open_by, open_by(graded)) == (whose, whose)
    free = memory.hint.startswith("This costs no points.")
    yours = memory.hint.startswith("This stays open until you settle it.")
    assert (free, yours) == (whose == "grader", whose == "student")


@pytest.mark.parametrize("status", ["passed", "failed", "blocked"])
def test_what_is_not_ungraded_is_nobodys_to_settle(status: str) -> None:
    graded = report(said("memory", status))
    assert {one.open_by for one in graded.criteria} == {None}
    assert open_by(graded) is None


@pytest.mark.parametrize(("kind", "whose"), [("disturbed", "student"), ("throttled", "grader")])
def test_what_is_blocked_by_an_ungraded_criterion_is_whose_that_is(kind: str, whose: str) -> None:
    graded = report(unknown("handler", kind), blocked("records", "handler"))
    assert result(graded, "records").open_by == whose
    assert result(graded, "records").hint == result(graded, "handler").hint


def test_what_an_older_observation_lacks_is_the_graders() -> None:
    assert result(report(blocked("records", "handler")), "records").open_by == "grader"


@pytest.mark.parametrize("kinds", [("disturbed", "throttled"), ("throttled", "disturbed")])
def test_a_criterion_of_two_reasons_is_the_graders_and_gives_its_reason(
    kinds: tuple[str, str],
) -> None:
    sums = [said("sums", "ungraded", because=kind, message=f"It is {kind}.") for kind in kinds]
    one = result(report(*sums), "sums")
    assert (one.open_by, one.message) == ("grader", "It is throttled.")
    assert one.hint.startswith("This costs no points.")


def test_a_report_is_the_students_only_where_all_that_is_open_is_theirs() -> None:
    assert open_by(report(*CONSUMER)) == "student"
    assert open_by(report(*CONSUMER, unknown("memory", "permission"))) == "grader"
    assert open_by(report(*CONSUMER, said("memory", "failed"))) == "student"


def test_a_report_that_does_not_say_is_the_graders() -> None:
    graded = report(*CONSUMER)
    criteria = tuple(msgspec.structs.replace(one, open_by=None) for one in graded.criteria)
    assert open_by(msgspec.structs.replace(graded, criteria=criteria)) == "grader"


def test_kinds_are_settled_by_the_student_only_where_all_are_theirs() -> None:
    assert settled_by(["disturbed", "vanished"]) == "student"
    assert settled_by(["disturbed", "unexpected"]) == "grader"
    assert settled_by(["a kind of an author's own"]) == "grader"


# -- points ---------------------------------------------------------------------------------------


def test_what_is_earned_beside_an_open_criterion_is_sure() -> None:
    graded = report(*CONSUMER)
    assert (graded.score, graded.sure_points, open_points(graded)) == (None, 13, 7)


def test_what_is_lost_beside_an_open_criterion_is_neither_sure_nor_open() -> None:
    graded = report(*CONSUMER, said("memory", "failed"))
    assert (graded.sure_points, open_points(graded)) == (12, 7)


def test_of_an_open_criterion_the_tests_that_passed_are_sure() -> None:
    sums = [said("sums"), said("sums"), said("sums")]
    graded = report(*sums, *[unknown("sums", "disturbed")] * 2)
    assert result(graded, "sums").points is None
    assert graded.sure_points == pytest.approx(16 + 4 * 3 / 5)
    assert open_points(graded) == pytest.approx(4 * 2 / 5)


def test_of_an_open_criterion_the_tests_that_failed_are_not_open_any_more() -> None:
    sums = [said("sums"), said("sums", "failed"), unknown("sums", "disturbed")]
    graded = report(*sums)
    assert (graded.sure_points, open_points(graded)) == (17.3333, 1.3333)


def test_of_a_graded_report_the_score_is_sure() -> None:
    graded = report(said("memory", "failed"), said("sums"), said("sums", "failed"))
    assert graded.sure_points == graded.score == 17
    assert open_points(graded) == 0


def test_where_nothing_was_observed_nothing_is_sure() -> None:
    why = Unknown("credentials", "No.")
    graded = ungraded_report(Student(), lab_rubric(), why, seed=1, region="eu-west-3")
    assert (graded.sure_points, open_points(graded), open_by(graded)) == (0, 20, "grader")
    assert {one.open_by for one in graded.criteria} == {"grader"}


def test_of_what_no_test_was_run_for_nothing_is_sure() -> None:
    outcomes = [said(one.id) for one in lab_rubric().criteria if one.id != "schedule"]
    graded = score(Student(), reference(), outcomes, lab_rubric(), CHECKS)
    assert (graded.sure_points, open_points(graded)) == (17, 3)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([one.id for one in lab_rubric().criteria]),
            st.sampled_from(["passed", "failed", "ungraded"]),
            st.sampled_from(get_args(UnknownKind)),
        ),
        max_size=30,
    )
)
def test_what_is_sure_stays_and_what_is_open_is_all_that_can_come(
    told: list[tuple[str, str, str]],
) -> None:
    """Settled at worst or at best, a report is within its sure and its open points."""
    outcomes = [said(name, status, because=kind) for name, status, kind in told]
    graded = report(*outcomes)
    worst, best = (
        report(*(settled(one, end) for one in outcomes)).score for end in ("failed", "passed")
    )
    assert graded.sure_points == pytest.approx(worst)
    assert (graded.sure_points or 0) + open_points(graded) == pytest.approx(best, abs=1e-3)


def settled(outcome: Any, end: str) -> Any:
    ended = end if outcome.outcome == "ungraded" else outcome.outcome
    return msgspec.structs.replace(outcome, outcome=ended)


# -- what a class shows ---------------------------------------------------------------------------


def test_the_sure_points_are_a_score_only_where_asked_for_and_open_by_the_student() -> None:
    theirs, mixed = report(*CONSUMER), report(*CONSUMER, unknown("memory", "permission"))
    lost = report(said("memory", "failed"))
    shown = [with_open_score(one, "sure") for one in (theirs, mixed, lost)]
    assert [one.score for one in shown] == [13, None, 19]
    assert shown[0].status == "ungraded"
    assert [with_open_score(one, "blank") for one in (theirs, mixed)] == [theirs, mixed]


def test_the_summary_says_whose_and_what_is_sure() -> None:
    reports = [report(*CONSUMER), report(unknown("memory", "throttled")), report()]
    told = summarise(reports, lab_rubric(), "en").scores
    assert [(one.open_by, one.sure_points, one.score) for one in told] == [
        ("student", 13, None),
        ("grader", 19, None),
        (None, 20, 20),
    ]


def test_the_reason_of_a_report_is_one_of_whoever_settles_it() -> None:
    theirs = report(*CONSUMER)
    mixed = report(*CONSUMER, unknown("schedule", "permission"))
    first = [first_open(one) for one in (theirs, mixed, report())]
    assert [one and one.id for one in first] == ["handler", "schedule", None]
