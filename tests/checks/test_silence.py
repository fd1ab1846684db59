"""What is said where nothing came: the message that was sent, and the answer that was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.checks.delivery import check_answer, check_handler, check_records
from grader.checks.raised import Failure
from grader.checks.step_rule import StepContext
from grader.model.fact import Fact, Found, NotTried
from grader.model.observation import Answer, Exchange, FunctionError, Invocation, Pair
from tests.exchanges import calculator
from tests.observations import a_pair, an_exchange, silent_pair

if TYPE_CHECKING:
    from collections.abc import Callable

SUMS = StepContext()
CALCULATOR = StepContext(keys=("number1", "number2", "operation"), rules=calculator())

DELETES = FunctionError("ReceiptHandleIsInvalid", "The receipt handle is not valid.")
UNTRIED = NotTried("handler", "The function did not answer one record.")
LATE = Found(an_exchange(0, 1, patience_s=8))

THE_SUM = "expected 1100, the sum of 100 and 1000,"
THE_ANSWER = 'expected {"result": -900} for {"number1": 100, "number2": 1000, "operation": "-"}'


def asked(number: int = 0) -> Pair:
    """The same numbers as in ``silent_pair``, and the question for their difference."""
    fields = {"number1": 100 + 20 * number, "number2": 1000 + 50 * number, "operation": "-"}
    return msgspec.structs.replace(silent_pair(), number1=None, number2=None, message=fields)


def unread_pair(number: int, body: str) -> Pair:
    """A pair for which a number came that answers nothing."""
    unread = (Answer(body, None, 0.5, numbers={"": body}),)
    return msgspec.structs.replace(silent_pair(number), unread=unread)


def said(
    check: Callable[..., None], *facts: Fact[Invocation] | Fact[Exchange], to: StepContext
) -> str:
    with pytest.raises(Failure) as failed:
        check(*facts, to)
    return failed.value.verdict.message


@pytest.mark.parametrize(
    ("differences", "found"),
    [
        ({}, "found no answer on the output queue."),
        (
            {"others": ("hello",)},
            'found no answer on the output queue. Found instead, not a number: "',
        ),
        ({"own_queue": True}, "on the output queue, but your function answers on its own input"),
        (
            {"inconclusive": True, "failure": "raised", "error": DELETES},
            "on the output queue, but nothing came, neither when the function was invoked nor",
        ),
        ({"failure": "timed-out"}, "found no answer. Your function was still running"),
        (
            {"inconclusive": True, "failure": "raised", "error": FunctionError("KeyError", "'x'")},
            "found no answer. Your function raised KeyError: 'x'.",
        ),
    ],
)
def test_a_silent_handler_is_told_what_it_was_sent(
    differences: dict[str, object], found: str
) -> None:
    for pair, context, begins in (
        (silent_pair(), SUMS, THE_SUM),
        (asked(), CALCULATOR, THE_ANSWER),
    ):
        silent = msgspec.structs.replace(Invocation((pair,)), **differences)
        message = said(check_handler, Found(silent), LATE, to=context)
        assert message.startswith(begins)
        assert found in message


def test_what_came_is_said_where_the_queue_had_to_decide() -> None:
    wrong = Invocation(
        (a_pair(0, "multiplied"),), inconclusive=True, failure="raised", error=DELETES
    )
    silent = msgspec.structs.replace(wrong, pairs=(silent_pair(),))
    through = Found(an_exchange(0, pairs=(a_pair(0, "multiplied"),)))
    for invocation, exchange in ((wrong, LATE), (silent, through), (wrong, through)):
        message = said(check_handler, Found(invocation), exchange, to=SUMS)
        assert message.startswith("100 + 1000: expected 1100, found ")
    quoted = said(
        check_handler, Found(silent), Found(an_exchange(0, 1, others=("hello",))), to=SUMS
    )
    assert 'Found instead, not a number: "hello".' in quoted
    unsent = NotTried("handler", "not sent")
    assert "through the queue" not in said(check_handler, Found(silent), unsent, to=SUMS)


@pytest.mark.parametrize(
    ("pairs", "others"),
    [
        ((silent_pair(3), silent_pair(4)), ('{"resultat": 1380}',)),
        ((silent_pair(3), unread_pair(4, '{"resultat": 1380}')), ()),
        ((silent_pair(3), unread_pair(4, '{"resultat": 1380}')), ("hello",)),
    ],
)
def test_the_form_of_an_answer_is_named_with_the_pair_that_it_answers(
    pairs: tuple[Pair, ...], others: tuple[str, ...]
) -> None:
    silent = Invocation((silent_pair(),), inconclusive=True, failure="raised", error=DELETES)
    through = Found(an_exchange(0, pairs=pairs, others=others))
    with pytest.raises(Failure) as failed:
        check_handler(Found(silent), through, SUMS)
    verdict = failed.value.verdict
    assert verdict.message == (
        'your function answered {"resultat": 1380}; expected {"body": 1380} for 180 and 1200.'
    )
    assert "Use the key body" in verdict.hint
    assert verdict.evidence is not None
    assert verdict.evidence.sent == ('{"number1": 180, "number2": 1200}',)


def test_a_wrong_number_that_came_through_the_queue_is_not_called_nothing() -> None:
    silent = Invocation((silent_pair(),), inconclusive=True, failure="raised", error=DELETES)
    through = Found(an_exchange(0, pairs=(unread_pair(3, "7"),)))
    message = said(check_handler, Found(silent), through, to=SUMS)
    assert message.endswith('Found instead: "7".')


@pytest.mark.parametrize("others", [(), ("hello",)])
def test_a_pair_that_went_through_the_queues_is_named(others: tuple[str, ...]) -> None:
    answered = Found(Invocation((a_pair(),)))
    for pair, context, begins in (
        (silent_pair(), SUMS, THE_SUM),
        (asked(), CALCULATOR, THE_ANSWER),
    ):
        exchange = an_exchange(0, pairs=(pair,), others=others)
        with pytest.raises(Failure) as failed:
            check_answer(0, exchange, answered, "mappings.input", context)
        message = failed.value.verdict.message
        assert message.startswith(begins)
        assert ("found no answer within 120 s." in message) == (not others)


ROLE = "PROBLEM: Lambda failed to assume your function execution role."
MADE_UP = Invocation((silent_pair(),), inconclusive=True, failure="raised", error=DELETES)


BROKEN = an_exchange(0, pairs=(silent_pair(),), problem=ROLE)


@pytest.mark.parametrize(
    ("check", "facts"),
    [
        (check_answer, (0, BROKEN, Found(Invocation((a_pair(1),))), "mappings.input")),
        (check_handler, (Found(MADE_UP), Found(BROKEN))),
    ],
    ids=["a pair", "the handler"],
)
def test_what_aws_says_of_the_mapping_is_quoted_where_a_pair_stayed_silent(
    check: Callable[..., None], facts: tuple[Any, ...]
) -> None:
    with pytest.raises(Failure) as failed:
        check(*facts, SUMS)
    assert failed.value.verdict.hint == (
        f"AWS says of the event source mapping: “{ROLE.rstrip('.')}”. Fix that, then check again."
    )


@pytest.mark.parametrize("others", [(), ("hello",)])
def test_a_pure_silence_may_be_the_work_of_another_reader(others: tuple[str, ...]) -> None:
    exchange = an_exchange(0, pairs=(silent_pair(),), others=others)
    right, silent = Invocation((a_pair(1),)), Invocation((silent_pair(),), others=others)
    hints = []
    for check, facts in (
        (check_handler, (Found(silent), UNTRIED)),
        (check_records, (Found(silent), Found(right), UNTRIED)),
        (check_answer, (0, exchange, Found(right), "mappings.input")),
    ):
        with pytest.raises(Failure) as failed:
            check(*facts, SUMS)
        hints.append(failed.value.verdict.hint)
    another = "If something else reads your output queue, stop it and check again."
    assert [hint.endswith(another) for hint in hints] == [not others] * 3


def test_what_came_for_a_pair_is_quoted_before_what_came_at_all() -> None:
    unread = (Answer('{"body": 7}', None, 0.5, numbers={"body": "7"}),)
    pair = msgspec.structs.replace(silent_pair(), unread=unread)
    exchange = an_exchange(0, pairs=(pair,), others=("of the direct invocation",))
    with pytest.raises(Failure) as failed:
        check_answer(0, exchange, Found(Invocation((a_pair(1),))), "mappings.input", SUMS)
    verdict = failed.value.verdict
    assert verdict.message == (f'{THE_SUM} found no answer. Found instead: {{"body": 7}}.')
    assert verdict.evidence is not None
    assert verdict.evidence.instead == ('{"body": 7}',)


@pytest.mark.parametrize(
    ("second", "context", "tells"),
    [
        (
            silent_pair(1),
            SUMS,
            'No answer came for {"number1": 120, "number2": 1050}; expected {"body": 1170}.',
        ),
        (
            a_pair(1, "multiplied", "126000"),
            SUMS,
            'For {"number1": 120, "number2": 1050} it answered 126000, the two numbers multiplied;'
            ' expected {"body": 1170}.',
        ),
        (
            asked(1),
            CALCULATOR,
            'No answer came for {"number1": 120, "number2": 1050, "operation": "-"}; expected'
            ' {"result": -930}.',
        ),
    ],
)
@pytest.mark.parametrize("failure", [None, "timed-out"])
def test_of_several_records_the_first_that_was_lost_is_named(
    second: Pair, context: StepContext, tells: str, failure: str | None
) -> None:
    one, handler = Invocation((a_pair(0),)), Found(Invocation((a_pair(0),)))
    three = msgspec.structs.replace(one, pairs=(a_pair(0), second, second), failure=failure)
    message = said(check_records, Found(three), handler, UNTRIED, to=context)
    assert message.startswith("expected 3 ")
    assert "found 1. " + tells in message
    assert message.endswith("was over.") == (failure is not None)


def test_a_wrong_answer_among_the_records_tells_more_than_a_silence() -> None:
    pairs = (a_pair(0), silent_pair(1), a_pair(2, "first-number", "140"))
    handler = Found(Invocation((a_pair(0),)))
    message = said(check_records, Found(Invocation(pairs)), handler, UNTRIED, to=SUMS)
    assert 'For {"number1": 140, "number2": 1100} it answered 140' in message
    assert "No answer came" not in message


@pytest.mark.parametrize(
    ("pairs", "others", "found"),
    [
        (
            (a_pair(0), unread_pair(1, "2270"), unread_pair(2, "3510")),
            (),
            'No right answer came for {"number1": 120, "number2": 1050}; found instead: "2270".',
        ),
        (
            (silent_pair(0), silent_pair(1), silent_pair(2)),
            ('{"body": [1100, 1170, 1240]}',),
            'No right answer came for {"number1": 100, "number2": 1000}; found instead:'
            ' {"body": [1100, 1170, 1240]}.',
        ),
    ],
    ids=["running-total", "one-list"],
)
def test_what_came_for_several_records_is_not_called_nothing(
    pairs: tuple[Pair, ...], others: tuple[str, ...], found: str
) -> None:
    three = Invocation(pairs, others=others)
    with pytest.raises(Failure) as failed:
        check_records(Found(three), Found(Invocation((a_pair(0),))), UNTRIED, SUMS)
    verdict = failed.value.verdict
    assert verdict.message.endswith(found)
    assert verdict.hint == (
        "Inside the loop, work out the answer of each record, and send one message for each."
    )


def test_a_message_without_a_number_does_not_hide_that_the_loop_is_missing() -> None:
    """Some functions say “ok” with every run."""
    three = Invocation((a_pair(0), silent_pair(1), silent_pair(2)), others=('{"status": "ok"}',))
    with pytest.raises(Failure) as failed:
        check_records(Found(three), Found(Invocation((a_pair(0),))), UNTRIED, SUMS)
    assert failed.value.verdict.hint.startswith("Only the first record was answered: loop")


@pytest.mark.parametrize(
    ("kind", "pairs", "ended"),
    [
        (
            "Runtime.ExitError",
            (a_pair(0), silent_pair(1)),
            "Your function ended before its return.",
        ),
        (
            "Runtime.MarshalError",
            (a_pair(0), silent_pair(1)),
            "Lambda cannot take what your function returned.",
        ),
        ("Runtime.ExitError", (silent_pair(0),) * 2, "Your function ended without an answer."),
    ],
)
def test_a_function_that_answered_is_not_said_to_have_ended_without(
    kind: str, pairs: tuple[Pair, ...], ended: str
) -> None:
    error = FunctionError(kind, "it says why")
    handler = Found(Invocation((a_pair(0),)))
    made = Invocation(pairs, failure="raised", error=error)
    message = said(check_records, Found(made), handler, UNTRIED, to=SUMS)
    assert ended in message
    assert f"{kind}: it says why." in message


def test_the_evidence_of_a_wrong_answer_is_of_the_message_that_got_it() -> None:
    silent = Invocation((silent_pair(),), inconclusive=True, failure="raised", error=DELETES)
    through = Found(an_exchange(0, pairs=(a_pair(3, "multiplied"),)))
    with pytest.raises(Failure) as failed:
        check_handler(Found(silent), through, SUMS)
    verdict = failed.value.verdict
    assert verdict.message.startswith("160 + 1150: ")
    assert verdict.evidence is not None
    assert verdict.evidence.sent == ('{"number1": 160, "number2": 1150}',)


def test_nobody_is_sent_to_an_error_that_the_made_up_event_made() -> None:
    silent = Invocation((silent_pair(),), inconclusive=True, failure="raised", error=DELETES)
    with pytest.raises(Failure) as failed:
        check_handler(Found(silent), LATE, SUMS)
    assert "ReceiptHandle" not in failed.value.verdict.hint
    assert "CloudWatch" in failed.value.verdict.hint
