from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.observe import answers
from grader.observe.answers import numbers_by_key, numbers_in, written
from grader.safety.redact import redact

KEYS = ("body", "result", "sum")


@pytest.mark.parametrize(
    "body",
    [
        '{"body": 7}',
        '{"result": 7}',
        '{"sum": 7}',
        "7",
        "7.0",
        '"7"',
        '{"result": "7.0"}',
        '{"body": " 7 "}',
        "+7",
        '{"statusCode": 200, "body": 7}',
        '{"body": "done", "sum": 7}',
        '{"body": 7e0}',
    ],
)
def test_every_way_to_write_seven_is_seven(body: str) -> None:
    assert Decimal(7) in numbers_in(body, KEYS)


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "true",
        '{"body": true}',
        "NaN",
        '{"body": NaN}',
        '{"body": "nan"}',
        '{"body": Infinity}',
        "null",
        "[7]",
        '{"body": [7]}',
        '{"total": 7}',
        "7 apples",
        "{",
        "9" * 5000,
        '{"body": ' + "9" * 5000 + "}",
        '{"body": "' + "9" * 5000 + '"}',
        '{"body": 1e999999999}',
        "[" * 10_000 + "]" * 10_000,
        '{"body":' * 10_000 + "7" + "}" * 10_000,
        "7" + " " * 2**20,
        '{"body": "\\ud800"}',
        "\x00",
    ],
    ids=lambda body: body[:20] + (f"…{len(body)}" if len(body) > 20 else ""),
)
def test_what_is_not_a_number_is_no_number(body: str) -> None:
    assert numbers_in(body, KEYS) == ()


@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_no_text_raises(body: str) -> None:
    numbers_in(body, KEYS)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_only_numbers_come_out(value: object) -> None:
    assert all(number.is_finite() for number in numbers_in(json.dumps({"body": value}), KEYS))


def test_the_keys_of_the_rubric_come_first_whatever_their_order_in_the_message() -> None:
    body = '{"more": 1, "sum": "2", "body": 3, "": 4, "text": "x"}'
    assert list(numbers_by_key(body, KEYS).items()) == [
        ("body", 3),
        ("sum", 2),
        ("more", 1),
    ]


def test_of_a_message_full_of_keys_no_more_is_read_than_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: list[str] = []

    def look_at(key: str, limit: int) -> str:
        looked_at.append(key)
        return redact(key, limit)

    monkeypatch.setattr(answers, "redact", look_at)
    body = json.dumps({f"key{n}": n for n in range(50_000)} | {"sum": 7})
    by_key = numbers_by_key(body, KEYS)
    assert next(iter(by_key)) == "sum"
    assert len(by_key) == len(written(by_key)) == len(looked_at) == 20
    written({f"key{n}": number for n, number in enumerate([Decimal(7)] * 50_000)})
    assert len(looked_at) == 40


def test_what_is_kept_of_numbers_is_bounded_and_holds_no_secret() -> None:
    many = {f"key{n}": n for n in range(100)} | {"k" * 200: 1, "AKIAIOSFODNN7EXAMPLE": 2}
    kept = written(numbers_by_key(json.dumps(many), KEYS))
    assert kept == {f"key{n}": str(n) for n in range(20)}
