"""Saying a thing in one language: its words, plural forms, numbers, times and durations."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_datetime, format_time
from babel.numbers import format_decimal

from grader.i18n.language import language
from grader.model.timestamps import time_of
from grader.pages.text import page_text

_MINUTE, _HOUR = 60, 3600
_HUGE = 1e15
_LONGEST_TIME = 40


class Speech:
    """One language. Any that the grader does not speak is English."""

    def __init__(self, lang: str) -> None:
        self._words = language(lang)
        self.lang = self._words.code
        self._locale = Locale.parse(self.lang)

    def say(self, template: str, **values: object) -> str:
        """The sentence of ``template`` with ``values`` filled in."""
        return self._words.say(template, **values)

    def plural(self, count: int, one: str, several: str, **values: object) -> str:
        """The same for a number of things: ``{count}`` is filled in too."""
        return self._words.plural(count, one, several, count=self.number(count), **values)

    def number(self, value: float | None) -> str:
        """At most four decimals, as a report has points; a dash where there is none."""
        if value is None:
            return "–"
        return _number(float(value), self._locale)

    def mean(self, value: float | None) -> str:
        """A mean, of which two decimals say enough; a dash where there is none."""
        return self.number(None if value is None else float(round(Decimal(repr(value)), 2)))

    def percent(self, share: float | None) -> str:
        """A share from 0 to 1, in whole percent."""
        return "–" if share is None else self._words.percent(share)

    def moment(self, iso: str | None) -> str:
        """A date and a time; what is not one stays as it is written."""
        when = time_of(iso or "")
        if when is None:
            return page_text(iso or "–", _LONGEST_TIME)
        return str(format_datetime(when, "long", tzinfo=when.tzinfo, locale=self._locale))

    def clock(self, iso: str | None) -> str:
        """The time of the day."""
        when = time_of(iso or "")
        if when is None:
            return page_text(iso or "–", _LONGEST_TIME)
        return str(format_time(when, "medium", tzinfo=when.tzinfo, locale=self._locale))

    def duration(self, seconds: float | None) -> str:
        """``4.2 s``, ``3 min 5 s``, ``2 h 10 min``."""
        if seconds is None:
            return "–"
        tenths = round(seconds, 1)
        if tenths < _MINUTE:
            return f"{self.number(tenths)}\N{NO-BREAK SPACE}s"
        whole = round(seconds)
        if whole < _HOUR:
            parts = ((whole // _MINUTE, "min"), (whole % _MINUTE, "s"))
        else:
            parts = ((whole // _HOUR, "h"), (whole % _HOUR // _MINUTE, "min"))
        return " ".join(
            f"{self.number(value)}\N{NO-BREAK SPACE}{unit}" for value, unit in parts if value
        )


@lru_cache(maxsize=4096)
def _number(value: float, locale: Locale) -> str:
    if abs(value) >= _HUGE:
        return f"{value:g}"
    return str(format_decimal(value, format="#,##0.####", locale=locale))
