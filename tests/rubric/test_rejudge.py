"""Answers judged anew by another rubric: without AWS, from what was kept of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from grader.model.fact import Found, NotTried, Unknown
from grader.model.observation import Answer, Exchange, Invocation, Observation, Pair
from grader.observe.answers import numbers_by_key, written
from grader.observe.scope import restrict_to, scope_of
from grader.rubric.exchange import AnswerRules, ExchangeRules
from grader.rubric.rejudge import answering
from tests.exchanges import OPERATIONS, calculator, drawn
from tests.observations import lab_rubric, reference

RULES = calculator()
TYPO = calculator(
    answer=AnswerRules(("result",), {"of": "operation", **OPERATIONS, "-": "number2 - number1"}, 0)
)
AFTER_HANDLER = NotTried("handler", "It did not answer.")


def sent(index: int, *bodies: str, rules: ExchangeRules = RULES) -> Pair:
    """The message ``index`` of a row, and the messages that came since, as a run keeps them."""
    fields = {
        "number1": 1000 + 111 * index,
        "number2": 170 + 7 * index,
        "operation": list(OPERATIONS)[index % 4],
    }
    readings = drawn(rules, **fields).readings
    answers, unread = [], []
    for body in bodies:
        numbers = numbers_by_key(body, rules.keys)
        number = next((numbers[key] for key in ("", *rules.keys) if key in numbers), None)
        reading = None if number is None else readings.named(number)
        name, detail = (None, "") if reading is None else (reading.name or None, reading.detail)
        answer = Answer(body, name, 0.5, detail, written(numbers))
        (unread if reading is None else answers).append(answer)
    return Pair(None, None, "2024-05-01T10:00:00.000Z", tuple(answers), fields, tuple(unread))


def right(index: int, key: str = "result") -> str:
    fields: Any = sent(index).message
    one, two = fields["number1"], fields["number2"]
    answer = {"+": one + two, "-": one - two, "*": one * two, "/": one / two}
    return f'{{"{key}": {answer[fields["operation"]]!r}}}'


def seen(rules: ExchangeRules = RULES, **changes: Any) -> Observation:
    """A function that is right by :data:`RULES`, as a run by ``rules`` keeps it."""
    facts: dict[str, Any] = {
        "handler": Found(Invocation((sent(0, right(0), rules=rules),))),
        "records": Found(Invocation(tuple(sent(n, right(n), rules=rules) for n in range(3)))),
        "exchange": Found(Exchange(tuple(sent(n, right(n), rules=rules) for n in range(8)))),
        "asked": scope_of(lab_rubric(exchange=rules)),
    }
    return reference(**facts | changes)


def judged(kept: Observation, rules: ExchangeRules) -> Observation:
    stored = msgspec.json.decode(msgspec.json.encode(kept), type=Observation)
    return restrict_to(stored, lab_rubric(exchange=rules), "eu-west-3")


def answered(found: Observation) -> tuple[int, ...]:
    facts = (found.handler, found.records, found.exchange)
    return tuple(
        sum(pair.answered for pair in fact.value.pairs) if isinstance(fact, Found) else -1
        for fact in facts
    )


def test_by_the_same_rubric_nothing_changes() -> None:
    assert judged(seen(), RULES) == seen()
    assert answered(seen()) == (1, 3, 8)


def test_a_corrected_expression_makes_right_what_was_called_wrong() -> None:
    kept = seen(TYPO)
    assert answered(kept) == (1, 2, 6)
    assert answered(judged(kept, RULES)) == (1, 3, 8)


def test_and_the_other_way_round_with_the_mistake_by_its_name() -> None:
    swapped = {**OPERATIONS, "+": OPERATIONS["*"], "*": OPERATIONS["+"]}
    rules = calculator(answer=AnswerRules(("result",), {"of": "operation", **swapped}, 1e-6))
    found = judged(seen(), rules)
    assert answered(found) == (0, 1, 4)
    assert isinstance(found.handler, Found)
    wrong = found.handler.value.pairs[0].wrong
    assert wrong is not None
    assert (wrong.wrong, wrong.detail) == ("other", "*")


@pytest.mark.parametrize(("within", "right_ones"), [(0, 7), (1e-12, 7), (1e-4, 8)])
def test_how_near_an_answer_must_be_is_judged_anew(within: float, right_ones: int) -> None:
    pairs = [sent(n, right(n)) for n in range(8)]
    pairs[3] = sent(3, '{"result": 6.97906}')  # 6.97905…
    rules = calculator(answer=msgspec.structs.replace(RULES.answer, within=within))
    found = judged(seen(exchange=Found(Exchange(tuple(pairs)))), rules)
    assert answered(found)[2] == right_ones


@pytest.mark.parametrize("text", ["abc", "NaN", "sNaN", "Infinity", "1e9999999", "٣" * 200])
def test_what_no_answer_can_have_been_read_as_is_no_number(text: str) -> None:
    answer = Answer("{}", None, 0.5, numbers={"result": text})
    pairs = tuple(msgspec.structs.replace(sent(n), answers=(answer,)) for n in range(8))
    rules = calculator(answer=msgspec.structs.replace(RULES.answer, within=1e-4))
    found = judged(seen(exchange=Found(Exchange(pairs))), rules)
    assert answered(found) == (1, 3, 0)


@pytest.mark.parametrize("number", ["1e-99", "0.%s1e-99" % ("0" * 59), "9" * 60 + "e99"])
def test_every_number_that_was_read_in_an_answer_is_one_when_it_is_judged_anew(number: str) -> None:
    numbers = numbers_by_key(f'{{"result": {number}}}', RULES.keys)
    assert answering(written(numbers), RULES.keys) == numbers["result"]


def test_other_keys_are_read_in_what_was_kept() -> None:
    def under(key: str) -> Any:
        return msgspec.structs.replace(RULES.answer, keys=(key,))

    kept = seen(
        records=AFTER_HANDLER,
        handler=Found(Invocation((sent(0, right(0, "answer")),))),
        exchange=Found(Exchange((sent(0, right(0, "answer")),))),
    )
    assert answered(kept) == (0, -1, 0)
    found = judged(kept, calculator(answer=under("answer")))
    assert answered(found)[0] == 1
    for fact in (found.records, found.exchange):  # what the run left out for it
        assert isinstance(fact, Unknown)
        assert fact.kind == "not-observed"
    assert answered(judged(seen(), calculator(answer=under("other")))) == (0, 0, 0)


def test_where_nothing_was_left_out_nothing_is_open() -> None:
    wrong = Found(Exchange(tuple(sent(n, '{"total": 5}') for n in range(8))))
    found = judged(seen(exchange=wrong), calculator(answer=AnswerRules(("total",), "5.0", 0.0)))
    assert answered(found)[2] == 8


def test_an_expression_over_fields_that_were_not_sent_leaves_the_behaviour_open() -> None:
    found = judged(seen(), calculator(answer=AnswerRules(expect="number3 + 1")))
    for fact in (found.handler, found.records, found.exchange):
        assert isinstance(fact, Unknown)
        assert fact.kind == "not-observed"
