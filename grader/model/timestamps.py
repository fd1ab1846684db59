"""Times as every file of the grader writes them: UTC, ISO 8601 to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(moment: datetime) -> str:
    """``moment``, which knows its time zone: ``2024-05-01T10:00:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    """The time it is."""
    return iso(datetime.now(UTC))
