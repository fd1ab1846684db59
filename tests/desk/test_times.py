from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from grader.desk.times import until_of
from grader.inputs.problems import BadInput

NOW = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)


def test_a_time_of_the_day_is_the_next_one() -> None:
    here = NOW.astimezone()
    later = (here + timedelta(hours=1)).strftime("%H:%M")
    earlier = (here - timedelta(hours=1)).strftime("%H:%M")
    assert until_of(later, NOW) == NOW + timedelta(hours=1)
    assert until_of(earlier, NOW) == NOW + timedelta(hours=23)


def test_a_moment_has_its_zone() -> None:
    assert until_of("2026-11-27T18:00+01:00", NOW) == datetime(2026, 11, 27, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "soon", "25:00", "2026-11-27T13:59+00:00", "2027-11-27T13:59+00:00", "0001-01-01"]
)
def test_what_is_no_time_over_or_far_away_is_bad_input(text: str) -> None:
    with pytest.raises(BadInput, match="--until"):
        until_of(text, NOW)
