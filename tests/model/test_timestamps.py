from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from grader.model.timestamps import iso, now


def test_a_time_is_written_in_utc_to_the_millisecond() -> None:
    paris = datetime(2024, 5, 1, 12, 0, 4, 200_999, timezone(timedelta(hours=2)))
    assert iso(paris) == iso(paris.astimezone(UTC)) == "2024-05-01T10:00:04.200Z"


def test_now_is_read_back_as_now() -> None:
    assert abs(datetime.now(UTC) - datetime.fromisoformat(now())) < timedelta(minutes=1)
