"""Reading a message of the output queue: hostile text in, the numbers that it holds out."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn

from grader.safety.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LONGEST_ANSWER = 1024 * 1024
"""Characters of a message that are read: SQS takes no more bytes."""

BARE = ""
"""The key of a number that stands alone."""

_MOST_KEYS, _LONGEST_KEY = 20, 100

_SEARCHED, _MOST_ANYWHERE = 4000, 50
_ANYWHERE = re.compile(r"(?<![\w.])[+-]?\d{1,60}(?:\.\d{1,60})?(?!\w|\.\d)")

_NUMBER = re.compile(r"\s*[+-]?\d{1,60}(\.\d{0,60})?([eE][+-]?\d{1,2})?\s*")


def numbers_by_key(body: str, keys: Iterable[str]) -> dict[str, Decimal]:
    """The numbers that ``body`` may mean: a bare one, or those of an object, ``keys`` before others.

    Beside those of ``keys`` there are no more than are kept. Text that reads as a number counts,
    ``true`` and ``NaN`` do not. Never raises.
    """
    if len(body) > LONGEST_ANSWER:
        return {}
    try:
        value = json.loads(body, parse_float=_decimal, parse_int=_decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        # Not JSON; a number written with blanks or a plus sign still reads as one.
        value = body
    first = tuple(keys)
    return dict(islice(_numbers(value, first), max(_MOST_KEYS, len(first))))


def numbers_in(body: str, keys: Iterable[str]) -> tuple[Decimal, ...]:
    """Those of them that stand alone or under one of ``keys``, in the order of the keys."""
    keys = tuple(keys)
    return under(numbers_by_key(body, keys), keys)


def numbers_anywhere(body: str) -> list[Decimal]:
    """The first numbers that stand in the text of a message, whatever its form. Never raises."""
    found = islice(_ANYWHERE.finditer(body[:_SEARCHED]), _MOST_ANYWHERE)
    return [Decimal(number.group()) for number in found]


def under(numbers: Mapping[str, Decimal], keys: Iterable[str]) -> tuple[Decimal, ...]:
    """The ``numbers`` that stand alone or under one of ``keys``."""
    return tuple(numbers[key] for key in (BARE, *keys) if key in numbers)


def written(numbers: Mapping[str, Decimal]) -> dict[str, str]:
    """The numbers as an observation keeps them: bounded, and under keys that hold no secret."""
    fit = (key for key in numbers if len(key) <= _LONGEST_KEY and redact(key, _LONGEST_KEY) == key)
    return {key: str(numbers[key]) for key in islice(fit, _MOST_KEYS)}


def _refuse(_constant: str) -> NoReturn:
    raise ValueError("not a number of JSON")


def _numbers(value: Any, keys: Iterable[str]) -> Iterator[tuple[str, Decimal]]:
    given = value if isinstance(value, dict) else {BARE: value}
    for key in dict.fromkeys((*keys, *given)):
        if key not in given or (key == BARE and given is value):
            continue
        candidate = given[key]
        if isinstance(candidate, Decimal):
            yield key, candidate
        elif isinstance(candidate, str) and (number := _decimal(candidate)) is not None:
            yield key, number


def _decimal(text: str) -> Decimal | None:
    """The number that ``text`` writes, unless it has more digits than any answer."""
    return Decimal(text.strip()) if _NUMBER.fullmatch(text) else None
