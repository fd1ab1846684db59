"""Transitions of the table in :mod:`grader.observe.exercise` that no other test shows.

Shown elsewhere: READY and what is not ready in ``test_ready``; loops, filters, readers, OWN QUEUE and
taking back in ``test_safety``; faults of DIRECT in ``test_invoke_faults``, ``test_invocation`` and
``test_refused``; TRIAL, ONE BY ONE, AT ONCE and late answers in ``test_exchange``; GIVE BACK in
``test_output``; what was missed, and AGAIN after it, in ``tests/faults``.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from typing import TYPE_CHECKING, Any

import pytest

from grader import observe, resources
from grader.model.fact import Found, NotTried
from grader.observe import exchange as through
from grader.observe import exercise, invocation
from grader.observe.repeat import PAIR_ATTEMPTS
from tests.faults.test_two_graders import Reader
from tests.observe.test_exchange import swallowed
from tests.observing import answered, exchange, hand_in, handler, kind, lab, observe_sandbox_account
from tests.wire_faults import DENIED, Wire, rpc

if TYPE_CHECKING:
    from grader.model.observation import Observation
    from grader.sandbox.server import Sandbox

ACTED = {"lambda.Invoke", "sqs.SendMessage"}


def delete_queue(sandbox: Sandbox, account: str, name: str) -> None:
    sqs = sandbox.client("sqs", account)
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])


def because(fact: Any) -> str:
    assert isinstance(fact, NotTried), fact
    return fact.because


def all_three(seen: Observation) -> list[Any]:
    return [seen.handler, seen.records, seen.exchange]


# -- SAFE -----------------------------------------------------------------------------------------


def test_without_an_output_queue_nothing_is_tried(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    delete_queue(aws_sandbox, reference_account, "output_queue")
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert set(map(because, all_three(seen))) == {"queues.output"}
    assert not ACTED & set(wire.requests)


@pytest.mark.parametrize("role", ["input", "output"])
def test_a_queue_that_could_not_be_looked_at_leaves_everything_unknown(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, role: str
) -> None:
    denied = rpc(403, "AccessDenied", DENIED)
    wire.play("sqs.GetQueueUrl", *([None] if role == "output" else []), denied)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert kind(seen.queues[role]) == "permission"
    assert all_three(seen) == [seen.queues[role]] * 3
    assert not ACTED & set(wire.requests)


@pytest.mark.slow
def test_an_output_queue_that_does_not_tell_the_time_leaves_everything_unknown(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    # Each queue was looked at before.
    wire.play("sqs.GetQueueAttributes", None, None, rpc(403, "AccessDenied", DENIED))
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert set(map(kind, all_three(seen))) == {"permission"}
    assert not ACTED & set(wire.requests)


def test_the_table_of_states_names_constants_that_there_are() -> None:
    named = {*re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", exercise.__doc__ or "")}
    modules = [
        importlib.import_module(f"{package.__name__}.{module.name}")
        for package in (observe, resources)
        for module in pkgutil.iter_modules(package.__path__)
    ]
    assert named == {name for name in named if any(hasattr(module, name) for module in modules)}
    assert len(named) > 10


# -- DIRECT, OWN QUEUE, RECORDS -------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers have a second to appear."""
    monkeypatch.setattr(invocation, "ANSWER_APPEARS_S", 1)


@pytest.mark.usefixtures("quick")
@pytest.mark.slow
def test_silence_is_unknown_where_nobody_can_tell_who_holds_the_answer(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="prints_only", mapping="disabled")
    denied = rpc(403, "AccessDenied", DENIED)
    wire.play("sqs.GetQueueAttributes", None, None, None, denied, always=True)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    assert kind(seen.handler) == kind(seen.records) == "permission"
    assert wire.requests.count("lambda.Invoke") == PAIR_ATTEMPTS


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_a_function_that_failed_is_not_invoked_again_for_an_answer_that_was_missed(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="wrong_keys", mapping="disabled")
    wire.play("sqs.GetQueueAttributes", None, None, None, rpc(403, "AccessDenied", DENIED))
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    assert kind(seen.handler) == kind(seen.records) == "permission"
    assert wire.requests.count("lambda.Invoke") == 1


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_a_sum_on_an_input_queue_that_counts_receives_is_left_there(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="own_queue", mapping="disabled")
    sqs = aws_sandbox.client("sqs", fresh_account)
    dead = sqs.create_queue(QueueName="dead_letters")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 2}
    url = sqs.get_queue_url(QueueName="input_queue")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert not handler(seen).own_queue
    got = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])
    assert [m["Attributes"]["ApproximateReceiveCount"] for m in got["Messages"]] == ["1"]


# -- POSSIBLE -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_without_an_input_queue_the_function_is_invoked_and_nothing_is_sent(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    delete_queue(aws_sandbox, reference_account, "input_queue")
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert handler(seen).answered
    assert because(seen.exchange) == "mappings.input"
    assert seen.exchange == NotTried.after("mappings.input", seen.queues["input"])  # type: ignore[arg-type]
    assert "sqs.SendMessage" not in wire.requests


@pytest.mark.slow
@pytest.mark.parametrize("mapping", ["absent", "disabled"])
def test_without_an_enabled_mapping_nothing_is_sent(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, mapping: str
) -> None:
    hand_in(aws_sandbox, fresh_account, mapping=mapping)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    assert handler(seen).answered
    assert because(seen.exchange) == "mappings.input"
    assert "sqs.SendMessage" not in wire.requests


# -- TRIAL, AT ONCE -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_a_direct_answer_while_the_trial_stays_silent_brings_patience_and_no_fresh_pair(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its answer to what was invoked comes after the wait for that, and within the impatience.
    monkeypatch.setattr(through, "IMPATIENT_S", 30)
    hand_in(aws_sandbox, fresh_account, handler="delays_answer", environment={"DELAY": "15"})
    wire.play("sqs.SendMessage", swallowed(), always=True)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, rubric=lab(deadline_s=2))
    assert handler(seen).answered
    assert isinstance(seen.records, Found)
    assert seen.records.value.answered
    assert [pair.answered for pair in exchange(seen).pairs] == [False]
    assert (exchange(seen).patience_s, exchange(seen).filtered) == (2, False)
    assert wire.requests.count("sqs.SendMessage") == 1


@pytest.mark.slow
def test_after_pairs_that_went_at_once_each_silent_one_gets_a_fresh_pair(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(through, "AT_ONCE_S", -1)
    wire.play("sqs.SendMessage", swallowed(), None, swallowed())
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire, rubric=lab(pairs=3))
    assert answered(seen) == 3
    assert wire.requests.count("sqs.SendMessage") == 3 + 2


# -- AGAIN ----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_three_records_are_tried_again_where_whoever_took_their_answers_has_left(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    reader = Reader(aws_sandbox, reference_account, Wire(), hides_s=600)
    there = iter([False, *[True] * PAIR_ATTEMPTS])
    wire.change("lambda.Invoke", lambda _said: reader.read() if next(there, False) else None)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire, rubric=lab(pairs=1))
    assert isinstance(seen.records, Found)
    assert seen.records.value.answered
    assert answered(seen) == 1
    assert wire.requests.count("lambda.Invoke") == 1 + PAIR_ATTEMPTS + 1
