"""What a check hands on of a student's data is said as data."""

from __future__ import annotations

import msgspec
import pytest

from grader.checks.raised import Failure
from grader.checks.verdicts import fail
from grader.i18n.message import Message, said
from grader.model.outcome import Outcome

BODY = {"message_id": "{expected} {a}", "values": {"a": "{b}"}}


def test_a_body_that_looks_like_a_message_is_no_sentence_of_ours() -> None:
    with pytest.raises(Failure) as caught:
        fail("expected {expected}, found {actual}: {body}.", expected=3, actual=BODY, body=BODY)
    verdict = caught.value.verdict
    body = "message_id = {expected} {a}, values = a = {b}"
    assert verdict.message == f"expected 3, found {body}: {body}."
    fields = {name: getattr(verdict, name) for name in ("message", "template", "values")}
    both = {"expected": verdict.expected, "actual": verdict.actual}
    outcome = Outcome("c", "t", "failed", **fields, **both)
    again = msgspec.json.decode(msgspec.json.encode(outcome), type=Outcome)
    assert said(again.said, "fr") == verdict.message


def test_a_message_is_said_where_it_stands_in_a_value() -> None:
    inner = Message("expected {expected}, found {actual}.", {"expected": 1, "actual": 2})
    with pytest.raises(Failure) as caught:
        fail(Message("{why}", {"why": inner}), actual=inner)
    assert caught.value.verdict.message == "expected 1, found 2."
    assert caught.value.verdict.actual == "expected 1, found 2."
