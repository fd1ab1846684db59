"""Times and logs that AWS cannot have said are not believed, and end nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model.timestamps import answered_at
from grader.observe.invocation import _decoded
from grader.observe.received import Received


def received(**attributes: str) -> Received:
    answer: Any = {"MessageId": "m", "Attributes": attributes}
    return Received.from_api(answer, 0.0)


@pytest.mark.parametrize("said", ["9" * 5000, "٣" * 13, "-1", "1e9", "", "soon"])
def test_a_time_that_sqs_cannot_have_said_is_not_told(said: str) -> None:
    message = received(SentTimestamp=said, ApproximateFirstReceiveTimestamp=said)
    assert (message.sent_ms, message.first_received_ms, message.age_s) == (0, None, None)


@given(st.text(), st.text(), st.text())
def test_attributes_of_a_message_may_be_any_text(sent: str, first: str, count: str) -> None:
    received(
        SentTimestamp=sent, ApproximateFirstReceiveTimestamp=first, ApproximateReceiveCount=count
    )


@pytest.mark.parametrize(
    "date",
    ["Mon, 01 Jan 100000000000000000000 00:00:00 GMT", "Mon, 99 Jan 2020 00:00:00 GMT", "soon"],
)
def test_a_date_of_no_calendar_is_none(date: str) -> None:
    assert answered_at({"ResponseMetadata": {"HTTPHeaders": {"date": date}}}) is None


@given(st.text())
def test_a_date_may_be_any_text(date: str) -> None:
    answered_at({"ResponseMetadata": {"HTTPHeaders": {"date": date}}})


@given(st.text())
def test_a_log_may_be_any_text(log: str) -> None:
    assert isinstance(_decoded(log), str)
