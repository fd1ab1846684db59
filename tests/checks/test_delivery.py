from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.model.fact import Found, Missing, NotTried, Unknown
from grader.model.observation import FunctionError, Invocation
from tests.observations import (
    a_pair,
    an_exchange,
    lab_rubric,
    only,
    reference,
    silent_pair,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.model.outcome import Outcome

    Judged = Callable[..., list[Outcome]]

RUBRIC = only(lab_rubric(), "handler", "records", "sums")
SILENT = Invocation((silent_pair(),))
RAISED = Invocation((silent_pair(),), failure="raised")
DELETES = Invocation(
    (silent_pair(),),
    failure="raised",
    error=FunctionError("ReceiptHandleIsInvalid", "The receipt handle is not valid."),
    inconclusive=True,
)
AFTER_HANDLER = NotTried("handler", "The function did not answer one record.")
NO_MAPPING = NotTried("mappings.input", "The queue does not feed the function.")
LOST = Unknown("unreachable", "the connection was lost")


def silent_but(*others: str) -> Invocation:
    return msgspec.structs.replace(SILENT, others=others)


def outcomes(judged: Judged, **changes: Any) -> dict[str, Outcome]:
    """The last outcome of each criterion."""
    return {one.criterion: one for one in judged(RUBRIC, reference(**changes))}


@pytest.mark.parametrize(
    ("invocation", "said"),
    [
        (SILENT, "found no answer on the output queue."),
        (silent_but("hello"), 'Found instead, not a number: "hello".'),
        (silent_but("hello", "NaN"), 'Found instead, not numbers: "hello", "NaN".'),
        (silent_but("hello", '{"total": 7}'), 'Found instead: "hello", {"total": 7}.'),
        (silent_but('"hello"'), 'Found instead, not a number: "hello".'),
        (Invocation((silent_pair(),), own_queue=True), "answers on its own input queue"),
        (Invocation((silent_pair(),), failure="timed-out"), "was still running"),
        (Invocation((silent_pair(),), failure="refused"), "reserved concurrency"),
        (Invocation((silent_pair(),), failure="broken"), "Lambda could not run your function"),
        (
            Invocation(
                (silent_pair(),),
                failure="raised",
                error=FunctionError("KeyError", "'number1'", "lambda_function.py", 6),
            ),
            "Your function raised KeyError: 'number1' (lambda_function.py, line 6).",
        ),
        (Invocation((a_pair(0, "joined", "1230"),)), "found 1230, the two numbers joined as text."),
        (Invocation((a_pair(0, "nearly", "1101"),)), "off by a little"),
        (Invocation((a_pair(0, "new-mistake", "x"),)), "found x, new-mistake."),
        (DELETES, "neither when the function was invoked nor through the queue"),
    ],
)
def test_a_handler_that_does_not_add_fails_and_says_how(
    judged: Judged, invocation: Invocation, said: str
) -> None:
    found = outcomes(
        judged,
        handler=Found(invocation),
        records=AFTER_HANDLER,
        exchange=Found(an_exchange(0, 1, patience_s=10)),
    )
    assert found["handler"].outcome == "failed"
    assert said in found["handler"].message
    for name in ("records", "sums"):
        assert (found[name].outcome, found[name].because) == ("blocked", "handler")


@pytest.mark.parametrize("invocation", [SILENT, DELETES, Invocation((a_pair(0, "joined"),))])
def test_a_sum_through_the_queue_decides_for_the_handler(
    judged: Judged, invocation: Invocation
) -> None:
    found = outcomes(judged, handler=Found(invocation), records=AFTER_HANDLER)
    assert {one.outcome for one in found.values()} == {"passed"}


@pytest.mark.parametrize("name", ["handler", "records"])
def test_what_the_queue_should_decide_is_blocked_by_what_kept_it(judged: Judged, name: str) -> None:
    found = outcomes(judged, handler=Found(DELETES), records=AFTER_HANDLER, exchange=NO_MAPPING)
    expected = {"handler": "mappings.input", "records": "handler"}
    assert (found[name].outcome, found[name].because) == ("blocked", expected[name])


@pytest.mark.parametrize("invocation", [DELETES, SILENT, Invocation((a_pair(0, "joined"),))])
def test_what_the_queue_should_decide_is_ungraded_if_it_is_unknown(
    judged: Judged, invocation: Invocation
) -> None:
    found = outcomes(judged, handler=Found(invocation), records=AFTER_HANDLER, exchange=LOST)
    assert (found["handler"].outcome, found["handler"].because) == ("ungraded", "unreachable")


@pytest.mark.parametrize(
    "certain", [RAISED, msgspec.structs.replace(SILENT, own_queue=True)], ids=["raised", "own"]
)
def test_a_certain_failure_of_the_handler_beats_what_the_queue_hides(
    judged: Judged, certain: Invocation
) -> None:
    found = outcomes(judged, handler=Found(certain), records=AFTER_HANDLER, exchange=LOST)
    assert found["handler"].outcome == "failed"
    assert (found["records"].outcome, found["records"].because) == ("blocked", "handler")


def test_a_certain_failure_of_the_records_beats_what_the_queue_hides(judged: Judged) -> None:
    three = Invocation((a_pair(1), silent_pair(2), silent_pair(3)))
    assert outcomes(judged, records=Found(three), exchange=LOST)["records"].outcome == "failed"


@pytest.mark.parametrize("handler", [Found(Invocation((a_pair(),))), LOST])
def test_records_that_could_not_be_invoked_are_ungraded(judged: Judged, handler: Any) -> None:
    found = outcomes(judged, handler=handler, records=LOST)
    assert (found["records"].outcome, found["records"].because) == ("ungraded", "unreachable")


def test_where_invoking_was_denied_a_sum_through_the_queue_proves_the_handler(
    judged: Judged,
) -> None:
    denied = Unknown("permission", "not authorized to perform lambda:InvokeFunction")
    found = outcomes(judged, handler=denied, records=denied)
    assert [found[name].outcome for name in ("handler", "records", "sums")] == [
        "passed",
        "ungraded",
        "passed",
    ]


@pytest.mark.parametrize(
    ("failure", "more"),
    [(None, ""), ("timed-out", " Your function was still running when its time was over.")],
)
def test_a_handler_that_reads_one_record_fails_records(
    judged: Judged, failure: Any, more: str
) -> None:
    three = Invocation((a_pair(0), silent_pair(1), silent_pair(2)), failure=failure)
    found = outcomes(judged, records=Found(three))
    records = found["records"]
    assert (found["handler"].outcome, records.outcome) == ("passed", "failed")
    lost = 'No answer came for {"number1": 120, "number2": 1050}; expected {"body": 1170}.'
    assert records.message == f"expected 3 sums for 3 records in one event, found 1. {lost}{more}"


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (NotTried("handler", "One record was too many."), "One record was too many."),
        (LOST, "The function did not answer one record."),
    ],
)
def test_records_after_a_silent_handler_are_blocked_and_say_why(
    judged: Judged, records: Any, said: str
) -> None:
    found = outcomes(
        judged, handler=Found(SILENT), records=records, exchange=Found(an_exchange(0, 1))
    )
    one = found["records"]
    assert (one.outcome, one.because, one.message) == ("blocked", "handler", said)


@pytest.mark.parametrize(
    ("exchange", "outcome", "because"),
    [
        (Found(an_exchange()), "passed", None),
        (Found(an_exchange(0, 1)), "failed", None),
        (NO_MAPPING, "blocked", "mappings.input"),
        (LOST, "ungraded", "unreachable"),
    ],
)
def test_an_artefact_of_three_records_is_decided_by_the_queue(
    judged: Judged, exchange: Any, outcome: str, because: str | None
) -> None:
    artefact = Invocation((a_pair(1), silent_pair(2), silent_pair(3)), inconclusive=True)
    records = outcomes(judged, records=Found(artefact), exchange=exchange)["records"]
    assert (records.outcome, records.because) == (outcome, because)


def test_what_a_function_reports_as_failed_is_not_charged_where_the_queue_could_not_tell(
    judged: Judged,
) -> None:
    reported = Invocation((silent_pair(1),), failure="reported")
    found = outcomes(judged, handler=Found(reported), exchange=LOST)["handler"]
    assert (found.outcome, found.because) == ("ungraded", "unreachable")


ANSWERS_THEN_DELETES = msgspec.structs.replace(DELETES, pairs=(a_pair(),))
LEFT_TO_THE_QUEUE = NotTried("exchange", "Only the queue can tell.")


@pytest.mark.parametrize(
    ("exchange", "outcome", "because"),
    [
        (Found(an_exchange()), "passed", None),
        (Found(an_exchange(0, 1)), "blocked", "exchange"),
        (NO_MAPPING, "blocked", "mappings.input"),
        (LOST, "ungraded", "unreachable"),
    ],
)
def test_where_the_event_itself_was_the_fault_the_queue_decides_for_records(
    judged: Judged, exchange: Any, outcome: str, because: str | None
) -> None:
    found = outcomes(
        judged, handler=Found(ANSWERS_THEN_DELETES), records=LEFT_TO_THE_QUEUE, exchange=exchange
    )
    assert found["handler"].outcome == "passed"
    assert (found["records"].outcome, found["records"].because) == (outcome, because)


def sums(judged: Judged, fact: Any) -> list[Outcome]:
    return judged(only(RUBRIC, "sums"), reference(exchange=fact))


def test_each_pair_is_a_test_of_its_own(judged: Judged) -> None:
    found = sums(judged, Found(an_exchange(3, 1)))
    assert [one.outcome for one in found] == ["passed"] * 3 + ["failed"] * 2
    assert "found no answer within 120 s." in found[3].message
    assert "but an earlier pair got no answer, so this one was not sent" in found[4].message
    assert found[4].hint.startswith("Do first what is said of the message that got no answer")


def test_no_pair_is_said_to_be_the_one_before_those_that_were_not_sent(judged: Judged) -> None:
    found = sums(judged, Found(an_exchange(1, 1)))
    assert len({one.message for one in found[2:]}) == 1
    assert "before" not in found[4].message


def test_a_wrong_sum_is_named(judged: Judged) -> None:
    pairs = (a_pair(0), a_pair(1, "multiplied", "126000"))
    one = sums(judged, Found(an_exchange(0, pairs=pairs)))[1]
    assert one.message == ("120 + 1050: expected 1170, found 126000, the two numbers multiplied.")


def test_a_loop_is_said_once_for_each_pair(judged: Judged) -> None:
    unsafe = "The output queue feeds a function: an answer would come back for ever."
    found = sums(judged, Found(an_exchange(0, unsafe=unsafe)))
    message = f"expected the answers to stay in the output queue, found a loop: {unsafe}"
    assert {(one.outcome, one.message) for one in found} == {("failed", message)}


def test_messages_held_back_by_a_filter_are_the_mappings_affair(judged: Judged) -> None:
    found = sums(judged, Found(an_exchange(0, 1, filtered=True)))
    assert {(one.outcome, one.because) for one in found} == {("blocked", "mappings.input")}


@pytest.mark.parametrize(
    ("fact", "outcome", "because"),
    [
        (NO_MAPPING, "blocked", "mappings.input"),
        (LOST, "ungraded", "unreachable"),
        (Missing("nothing"), "blocked", "exchange"),
    ],
)
def test_an_exchange_that_was_not_made_is_not_judged(
    judged: Judged, fact: Any, outcome: str, because: str
) -> None:
    assert {(one.outcome, one.because) for one in sums(judged, fact)} == {(outcome, because)}
