"""An answer of SQS that is lost takes messages with it: they stay hidden, and nobody pays for that."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ConnectionClosedError

from grader.observe import invocation, patience
from tests.faults.matrix import BEHAVIOUR, Seen, assert_only, reported, without_waiting
from tests.observing import hand_in, lab, messages, observe_sandbox_account
from tests.polling import wait_for
from tests.wire_faults import Done, Wire

if TYPE_CHECKING:
    from grader.model.report import Report
    from grader.sandbox.server import Sandbox

RECEIVES = range(5)
"""Of the direct invocation, of the one with three records, of two pairs, and the last look."""

LOST = Done(ConnectionClosedError(endpoint_url="http://127.0.0.1"))


@pytest.fixture(scope="module")
def came(aws_sandbox: Sandbox) -> list[Report]:
    """The reports of runs in which the first answer, the second, … of ReceiveMessage was lost."""
    rubric = lab(pairs=2, deadline_s=60)

    def observe(number: int) -> Seen:
        account, wire = aws_sandbox.new_account(), Wire()
        hand_in(aws_sandbox, account)
        wire.play("sqs.ReceiveMessage", *[None] * number, LOST)
        return observe_sandbox_account(aws_sandbox, account, rubric=rubric, wire=wire), wire

    with ThreadPoolExecutor(len(RECEIVES)) as threads, without_waiting():
        seen = list(threads.map(observe, RECEIVES))
    return [one.report for one in reported(rubric, seen)]


@pytest.mark.slow
@pytest.mark.parametrize("number", RECEIVES)
def test_a_lost_answer_is_not_the_students(came: list[Report], number: int) -> None:
    assert came[number].score == 20, came[number].criteria


@pytest.mark.slow
@pytest.mark.parametrize(
    ("heard", "ungraded"),
    [
        (0, BEHAVIOUR),
        pytest.param(1, {"records", "sums"}, marks=pytest.mark.slow),
        pytest.param(2, {"sums"}, marks=pytest.mark.slow),
    ],
)
def test_answers_that_are_lost_every_time_leave_open_what_they_said(
    aws_sandbox: Sandbox,
    reference_account: str,
    monkeypatch: pytest.MonkeyPatch,
    heard: int,
    ungraded: set[str],
) -> None:
    monkeypatch.setattr(invocation, "ANSWER_APPEARS_S", 1)
    monkeypatch.setattr(patience, "COME_BACK_S", 1)
    rubric, wire = lab(pairs=1, deadline_s=1), Wire()

    def answered(_said: object) -> None:
        wait_for(lambda: messages(aws_sandbox, reference_account, "output_queue")["visible"] >= 1)

    # Each look loses what lies in the queue, is repeated by the client, and then finds nothing.
    wire.play("sqs.ReceiveMessage", *[None] * heard, *[LOST, None] * 40)
    wire.change("sqs.SendMessage", answered)
    with without_waiting():
        seen = observe_sandbox_account(aws_sandbox, reference_account, rubric=rubric, wire=wire)
    (came,) = reported(rubric, [(seen, wire)])
    assert_only(came, frozenset(ungraded), "unreachable")
