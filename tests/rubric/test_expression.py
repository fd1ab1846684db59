"""Expressions of a rubric: what they can say, and that hostile ones are refused at once."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.rubric.expression import Expression, ExpressionError

FIELDS = {"a": 7, "b": 2, "text": "12", "unit": "km", "real": 2.5}
ENDS_S = 60
"""A liveness bound: what is hostile would never end."""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a + b", 9),
        ("a - b * 2", 3),
        ("a / b", 3.5),
        ("a // b", 3),
        ("a % b", 1),
        ("a ** b", 49),
        ("-a", -7),
        ("(a + b) * real", 22.5),
        ("a if unit == 'km' else 1000 * a", 7),
        ("a if b > 2 and b < 9 else 0", 0),
        ("1 < b < 3", True),
        ("not a", False),
        ("abs(b - a)", 5),
        ("round(a / 3, 2)", 2.33),
        ("round(a / 3)", 2),
        ("min(a, b) + max(a, b)", 9),
        ("len(text + unit)", 4),
        ("int(text) + float('0.5')", 12.5),
        ("int(str(a) + str(b))", 72),
    ],
)
def test_what_an_expression_can_say(text: str, value: object) -> None:
    assert Expression(text).value(FIELDS) == value


def test_it_names_the_fields_that_it_uses_and_not_what_it_calls() -> None:
    assert Expression("round(a / b, 2) + abs(abs)").names == {"a", "b", "abs"}


HOSTILE: dict[str, str] = {
    "an attribute": "a.__class__",
    "an attribute of text": "'x'.format(a)",
    "an attribute of a call": "str(a).join",
    "a call of something else": "__import__('os')",
    "a call of a field": "a(1)",
    "a call of a call": "str(a)(1)",
    "a keyword": "round(a, ndigits=2)",
    "arguments unpacked": "max(*text)",
    "a comprehension": "[x for x in text]",
    "a generator": "max(x for x in text)",
    "a lambda": "(lambda: 1)()",
    "an index": "text[0]",
    "a list": "[1, 2]",
    "an f-string": "f'{a}'",
    "a formatted number": "len('%10000000d' % 1)",
    "an assignment": "(x := 1)",
    "two expressions": "a; b",
    "a statement": "import os",
    "bytes": "b'x'",
    "a complex number": "1j",
    "true": "True",
    "a huge power": "9 ** 9 ** 9 ** 9",
    "a large power": "2 ** 100000",
    "a tower of multiplications": " * ".join(["9999999"] * 30),
    "a power of a fraction": "(-2) ** 0.5",
    "a long text": "'x' * 10 ** 9",
    "a text that grows": "+".join(["str(10 ** 59)"] * 21),
    "rounding to billions of decimals": "round(5, -10 ** 9)",
    "a large number": "1e999",
    "a number of many digits": "9" * 250,
    "deep minuses": "-" * 250 + "a",
    "deep calls": "abs(" * 60 + "a" + ")" * 60,
    "deep conditions": "a if a else (" * 20 + "a" + ")" * 20,
    "too many terms": "+".join("a" * 149),
    "too long a text": "a + " * 100 + "a",
    "a shift": "1 << 10 ** 9",
    "an inversion": "~a",
    "nothing": " ",
    "half an expression": "a +",
    "a null byte": "a\0",
    "not a number": "float('nan')",
    "infinity": "float('inf') * 0",
    "division by zero": "a / (b - 2)",
    "text and a number": "text + a",
    "an unknown name": "c + 1",
    "too few arguments": "min()",
    "text that is no number": "int(unit)",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_hostile_or_wrong_is_refused_in_words_and_ends(text: str) -> None:
    began = time.monotonic()
    with pytest.raises(ExpressionError) as refused:
        Expression(text).value(FIELDS)
    assert time.monotonic() - began < ENDS_S
    assert 0 < len(str(refused.value)) <= 300


PIECES = st.sampled_from(
    [*"ab+-*/%()<>=.,[]{}:'\"\\ 19", "**", "//", " if ", " else ", "round(", "str(", "len(", "'x'"]
)


@given(st.lists(PIECES, max_size=120).map("".join) | st.text(max_size=300))
def test_no_text_takes_long_or_raises_anything_else(text: str) -> None:
    began = time.monotonic()
    try:
        found: Any = Expression(text).value(FIELDS)
    except ExpressionError:
        found = 0
    assert isinstance(found, bool | int | float | str)
    assert time.monotonic() - began < ENDS_S
