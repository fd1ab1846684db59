"""What a student is to change in a message that holds the right number and is no answer by its form."""

from __future__ import annotations

import ast
import json
import re
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from grader.checks import message, shown
from grader.i18n.language import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from grader.checks import Message
    from grader.model.observation import Pair

    IsRight = Callable[[Decimal], bool]

LONGEST_OTHER_FORM = 2000
"""Characters of a message that are read: an observation keeps fewer."""

MOST_QUOTED = 3
"""Messages that are quoted of those that came instead."""

_DEEPEST = 20
_NUMBER = re.compile(r"(?<![\w.])[+-]?\d{1,30}(?:\.\d{1,30})?(?!\w|\.\d)")


def step_of_form(text: str, is_right: IsRight, keys: Sequence[str], form: str) -> Message | None:
    """What to change in the answer ``text``; ``None`` where it does not hold the right number.

    ``keys`` are those that an answer may stand under, ``form`` is a right answer.
    """
    if len(text) > LONGEST_OTHER_FORM:
        return None
    value = _read(text)
    if isinstance(value, dict):
        return _in_dictionary(value, is_right, keys, form)
    if isinstance(value, list):
        if _holds(value, is_right):
            return message(N_("Send {form} itself, without a list around it."), form=form)
        return None
    if isinstance(value, str) and _holds(_read(value), is_right):
        twice = N_(
            "This was made JSON twice, so that it is text and no object: call json.dumps once, on the"
            " dictionary."
        )
        return message(twice)
    if value is None and _holds(_written_by_python(text), is_right):
        python = N_(
            "This is how Python writes a dictionary, and no JSON: send json.dumps(…) of it, not str(…)."
        )
        return message(python)
    if value is None and any(is_right(Decimal(number)) for number in _NUMBER.findall(text)):
        return message(N_("Send {form}, without other words around it."), form=form)
    return None


def is_twice(texts: Iterable[str], is_right: IsRight) -> bool:
    """One of ``texts`` holds twice the right number."""
    return any(
        number != 0 and is_right(number / 2)
        for text in texts
        for number in map(Decimal, _NUMBER.findall(text[:LONGEST_OTHER_FORM]))
    )


def repeated_pair(pair: Pair, earlier: Iterable[Pair]) -> Pair | None:
    """The pair before ``pair`` whose right answer the function gave to ``pair`` again."""
    again = {answer.body for answer in pair.unread}
    for other in earlier:
        right = {answer.body for answer in other.answers if answer.wrong is None}
        if other is not pair and again & right:
            return other
    return None


def quoted(others: Sequence[str]) -> dict[str, Message]:
    """What the function sent instead of the answer."""
    if not others:
        return {}
    first = others[:MOST_QUOTED]
    template = N_("Found instead: {found}.")
    if not any(character.isdigit() for text in first for character in text):
        template = N_("Found instead, not a number: {found}.")
        if len(first) > 1:
            template = N_("Found instead, not numbers: {found}.")
    return {"instead": message(template, found=in_quotes(first))}


def in_quotes(texts: Iterable[str]) -> str:
    """The first few of ``texts``, as they are shown within a sentence."""
    return ", ".join(map(_in_quotes, islice(texts, MOST_QUOTED)))


def _in_quotes(text: str) -> str:
    """``text`` as it is shown within a sentence; JSON shows by itself where it begins and ends."""
    return shown(text) if text.lstrip().startswith(('"', "{", "[")) else f'"{shown(text)}"'


def _in_dictionary(
    value: dict[str, Any], is_right: IsRight, keys: Sequence[str], form: str
) -> Message | None:
    """What to change in an answer that is a dictionary."""
    under = next((key for key, held in value.items() if _is(held, is_right)), None)
    if under is None:
        if _holds(value, is_right):
            return message(N_("Send {form} itself, not inside something else."), form=form)
        return None
    if under in keys:
        return None  # whatever is wrong with it is not its form
    for key in keys:
        if under.casefold().strip() == key.casefold():
            exactly = N_("Write the key as {key}: capital letters and blanks count.")
            return message(exactly, key=key)
    others = ", ".join(keys[1:])
    if not others:
        return message(N_("Use the key {key}, as in {form}."), key=keys[0], form=form)
    use = N_("Use the key {key}, as in {form}; these are taken too: {others}.")
    return message(use, key=shown(keys[0]), form=form, others=others)


def _read(text: str) -> Any:
    """The value that ``text`` is in JSON, ``None`` where it is none."""
    try:
        return json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, ArithmeticError, RecursionError):
        return None


def _written_by_python(text: str) -> Any:
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return value if isinstance(value, dict | list | tuple) else None


def _is(value: Any, is_right: IsRight) -> bool:
    """``value`` is the right number, or text that writes it."""
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        return bool(_NUMBER.fullmatch(value.strip())) and is_right(Decimal(value.strip()))
    if isinstance(value, int | float | Decimal):
        number = Decimal(str(value))
        return number.is_finite() and is_right(number)
    return False


def _holds(value: Any, is_right: IsRight, depth: int = 0) -> bool:
    """The right number stands somewhere in ``value``, be it in JSON within its text."""
    if depth > _DEEPEST:
        return False
    if isinstance(value, dict):
        return any(_holds(held, is_right, depth + 1) for held in value.values())
    if isinstance(value, list | tuple):
        return any(_holds(held, is_right, depth + 1) for held in value)
    if _is(value, is_right):
        return True
    inner = _read(value) if isinstance(value, str) else None
    return isinstance(inner, dict | list) and _holds(inner, is_right, depth + 1)
