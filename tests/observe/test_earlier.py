"""Old messages that may be answers of an earlier run, told from others by the size of their numbers."""

from __future__ import annotations

import pytest

from grader.observe.earlier import EarlierAnswers
from grader.rubric.exchange import ExchangeRules
from tests.exchanges import calculator

SUMS = EarlierAnswers(ExchangeRules())
CALCULATOR = EarlierAnswers(calculator())


@pytest.mark.parametrize(
    "body", ['{"body": 6508}', '{"somme": 6508}', '"6508"', "The sum is 6508.", "[6508]"]
)
def test_an_answer_in_any_form_may_be_of_an_earlier_run(body: str) -> None:
    assert SUMS.may_hold(body)


@pytest.mark.parametrize(
    "body", ["", "hello", '{"body": 7}', '{"body": 99999999}', "NaN", "9" * 5000, "{" * 5000]
)
def test_what_no_message_is_answered_by_is_somebody_elses(body: str) -> None:
    assert not SUMS.may_hold(body)


def test_another_lab_has_answers_of_another_size() -> None:
    assert CALCULATOR.may_hold('{"result": -900}')
    assert CALCULATOR.may_hold('{"result": 2500000}')
    assert not SUMS.may_hold('{"result": -900}')
