"""A silence that would cost points: late counts prove nothing, and a second look may find the answer."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from grader.model.ended_early import Interrupted
from grader.model.fact import Found
from grader.observe import exercise, hidden, invocation
from grader.observe.output import OutputQueue
from tests.faults.test_two_graders import Reader
from tests.observe.test_exchange import swallowed
from tests.observing import answered, exchange, hand_in, handler, kind, lab, observe_sandbox_account
from tests.wire_faults import rest, rpc

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire

HARMLESS = json.dumps({"body": {"number1": [{"exists": True}]}})
"""A filter that lets the rubric's messages through."""

COUNT = "ApproximateNumberOfMessagesNotVisible"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers have a second to appear, and counts are three seconds late at most."""
    monkeypatch.setattr(invocation, "ANSWER_APPEARS_S", 1)
    monkeypatch.setattr(hidden, "LAG_S", 3)
    monkeypatch.setattr(hidden, "HIDDEN_EVERY_S", 0.2)
    monkeypatch.setattr(exercise, "ENDS_S", 1)


def stale(wire: Wire, seconds: float) -> None:
    """Let a message that was deleted or shown still be counted as hidden for ``seconds``."""
    gone: list[float] = []

    def deleted(_parsed: dict[str, Any]) -> None:
        gone.append(time.monotonic())

    def late(parsed: dict[str, Any]) -> None:
        given = parsed["Attributes"]
        if COUNT in given:
            still = sum(time.monotonic() - at < seconds for at in gone)
            given[COUNT] = str(int(given[COUNT]) + still)

    wire.change("sqs.DeleteMessage", deleted)
    wire.change("sqs.GetQueueAttributes", late)


@pytest.mark.slow
def test_a_count_that_goes_down_late_is_no_reader(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="first_record_only")
    stale(wire, 2)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, rubric=lab(pairs=1))
    assert handler(seen).answered
    assert isinstance(seen.records, Found)
    assert [pair.answered for pair in seen.records.value.pairs] == [True, False, False]
    assert answered(seen) == 1


def test_whoever_waits_for_another_grader_can_be_interrupted(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(aws_sandbox, fresh_account, mapping="disabled")
    Reader(aws_sandbox, fresh_account, wire, hides_s=600)
    stop, wait = threading.Event(), OutputQueue.leave_alone
    began: list[float] = []

    def interrupted(output: OutputQueue, _at_most_s: float) -> None:
        began.append(time.monotonic())
        stop.set()
        wait(output, 600)

    monkeypatch.setattr(OutputQueue, "leave_alone", interrupted)
    with pytest.raises(Interrupted):
        observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, stop=stop)
    assert len(began) == 1


@pytest.mark.slow
def test_a_count_that_stays_wrong_for_longer_is_a_reader(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, mapping="disabled")
    Reader(aws_sandbox, fresh_account, wire, hides_s=600)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    assert kind(seen.handler) == "disturbed"


@pytest.mark.slow
def test_an_answer_that_somebody_took_and_no_count_shows_is_found_by_the_second_look(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account)
    wire.change("sqs.GetQueueAttributes", lambda parsed: parsed["Attributes"].pop(COUNT, None))
    Reader(aws_sandbox, fresh_account, wire, hides_s=4).turns = 1
    seen = observe_sandbox_account(
        aws_sandbox, fresh_account, wire=wire, rubric=lab(pairs=2), confirm_s=20
    )
    assert handler(seen).answered
    assert isinstance(seen.records, Found)
    assert seen.records.value.answered
    assert answered(seen) == 2


@pytest.mark.slow
def test_a_silence_that_the_second_look_confirms_costs_what_it_costs(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="prints_only", mapping="disabled")
    before = len(wire.requests)
    waited_s, wait_for = list[float](), OutputQueue.wait_for

    def noted(output: OutputQueue, done: Any, seconds: float) -> bool:
        waited_s.append(seconds)
        return wait_for(output, done, seconds)

    monkeypatch.setattr(OutputQueue, "wait_for", noted)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, confirm_s=2.5)
    assert waited_s.count(2.5) == 1
    assert handler(seen).failure is None
    assert not handler(seen).answered
    # The queue was polled, and its count read, after what had been the end; then it is asked which
    # other queue could be meant.
    asked = wire.requests[before:]
    assert asked[asked.index("sqs.ListQueues") - 1] == "sqs.GetQueueAttributes"


@pytest.mark.slow
def test_a_function_that_raised_is_not_looked_at_again(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="wrong_keys")
    observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, confirm_s=600)
    assert wire.requests.count("sqs.ReceiveMessage") < 10


def says_instead(sandbox: Sandbox, account: str, wire: Wire, body: str) -> None:
    """Let the function answer with ``body`` whatever comes through the queue."""
    wire.play("sqs.SendMessage", swallowed(), always=True)
    sqs = sandbox.client("sqs", account)
    url = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    wire.change("sqs.SendMessage", lambda _said: sqs.send_message(QueueUrl=url, MessageBody=body))


@pytest.mark.slow
def test_something_else_ends_the_wait_for_an_answer_and_is_no_silence(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    says_instead(aws_sandbox, reference_account, wire, '{"resultat": 7}')
    began = time.monotonic()
    seen = observe_sandbox_account(
        aws_sandbox, reference_account, wire=wire, rubric=lab(deadline_s=600), confirm_s=600
    )
    assert time.monotonic() - began < 300
    assert answered(seen) == 0
    assert exchange(seen).others == ('{"resultat": 7}',)
    assert wire.requests.count("sqs.SendMessage") == 1


@pytest.mark.slow
def test_a_number_that_may_be_another_graders_answer_does_not_end_the_wait(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    says_instead(aws_sandbox, reference_account, wire, '{"body": 7}')
    seen = observe_sandbox_account(
        aws_sandbox, reference_account, wire=wire, rubric=lab(deadline_s=2)
    )
    assert answered(seen) == 0
    assert wire.requests.count("sqs.SendMessage") == 2  # a fresh pair followed


@pytest.mark.slow
@pytest.mark.parametrize("body", ['{"total": 7}', '{"body": 7}', "done"])
def test_a_filter_is_not_blamed_where_the_function_sends_what_no_pair_explains(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, body: str
) -> None:
    hand_in(aws_sandbox, fresh_account, mapping_filter=HARMLESS)
    wire.play("lambda.Invoke", rest(403, "AccessDeniedException"), always=True)
    says_instead(aws_sandbox, fresh_account, wire, body)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, rubric=lab(deadline_s=3))
    assert kind(seen.handler) == "permission"
    assert answered(seen) == 0
    assert exchange(seen).others == (body,)
    assert not exchange(seen).filtered


def test_a_fault_of_the_second_look_leaves_open_what_was_silent_and_keeps_all_else(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="prints_only", mapping="disabled")
    # The first polls are answered; the second look meets credentials that have ended.
    wire.play("sqs.ReceiveMessage", None, None, rpc(403, "ExpiredToken"), always=True)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, confirm_s=5)
    assert kind(seen.handler) == "credentials"
    assert isinstance(seen.functions["sum"], Found)


@pytest.mark.slow
def test_an_answer_that_could_not_be_deleted_is_no_reader(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="first_record_only", mapping="disabled")
    wire.play("sqs.DeleteMessage", rpc(403, "AccessDenied"), always=True)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    assert isinstance(seen.records, Found)
    assert [pair.answered for pair in seen.records.value.pairs] == [True, False, False]


@pytest.mark.slow
def test_who_sends_something_else_beside_each_answer_is_waited_for(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="chatters", input_delay_s=8)
    assert answered(observe_sandbox_account(aws_sandbox, fresh_account, rubric=lab(pairs=2))) == 2
