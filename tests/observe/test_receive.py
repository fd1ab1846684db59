"""Messages whose answer is longer than is read: asked for one at a time, and nothing is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws import bounds
from grader.model.fact import Found, Unknown
from tests.observing import answered, hand_in, lab, messages, observe_sandbox_account, put

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire

pytestmark = pytest.mark.slow  # what was not read is away for its visibility timeout

LONG = json.dumps({"body": "x" * 2000})


@pytest.fixture
def asked(wire: Wire) -> list[int]:
    """How many messages each question asked for."""
    found: list[int] = []

    def note(params: dict[str, Any], **_given: Any) -> None:
        found.append(json.loads(params["body"])["MaxNumberOfMessages"])

    wire.session.events.register("before-call.sqs.ReceiveMessage", note)
    return found


def test_a_handful_that_is_too_long_comes_one_at_a_time(
    aws_sandbox: Sandbox,
    fresh_account: str,
    wire: Wire,
    asked: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hand_in(aws_sandbox, fresh_account)
    for _ in range(4):
        put(aws_sandbox, fresh_account, LONG)
    monkeypatch.setattr(bounds, "MOST_BYTES_OF_MESSAGES", 2 * len(LONG))
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, rubric=lab(pairs=2))
    assert isinstance(seen.handler, Found)
    assert answered(seen) == 2
    assert {1, 10} == {*asked}
    assert asked == sorted(asked, reverse=True)
    left = messages(aws_sandbox, fresh_account, "output_queue")
    assert left["visible"] + left["in flight"] == 4


def test_a_single_message_that_is_too_long_leaves_open_what_it_says(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(aws_sandbox, fresh_account)
    put(aws_sandbox, fresh_account, LONG)
    monkeypatch.setattr(bounds, "MOST_BYTES_OF_MESSAGES", len(LONG))
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, rubric=lab(pairs=2))
    assert isinstance(seen.handler, Unknown)
    assert seen.handler.kind == "unexpected"
