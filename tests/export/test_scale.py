from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.export.scale import Scale, number, scale_of
from grader.problems import BadInput

TOP = Decimal(100)


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
    assert number(Scale().score(points, 20)) == said


def test_a_score_is_rounded_once_on_its_new_scale() -> None:
    # 1.3333 of 3 is 44.4433…; rounded to 1.33 first it would be 44.33.
    assert Scale(TOP).score(1.3333, 3) == Decimal("44.44")
    assert Scale(Decimal(20)).score(0.0401, 0.8) == Decimal("1.00")
    assert Scale(TOP).score(2, 3) == Decimal("66.67")


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


@pytest.mark.parametrize("text", ["20", "100", "12.5", "0.01", "1e2"])
def test_any_positive_number_is_a_scale(text: str) -> None:
    assert scale_of(text).top == Decimal(text)


@pytest.mark.parametrize("text", ["0", "-20", "nan", "inf", "", "A", "20,0", "33.333", "1e9"])
def test_what_is_no_scale_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="--scale"):
        scale_of(text)
