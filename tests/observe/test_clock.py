"""Which messages are newer than a pair, whatever the clocks of AWS's hosts say."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest

from grader.model.fact import Found
from grader.observe.clock import CLOCKS, DATE_SLACK_S, Clocks
from grader.observe.received import Received
from grader.observe.sent import Sent
from tests.exchanges import drawn
from tests.observations import a_message
from tests.observing import answered, hand_in, handler, lab, observe_sandbox_account

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire

AHEAD_S = [3600, *(pytest.param(s, marks=pytest.mark.slow) for s in (-3600, 0.2, 0.5, 1, 3, 60))]


def shift_dates(wire: Wire, seconds: float) -> None:
    """Let Lambda's ``Date``, and SQS's but for received messages, be wrong by ``seconds``."""

    def shift(parsed: dict[str, Any]) -> None:
        headers = parsed["ResponseMetadata"]["HTTPHeaders"]
        # Whole seconds are sent: a clock that is a little ahead is the next second most of the time.
        at = parsedate_to_datetime(headers["date"]) + timedelta(seconds=seconds, milliseconds=999)
        headers["date"] = format_datetime(at.astimezone(UTC), usegmt=True)

    for operation in ("lambda.Invoke", "sqs.SendMessage", "sqs.GetQueueAttributes"):
        wire.change(operation, shift)


@pytest.mark.parametrize("seconds", AHEAD_S)
def test_a_right_function_is_right_whatever_the_date_of_an_answer_says(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, seconds: float
) -> None:
    shift_dates(wire, seconds)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert handler(seen).answered
    assert answered(seen) == 5
    assert seen.flags == ()


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0, 3600])
def test_old_numbers_are_nobodys_answers_whatever_the_date_of_an_answer_says(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, seconds: float
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="prints_only")
    sqs = aws_sandbox.client("sqs", fresh_account)
    queue = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    # Whatever pair is drawn, its sum is likely to be among them.
    for start in range(0, 20_000, 500):
        body = json.dumps([{"body": number} for number in range(start, start + 500)])
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    for number in range(0, 20_000, 40):
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"body": number}))
    if seconds:
        shift_dates(wire, seconds)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, rubric=lab(deadline_s=3))
    assert isinstance(seen.handler, Found)
    assert not handler(seen).answered
    assert answered(seen) == 0


def date_of(at: float) -> dict[str, Any]:
    """An answer whose ``Date`` is ``at``, in Unix seconds."""
    date = format_datetime(datetime.fromtimestamp(at, UTC), usegmt=True)
    return {"ResponseMetadata": {"HTTPHeaders": {"date": date}}}


LAST_DATE = "Fri, 31 Dec 9999 23:59:59 GMT"

SENT = 1_800_000_000.0
"""When the pair was sent by SQS's clock, in Unix seconds."""


@pytest.mark.parametrize(
    ("written_s", "received", "since"),
    [
        (1, 1, True),
        (-0.9, 1, True),
        (-1.5, 1, False),
        # Somebody else received it before: only Date is left.
        (-4, 2, True),
        (-6, 2, False),
    ],
)
def test_a_message_is_newer_than_a_pair_by_its_age_or_else_by_the_date(
    written_s: float, received: int, since: bool
) -> None:
    clocks, sent = Clocks(), Sent(drawn(), since=time.monotonic() - 10)
    clocks.hear_date(date_of(SENT + 10))
    message = a_message(sent_ms=int((SENT + written_s) * 1000), received=received, first=SENT + 10)
    assert clocks.is_since(message, sent) is since


def test_what_sqs_says_of_one_message_dates_the_others_and_beats_the_date() -> None:
    clocks, sent = Clocks(), Sent(drawn(), since=time.monotonic() - 10)
    clocks.hear_date(date_of(SENT + 3600))
    clocks.hear_receipt(a_message(sent_ms=int(SENT * 1000), received=1, first=SENT + 10))
    seen_before = a_message(sent_ms=int((SENT + 2) * 1000), received=2, first=SENT + 5)
    assert clocks.answers(seen_before, sent)
    assert not clocks.differ


def test_clocks_that_contradict_each_other_matter_where_an_answer_was_called_old_by_the_date() -> (
    None
):
    clocks, sent = Clocks(), Sent(drawn(), since=time.monotonic() - 10)
    clocks.hear_date(date_of(SENT + 3600))
    seen_before = a_message(sent_ms=int((SENT + 2) * 1000), received=2, first=SENT + 5)
    assert not clocks.answers(seen_before, sent)
    assert not clocks.differ
    clocks.hear_receipt(a_message(sent_ms=int(SENT * 1000), received=1, first=SENT + 10))
    assert clocks.differ


def test_a_year_that_no_calendar_has_is_not_awss_time() -> None:
    clocks = Clocks()
    clocks.hear_date({"ResponseMetadata": {"HTTPHeaders": {"date": LAST_DATE}}})
    for _ in range(2):
        at = clocks.at(time.monotonic() + 60)
        assert abs(at - datetime.now(UTC) - timedelta(seconds=60)) < timedelta(seconds=10)
        far = {"SentTimestamp": "9" * 15, "ApproximateFirstReceiveTimestamp": "9" * 15}
        message = Received.from_api({"Attributes": far}, time.monotonic())  # type: ignore[typeddict-item]
        assert message.first_received_ms is None
        clocks.hear_receipt(message)


def test_a_message_that_came_before_a_pair_was_sent_is_no_answer_to_it() -> None:
    message = a_message(sent_ms=int(SENT * 1000), received=1, first=SENT)
    sent = Sent(drawn(), since=message.at + 0.1)
    assert not Clocks().is_since(message, sent)


def test_by_how_much_clocks_differ_is_a_bound() -> None:
    assert f"by more than {DATE_SLACK_S} s," in str(CLOCKS.words)
