"""Times as an LMS writes them for people: in words, in a language, without a zone."""

from __future__ import annotations

import re
from datetime import datetime

from grader.inputs.names import letters
from grader.model.timestamps import time_of

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan", "janvier", "janv"),
            ("february", "feb", "fevrier", "fevr", "fev"),
            ("march", "mar", "mars"),
            ("april", "apr", "avril", "avr"),
            ("may", "mai"),
            ("june", "jun", "juin"),
            ("july", "jul", "juillet", "juil"),
            ("august", "aug", "aout"),
            ("september", "sep", "sept", "septembre"),
            ("october", "oct", "octobre"),
            ("november", "nov", "novembre"),
            ("december", "dec", "decembre"),
        ),
        start=1,
    )
    for name in names
}
_WORD = re.compile(r"[^\W\d_]+")
_CLOCK = re.compile(r"(?P<hour>[0-9]{1,2}) ?[:h] ?(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?")
_YEAR = re.compile(r"\b(?P<year>[12][0-9]{3})\b")
_DAY = re.compile(r"\b(?P<day>[0-9]{1,2})(?:er|st|nd|rd|th)?\b")


def local_time(text: str) -> tuple[datetime, bool] | None:
    """The time that ``text`` says, and whether it was taken for this machine's for want of a zone.

    Understood are ISO 8601 and dates with the month in words, English or French. ``27/11/2026`` is not:
    nobody can say of ``03/04`` which is the month.
    """
    if (exact := time_of(text)) is not None:
        return exact, False
    for read in (_without_zone, _in_words):
        try:
            naive = read(text)
            if naive is not None:
                return naive.astimezone(), True
        except (ValueError, OverflowError):
            continue
    return None


def _without_zone(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if len(text) > len("2026-11-27") else None


def _in_words(text: str) -> datetime | None:
    clock, year = _CLOCK.search(text), _YEAR.search(text)
    words = [letters(word) for word in _WORD.findall(text)]
    month = next((_MONTHS[word] for word in words if word in _MONTHS), None)
    if clock is None or year is None or month is None:
        return None
    rest = text.replace(clock[0], " ", 1).replace(year[0], " ", 1)
    day = _DAY.search(rest)
    if day is None:
        return None
    hour = int(clock["hour"])
    half = re.search(r"\b([ap])\.? ?m\b", text[clock.end() :], re.IGNORECASE)
    if half:
        hour = hour % 12 + (12 if half[1].lower() == "p" else 0)
    second = int(clock["second"] or 0)
    return datetime(int(year["year"]), month, int(day["day"]), hour, int(clock["minute"]), second)
