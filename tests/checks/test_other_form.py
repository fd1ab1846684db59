from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.checks.other_form import step_of_form
from grader.model.fact import Found, NotTried
from grader.model.observation import Answer, Invocation
from tests.observations import a_pair, an_exchange, lab_rubric, only, reference, silent_pair

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.model.outcome import Outcome

    Judged = Callable[..., list[Outcome]]

KEYS = ("body", "result")
FORM = '{"body": 1100}'


def step(text: str) -> str | None:
    found = step_of_form(text, lambda number: number == 1100, KEYS, FORM)
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"resultat": 1100}', "Use the key body"),
        ('{"resultat": "1100.0"}', "Use the key body"),
        ('{"Body": 1100}', "Write the key as body"),
        ('{"result ": 1100}', "Write the key as result"),
        ('{"statusCode": 200, "body": "{\\"sum\\": 1100}"}', "not inside something else"),
        ('{"body": {"body": 1100}}', "not inside something else"),
        ("[1100]", "without a list"),
        ('[{"body": 1100}]', "without a list"),
        ('"{\\"body\\": 1100}"', "call json.dumps once"),
        ("{'body': 1100}", "not str(…)"),
        ("The sum is 1100", "without other words"),
        ("The sum is 1100.", "without other words"),
    ],
)
def test_the_right_number_in_another_form_has_its_own_step(text: str, said: str) -> None:
    assert said in (step(text) or "")


@pytest.mark.parametrize(
    "text",
    ['{"body": 1100}', '{"resultat": 1101}', "[1101]", "11000", "x1100", "{'body': 7}", "", "true"],
)
def test_what_is_wrong_with_an_answer_is_not_its_form_where_it_is_not(text: str) -> None:
    assert step(text) is None


@given(
    st.one_of(
        st.text(max_size=3000),
        st.integers(1, 3000).map(lambda depth: "[" * depth + "1100" + "]" * depth),
        st.integers(1, 3000).map(lambda depth: '{"a":' * depth),
        st.integers(1, 3000).map(lambda digits: "9" * digits),
        st.sampled_from(["NaN", "1e999999999", "-Infinity", '{"a": 1e9999}', "-" * 1999]),
    )
)
def test_no_message_stops_the_reading(text: str) -> None:
    step(text)


def test_the_pair_that_was_sent_and_the_expected_form_are_said(judged: Judged) -> None:
    silent = msgspec.structs.replace(Invocation((silent_pair(),)), others=('{"resultat": 1100}',))
    (found,) = judged(
        only(lab_rubric(), "handler"),
        reference(
            handler=Found(silent),
            records=NotTried("handler", "The function did not answer one record."),
            exchange=Found(an_exchange(0, 1, patience_s=10)),
        ),
    )
    assert found.message == (
        'your function answered {"resultat": 1100}; expected {"body": 1100} for 100 and 1000.'
    )
    assert found.hint.startswith("Use the key body")


def test_the_answer_to_an_earlier_message_is_named_with_it(judged: Judged) -> None:
    again = msgspec.structs.replace(silent_pair(1), unread=(Answer('{"body": 1100}', None, 0.5),))
    exchange = an_exchange(0, 0, pairs=(again,))
    handler = Found(Invocation((a_pair(0),)))
    first, *_ = judged(
        only(lab_rubric(), "sums"), reference(handler=handler, exchange=Found(exchange))
    )
    assert first.message == (
        'expected {"body": 1170} for {"number1": 120, "number2": 1050}, found {"body": 1100} again,'
        ' the answer to {"number1": 100, "number2": 1000}.'
    )
    assert first.hint.startswith("Your function keeps what it read first")
