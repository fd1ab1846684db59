"""Times as every file of the grader writes them, in UTC to the millisecond, and as AWS says them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def iso(moment: datetime) -> str:
    """``moment``, which knows its time zone: ``2024-05-01T10:00:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def time_of(text: str) -> datetime | None:
    """The time that ``text`` is in ISO 8601 with a zone, ``None`` where it is none."""
    try:
        time = datetime.fromisoformat(text)
        time.astimezone(UTC)  # the year 1 in Tokyo is none that can be compared
    except (ValueError, OverflowError):
        return None
    # Of a date alone, or without a zone, nobody can say which moment is meant.
    return time if time.tzinfo is not None and len(text) > len("2026-11-27") else None


def now() -> str:
    """The time it is."""
    return iso(datetime.now(UTC))


def answered_at(response: Mapping[str, Any]) -> datetime | None:
    """When AWS answered, by its own clock, to the second. Source: the response's ``Date``."""
    date = response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except (ValueError, TypeError, OverflowError):  # a year that no calendar has, for one
        return None
