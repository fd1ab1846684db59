"""What comes twice, late, out of order or among other messages: the right grade all the same."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import tenacity
from botocore.httpsession import URLLib3Session

from grader.sandbox.cohort import COHORT
from grader.sandbox.deploy import SECOND_FUNCTION, deploy
from grader.scoring.phrases import what_next
from tests.faults.matrix import BEHAVIOUR
from tests.observing import EMPTY, hand_in, messages
from tests.polling import wait_for
from tests.wire_faults import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.sandbox.server import Sandbox


def not_passed(report: Any) -> dict[str, str]:
    return {r.id: r.status for r in report.criteria if r.status != "passed"}


@pytest.mark.slow
def test_a_pair_that_is_sent_twice_costs_nothing_and_leaves_nothing(
    aws_sandbox: Sandbox, reference_account: str, grade: Any
) -> None:
    wire = Wire()

    def twice(request: Any, **_given: Any) -> None:
        URLLib3Session().send(request)

    def both_answered(_said: dict[str, Any]) -> None:
        # What comes after the grader's last look stays, and may come whenever SQS likes.
        wait_for(lambda: messages(aws_sandbox, reference_account, "output_queue")["visible"] >= 2)

    wire.session.events.register("before-send.sqs.SendMessage", twice)
    wire.change("sqs.SendMessage", both_answered)
    assert grade(reference_account, aws_sandbox.endpoint_url, wire=wire).score == 20
    assert messages(aws_sandbox, reference_account, "output_queue") == EMPTY


@pytest.mark.slow
def test_answers_that_come_again_and_out_of_order_cost_nothing(
    aws_sandbox: Sandbox, reference_account: str, grade: Any
) -> None:
    wire, came = Wire(), list[Any]()

    def shuffle(parsed: dict[str, Any]) -> None:
        came[:0] = parsed.get("Messages", [])
        if parsed.get("Messages"):
            parsed["Messages"] = [*came, came[0]]

    def slow(parsed: dict[str, Any]) -> None:
        # With a window all pairs are under way at once, so that their order can change.
        for mapping in parsed["EventSourceMappings"]:
            mapping["MaximumBatchingWindowInSeconds"] = 30

    wire.change("sqs.ReceiveMessage", shuffle)
    wire.change("lambda.ListEventSourceMappings", slow)
    assert grade(reference_account, aws_sandbox.endpoint_url, wire=wire).score == 20
    assert len(came) == 1 + 3 + 5


@pytest.mark.slow
def test_an_answer_that_arrives_at_the_deadline_counts(
    aws_sandbox: Sandbox, fresh_account: str, grade: Any
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="delays_answer", environment={"DELAY": "8"})
    report = grade(fresh_account, aws_sandbox.endpoint_url, pairs=1, deadline_s=8)
    assert report.score == 20, report.criteria


@pytest.mark.slow
def test_messages_that_come_all_the_time_cost_nothing_and_are_left(
    aws_sandbox: Sandbox, reference_account: str, grade: Any
) -> None:
    sqs = aws_sandbox.client("sqs", reference_account)
    url = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    sent, ended = list[str](), threading.Event()

    def send() -> None:
        while not ended.wait(0.05):
            body = f"of somebody else, number {len(sent)}"
            sent.append(sqs.send_message(QueueUrl=url, MessageBody=body)["MessageId"])

    sending = threading.Thread(target=send)
    sending.start()
    try:
        report = grade(reference_account, aws_sandbox.endpoint_url)
    finally:
        ended.set()
        sending.join()
    assert report.score == 20, report.criteria
    assert messages(aws_sandbox, reference_account, "output_queue") == {
        "visible": len(sent),
        "in flight": 0,
    }


@pytest.mark.slow
def test_a_function_that_takes_the_answers_leaves_open_what_they_would_have_said(
    aws_sandbox: Sandbox, fresh_account: str, grade: Any
) -> None:
    consumer = next(one for one in COHORT if one.name == "output-consumer")
    deploy(aws_sandbox, fresh_account, consumer)
    report = grade(fresh_account, aws_sandbox.endpoint_url)
    assert (report.score, report.sure_points) == (None, 13)
    open_ = {one.id: one for one in report.criteria if one.status == "ungraded"}
    assert {*open_} == {"handler", "records", "sums"}
    assert {one.open_by for one in open_.values()} == {"student"}
    told = open_["handler"].message
    assert SECOND_FUNCTION in told, "whoever takes them is named"
    assert "output_queue" in told, "and what feeds it"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[], float]:
    """Simulated seconds that went by between looks at what is not ready."""
    ahead = [0.0]

    def sleep(seconds: float) -> None:
        ahead[0] += seconds

    monkeypatch.setattr(tenacity, "sleep_using_event", lambda _stop: sleep)
    monkeypatch.setattr(
        "tenacity.time", SimpleNamespace(monotonic=lambda: time.monotonic() + ahead[0])
    )
    return lambda: ahead[0]


def pending(parsed: dict[str, Any]) -> None:
    parsed["State"] = "Pending"


def enabling(parsed: dict[str, Any]) -> None:
    for mapping in parsed["EventSourceMappings"]:
        mapping["State"] = "Enabling"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "change"),
    [("lambda.ListEventSourceMappings", enabling), ("lambda.GetFunctionConfiguration", pending)],
)
def test_what_is_ready_after_20_seconds_costs_nothing(
    aws_sandbox: Sandbox,
    reference_account: str,
    grade: Any,
    clock: Callable[[], float],
    operation: str,
    change: Callable[[dict[str, Any]], None],
) -> None:
    wire = Wire()
    wire.change(operation, lambda parsed: change(parsed) if clock() < 20 else None)
    assert grade(reference_account, aws_sandbox.endpoint_url, wire=wire, pairs=1).score == 20
    assert clock() >= 20


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "change", "ungraded"),
    [
        ("lambda.ListEventSourceMappings", enabling, {"mapping", "sums"}),
        ("lambda.GetFunctionConfiguration", pending, BEHAVIOUR),
    ],
)
def test_what_is_not_ready_after_a_minute_is_ungraded(
    aws_sandbox: Sandbox,
    reference_account: str,
    grade: Any,
    clock: Callable[[], float],
    operation: str,
    change: Callable[[dict[str, Any]], None],
    ungraded: set[str],
) -> None:
    wire = Wire()
    wire.change(operation, change)
    report = grade(reference_account, aws_sandbox.endpoint_url, wire=wire, pairs=1)
    assert clock() >= 60
    assert not_passed(report) == dict.fromkeys(ungraded, "ungraded")
    assert {r.hint for r in report.criteria if r.status == "ungraded"} == {
        str(what_next("not-ready"))
    }
