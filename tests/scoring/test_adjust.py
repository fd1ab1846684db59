"""Lateness and a human's marks: in which order they count, and what they leave as it was."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from grader.model.report import Adjustment, Report
from grader.scoring.adjust import adjusted, as_earned, exact_score, with_overrides
from grader.scoring.open_by import ShownScores, open_by, open_points
from grader.scoring.scale import Scale, scale_of
from tests.export.results_folders import ANN, RUBRIC, a_report, an_open_report

WORTH = {one.id: one.points for one in RUBRIC.criteria}


def override(criterion: str, points: float) -> Adjustment:
    return Adjustment(kind="override", criterion=criterion, points=points, why="Seen at the desk.")


def bonus(points: float) -> Adjustment:
    return Adjustment(kind="bonus", points=points, why="Helped others.")


def total(points: float) -> Adjustment:
    return Adjustment(kind="total", points=points, why="Oral.")


def late(share: float) -> Adjustment:
    return Adjustment(
        kind="late", points=0, share=share, why="Late.", at="2026-11-28T00:00:00.000Z"
    )


def given_points(report: Report, *marks: Adjustment, by: Adjustment | None = None) -> float | None:
    return adjusted(report, by, marks).score


FULL = a_report(ANN, 20)


def test_without_adjustments_a_report_says_nothing_of_them() -> None:
    assert adjusted(FULL, None, ()) is FULL
    assert (FULL.adjustments, FULL.earned_score) == (UNSET, UNSET)


def test_an_override_stands_in_the_place_of_what_was_earned_and_the_checks_stay() -> None:
    report = with_overrides(FULL, [override("sums", 1.5)])
    assert (report.score, report.earned_score, report.sure_points) == (17.5, 20, 17.5)
    assert report.criteria == FULL.criteria
    assert "overridden" in report.flags


def test_what_lateness_takes_it_takes_of_no_criterion_that_a_human_marked() -> None:
    report = adjusted(FULL, late(0.5), [override("sums", 4)])
    assert [(one.kind, one.points) for one in report.adjusted] == [("late", -8), ("override", 4)]
    assert report.score == 12
    assert given_points(FULL, override("sums", 0), by=late(0.5)) == 8


def test_a_bonus_comes_after_lateness_and_leads_over_neither_bound() -> None:
    assert given_points(FULL, bonus(2), by=late(0.5)) == 12
    assert given_points(FULL, bonus(2)) == 20
    assert given_points(a_report(ANN, 1), bonus(-3)) == 0


def test_a_total_is_the_score_itself_whatever_else_there_is() -> None:
    assert given_points(FULL, override("sums", 0), bonus(3), total(7), by=late(0.5)) == 7


def test_a_mark_above_what_there_is_to_get_counts_as_that() -> None:
    assert given_points(a_report(ANN, 12), override("sums", 9)) == 16
    assert given_points(FULL, total(99)) == 20


def test_a_mark_of_what_the_report_does_not_have_counts_nothing() -> None:
    assert with_overrides(FULL, [override("gone", 1)]) is FULL


def test_a_report_is_graded_once_all_that_is_open_is_settled() -> None:
    report = an_open_report(ANN, arrived=2)
    one = with_overrides(report, [override("handler", 2)])
    assert (one.status, one.score, open_by(one)) == ("ungraded", None, "student")
    assert open_points(one) == 1 + 4 * 3 / 5
    assert one.sure_points == 13 + 4 * 2 / 5 + 2
    every = [override("handler", 2), override("records", 0), override("sums", 3)]
    settled = with_overrides(report, every)
    assert (settled.status, settled.score, open_by(settled)) == ("graded", 18, None)
    assert settled.earned_score is None
    assert [one.status for one in settled.criteria] == [one.status for one in report.criteria]


def test_a_total_grades_whoever_could_not_be_graded() -> None:
    report = with_overrides(a_report(ANN, None), [total(11)])
    assert (report.status, report.score, open_points(report)) == ("graded", 11, 0)


def test_whoever_handed_in_nothing_and_has_a_total_is_absent_no_more() -> None:
    nothing = msgspec.structs.replace(a_report(ANN, None), kind="nothing-handed-in")
    assert nothing.absent
    report = with_overrides(nothing, [total(9)])
    assert (report.absent, report.nothing_seen, report.score) == (False, True, 9)
    assert ShownScores(absent="zero").of(report).score == 9


def test_on_another_scale_the_score_is_rounded_once() -> None:
    report = with_overrides(FULL, [override("sums", 1.3333)])
    assert scale_of("100").total(report) == Scale().score(17.3333 * 5, 100)


MARKS: Any = st.lists(
    st.one_of(
        st.builds(override, st.sampled_from([*WORTH, "gone"]), st.integers(0, 4)),
        st.builds(bonus, st.integers(-5, 5)),
        st.builds(total, st.integers(0, 20)),
    ),
    max_size=4,
    unique_by=lambda one: (one.kind, one.criterion),
)
LATE: Any = st.none() | st.builds(late, st.sampled_from([0, 0.1, 0.5, 1]))
REPORTS: Any = st.one_of(
    st.builds(a_report, st.just(ANN), st.none() | st.integers(0, 20)),
    st.builds(an_open_report, st.just(ANN), arrived=st.integers(0, 4)),
)


def without_sure(report: Report) -> Report:
    """But for the sure points, which reports of version 0.1.0 lack."""
    return msgspec.structs.replace(report, sure_points=None)


@given(REPORTS, LATE, MARKS, MARKS, st.permutations(range(4)))
def test_the_score_is_a_function_of_what_was_earned_lateness_and_the_marks_of_now(
    report: Report,
    by: Adjustment | None,
    now: list[Adjustment],
    before: list[Adjustment],
    turn: Any,
) -> None:
    at_once = adjusted(report, by, now)
    turned = [now[place] for place in turn if place < len(now)]
    by_way_of = with_overrides(with_overrides(adjusted(report, by, before), before), turned)
    assert (by_way_of.score, by_way_of.status) == (at_once.score, at_once.status)
    assert with_overrides(at_once, now) == at_once
    assert without_sure(as_earned(by_way_of)) == without_sure(as_earned(at_once))
    assert without_sure(as_earned(at_once)) == without_sure(report)
    assert 0 <= exact_score(at_once) <= report.max_score


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_lateness_alone_marks_nothing_by_hand(share: float) -> None:
    report = adjusted(FULL, late(share), ())
    assert report.score == 20 * (1 - share)
    assert "overridden" not in report.flags
