"""Right answers that show later than they are waited for at first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.observe import exercise
from grader.observe.input_queue import InputQueue
from grader.observe.output import OutputQueue
from grader.observe.silence import Silence
from tests.observe.test_exchange import swallowed
from tests.observing import (
    PATIENCE_S,
    answered,
    exchange,
    hand_in,
    handler,
    kind,
    lab,
    observe_sandbox_account,
    put,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire


FIRST_SENT = 1 + exercise.RECORDS
"""The first message that goes through the queues, after those of both invocations."""


class Sums:
    """Knows what a run sends and invokes with, and answers it when a test says so."""

    def __init__(self, sandbox: Sandbox, account: str, wire: Wire) -> None:
        self._sandbox, self._account = sandbox, account
        self.sent: list[dict[str, int]] = []
        on = wire.session.events.register
        on("provide-client-params.sqs.SendMessage", self._through_the_queue)
        on("provide-client-params.lambda.Invoke", self._directly)

    def _through_the_queue(self, params: dict[str, Any], **_given: Any) -> None:
        self.sent.append(json.loads(params["MessageBody"]))

    def _directly(self, params: dict[str, Any], **_given: Any) -> None:
        records = json.loads(params["Payload"])["Records"]
        self.sent += [json.loads(record["body"]) for record in records]

    def answer(self, number: int = 0) -> None:
        """Put the right answer to the message ``number`` into the output queue."""
        message = self.sent[number]
        self._put(message["number1"] + message["number2"])

    def answer_wrong(self, number: int = 0) -> None:
        message = self.sent[number]
        self._put(message["number1"] * message["number2"])

    def _put(self, value: int) -> None:
        put(self._sandbox, self._account, json.dumps({"body": value}))


@pytest.fixture
def before(monkeypatch: pytest.MonkeyPatch) -> Callable[[type, str, Callable[[], object]], None]:
    """Have something done just before a method of a class, once."""

    def arrange(cls: type, name: str, act: Callable[[], object]) -> None:
        method, acts = getattr(cls, name), [act]

        def instead(self: Any, *given: Any, **named: Any) -> Any:
            if acts:
                acts.pop()()
            return method(self, *given, **named)

        monkeypatch.setattr(cls, name, instead)

    return arrange


@pytest.mark.slow
def test_a_function_that_raised_is_listened_to_after_the_look_on_its_own_queue(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="wrong_keys", mapping="disabled")
    sums, look_there = Sums(aws_sandbox, fresh_account, wire), InputQueue.holds_answer

    def then_it_shows(queue: InputQueue, sent: Any) -> bool:
        held = look_there(queue, sent)
        sums.answer()
        return held

    monkeypatch.setattr(InputQueue, "holds_answer", then_it_shows)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    assert handler(seen).failure == "raised"
    assert handler(seen).answered


@pytest.mark.slow
def test_a_function_that_raised_and_turns_out_right_is_tried_through_its_queue(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="wrong_keys")
    sums, once_more = Sums(aws_sandbox, fresh_account, wire), exercise._Run._once_more

    def later(run: Any) -> None:
        assert "sqs.SendMessage" not in wire.requests
        sums.answer()
        run.output.wait_for(lambda: run.output.all_answered, 30)
        once_more(run)

    monkeypatch.setattr(exercise._Run, "_once_more", later)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, rubric=lab(deadline_s=1))
    assert handler(seen).answered
    assert "sqs.SendMessage" in wire.requests
    assert answered(seen) == 0


@pytest.mark.slow
def test_what_follows_from_an_answer_that_the_last_look_finds_is_open(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, before: Any
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="wrong_keys")
    sums = Sums(aws_sandbox, fresh_account, wire)
    wire.change("lambda.Invoke", lambda _said: sums.answer_wrong())
    before(OutputQueue, "give_back", sums.answer)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    assert handler(seen).answered
    assert kind(seen.records) == kind(seen.exchange) == "not-ready"


@pytest.mark.slow
def test_a_silence_that_a_later_look_refutes_costs_no_pair_that_was_not_sent(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, before: Any
) -> None:
    sums = Sums(aws_sandbox, reference_account, wire)
    wire.play("sqs.SendMessage", swallowed(), swallowed())
    before(Silence, "look_again", lambda: sums.answer(FIRST_SENT))
    seen = observe_sandbox_account(
        aws_sandbox, reference_account, wire=wire, rubric=lab(pairs=3), confirm_s=60
    )
    assert answered(seen) == 3
    assert exchange(seen).patience_s == PATIENCE_S
    assert wire.requests.count("sqs.SendMessage") == 2 + 2


@pytest.mark.slow
def test_a_silence_that_the_last_look_refutes_leaves_open_what_was_not_sent(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, before: Any
) -> None:
    sums = Sums(aws_sandbox, reference_account, wire)
    wire.play("sqs.SendMessage", swallowed(), always=True)
    before(OutputQueue, "give_back", lambda: sums.answer(FIRST_SENT))
    seen = observe_sandbox_account(
        aws_sandbox, reference_account, wire=wire, rubric=lab(deadline_s=1, pairs=3)
    )
    assert handler(seen).answered
    assert kind(seen.exchange) == "not-ready"


@pytest.mark.slow
def test_a_silence_that_the_last_look_refutes_is_over_where_it_was_the_last(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, before: Any
) -> None:
    sums = Sums(aws_sandbox, reference_account, wire)
    wire.play("sqs.SendMessage", swallowed(), always=True)
    before(OutputQueue, "give_back", lambda: sums.answer(FIRST_SENT))
    assert (
        answered(
            observe_sandbox_account(
                aws_sandbox, reference_account, wire=wire, rubric=lab(deadline_s=1, pairs=1)
            )
        )
        == 1
    )
