from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.inputs.problems import BadInput
from grader.model.report import CriterionResult, Report, TestResult
from grader.scoring.scale import Scale, decimal_text, scale_of
from tests.export.results_folders import ANN, a_report

TOP = Decimal(100)


def a_share(points: float, passed: int, tests: int, rest: float) -> Report:
    """A report as it is written: ``passed`` of ``tests`` share ``points``, and ``rest`` was missed."""
    outcomes = ["passed"] * passed + ["failed"] * (tests - passed)
    earned = round(points * passed / tests, 4)
    shared = CriterionResult(
        id="sums",
        title="Sums",
        status="partial",
        points=earned,
        max_points=points,
        tests=tuple(
            TestResult(name=str(place), outcome=outcome) for place, outcome in enumerate(outcomes)
        ),
    )
    missed = CriterionResult(id="rest", title="", status="failed", points=0, max_points=rest)
    return msgspec.structs.replace(
        a_report(ANN, 0), score=earned, max_score=points + rest, criteria=(shared, missed)
    )


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (2.675, "2.68"),  # in binary a little less than that
        (1.005, "1.01"),
        (0.125, "0.13"),
        (17.5, "17.5"),
        (20.0, "20"),
        (0.0, "0"),
        (100.0, "100"),
        (0.0049, "0"),
    ],
)
def test_a_half_is_rounded_up_as_it_is_written(points: float, said: str) -> None:
    assert decimal_text(Scale().score(points, 20)) == said


def test_a_score_is_rounded_once_on_its_new_scale() -> None:
    # 1.3333 of 3 is 44.4433…; rounded to 1.33 first it would be 44.33.
    assert Scale(TOP).score(1.3333, 3) == Decimal("44.44")
    assert Scale(Decimal(20)).score(0.0401, 0.8) == Decimal("1.00")
    assert Scale(TOP).score(2, 3) == Decimal("66.67")


def test_a_share_of_tests_is_rounded_once_and_not_in_the_report_before() -> None:
    # 8 of 21 for 1 point of 20 are 1.9047…: in the report 0.381, which would be 1.905 here.
    report = a_share(1, 8, 21, 19)
    assert Scale(TOP).total(report) == Decimal("1.90")
    assert Scale(TOP).points(report.criteria[0], report) == Decimal("1.90")


@given(
    st.integers(1, 40),
    st.integers(1, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.sampled_from([0, 0.5, 1, 10, 16, 19]),
    st.none() | st.sampled_from([10, 20, 100, 1000]),
)
@example(2, (8, 21), 19, 100)
def test_any_share_on_any_scale_is_the_nearest_cent(
    halves: int, passed: tuple[int, int], rest: float, top: int | None
) -> None:
    share = Fraction(halves, 2) * Fraction(*passed)
    exact = share if top is None else share * top / (Fraction(halves, 2) + Fraction(rest))
    report = a_share(halves / 2, *passed, rest)
    scale = Scale(None if top is None else Decimal(top))
    assert scale.total(report) == Decimal(math.floor(exact * 100 + Fraction(1, 2))) / 100


def test_full_marks_that_are_no_decimal_numbers_are_full_marks() -> None:
    third = a_share(0.3333, 1, 1, 0).criteria[0]
    report = msgspec.structs.replace(a_report(ANN, 0), score=1, max_score=1, criteria=(third,) * 3)
    assert Scale(TOP).total(report) == TOP


def test_who_has_no_score_has_none_on_any_scale() -> None:
    assert Scale(TOP).total(a_report(ANN, None)) is None
    assert decimal_text(None) == ""


@given(st.integers(0, 200_000), st.integers(1, 200_000), st.none() | st.integers(1, 1000))
def test_a_score_is_the_nearest_of_two_decimals(points: int, most: int, top: int | None) -> None:
    points = min(points, most)
    score = Scale(None if top is None else Decimal(top)).score(points / 10_000, most / 10_000)
    exact = Decimal(points) / 10_000 if top is None else Decimal(points) * top / Decimal(most)
    # Decimal's own division is exact enough to say which two decimals are nearest, but for halves.
    assert abs(score - exact) <= Decimal("0.0050000001")
    if top is None:
        assert score == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_full_marks_are_the_scales_own() -> None:
    assert Scale(TOP).score(7.3, 7.3) == Scale(TOP).maximum(7.3) == TOP
    assert Scale().maximum(20) == 20


@pytest.mark.parametrize("text", ["20", "100", "12.5", "0.01"])
def test_any_positive_number_is_a_scale(text: str) -> None:
    assert scale_of(text).top == Decimal(text)


@pytest.mark.parametrize(
    "text", ["0", "-20", "nan", "inf", "", "A", "20,0", "33.333", "1e9", "1e2", "1_0", "१०"]
)
def test_what_is_no_scale_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="--scale"):
        scale_of(text)
