from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from grader.pages.histogram import Bar, bars, plot
from grader.pages.speech import Speech

POINTS = st.floats(0, 1000, allow_nan=False)


def test_each_score_is_counted_in_its_bar() -> None:
    counted = bars([0, 13, 13.5, 19.99, 20], 20)
    assert {bar.low: bar.students for bar in counted if bar.students} == {0: 1, 13: 2, 19: 1, 20: 1}
    assert [bar.low for bar in counted] == list(range(21))


def test_a_score_just_below_a_step_is_not_lifted_over_it_and_one_on_it_is_not_left_below() -> None:
    counted = {bar.low: bar.students for bar in bars([0.3, 0.6, 0.7], 1)}
    assert counted[0.3] == counted[0.6] == counted[0.7] == 1


@given(scores=st.lists(POINTS, max_size=50), most=POINTS)
def test_every_score_is_counted_once_in_at_most_22_bars(scores: list[float], most: float) -> None:
    counted = bars(scores, most)
    assert sum(bar.students for bar in counted) == len(scores)
    assert len(counted) <= 22


def test_the_plot_has_a_bar_for_each_count_and_no_looks_of_its_own() -> None:
    counted = [Bar(0, 2), Bar(1, 0), Bar(2, 4)]
    svg = plot(counted, Speech("fr"))
    assert svg.count("<rect") == len(counted)
    heights = [float(h) for h in re.findall(r'<rect[^>]* height="([\d.]+)"', svg)]
    assert heights[1] == 0
    assert abs(heights[2] - 2 * heights[0]) < 0.1
    assert not re.search(r"fill|stroke|font-family|style|script|http", svg)
