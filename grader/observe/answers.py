"""Reading a message of the output queue: hostile text in, at most one recognised answer out."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from grader.observe.pairs import ROOM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

READ_LIMIT = 1024 * 1024
"""Characters of a message that are read: SQS takes no more bytes."""

_NUMBER = re.compile(r"\s*[+-]?\d{1,60}(\.\d{0,60})?([eE][+-]?\d{1,2})?\s*")


def numbers_in(body: str, keys: Iterable[str]) -> tuple[Decimal, ...]:
    """The numbers that ``body`` may mean: a bare one, or those under ``keys`` of an object.

    Text that reads as a number counts, ``true`` and ``NaN`` do not. Never raises.
    """
    if len(body) > READ_LIMIT:
        return ()
    try:
        value = json.loads(body, parse_float=_decimal, parse_int=_decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        # Not JSON; a number written with blanks or a plus sign still reads as one.
        value = body
    return tuple(_numbers(value, keys))


def _refuse(_constant: str) -> NoReturn:
    raise ValueError("not a number of JSON")


def _numbers(value: Any, keys: Iterable[str]) -> Iterator[Decimal]:
    candidates = (
        [value[key] for key in keys if key in value] if isinstance(value, dict) else [value]
    )
    for candidate in candidates:
        if isinstance(candidate, Decimal):
            yield candidate
        elif isinstance(candidate, str) and (number := _decimal(candidate)) is not None:
            yield number


def _decimal(text: str) -> Decimal | None:
    """The number that ``text`` writes, unless it has more digits than any sum."""
    return Decimal(text.strip()) if _NUMBER.fullmatch(text) else None


def mistake(value: Decimal, first: int, second: int) -> str | None:
    """Which mistake makes ``value`` of a pair; empty for the right sum, ``None`` for no relation."""
    total = first + second
    if value == total:
        return ""
    named = {
        int(f"{first}{second}"): "joined",
        int(f"{second}{first}"): "joined",
        first * second: "multiplied",
        first - second: "subtracted",
        second - first: "subtracted",
        first: "first-number",
        second: "second-number",
    }
    for number, name in named.items():
        if value == number:
            return name
    return "nearly" if abs(value - total) <= ROOM else None
