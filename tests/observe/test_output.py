"""What lies in the output queue beside answers, and that it lies there afterwards."""

from __future__ import annotations

import json
import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectionClosedError

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import DefaultCredentials, Keys
from grader.model.ended_early import Interrupted
from grader.model.observation import Answer, decode, encode_observation
from grader.observe import invocation, patience
from grader.observe import output as output_module
from grader.observe.answer_matching import SOON_S
from grader.observe.clock import ON_THE_WAY_S
from grader.observe.nobodys import UNTAKEN_S
from grader.observe.output import DUPLICATES_S, OutputQueue
from grader.observe.patience import TOO_MANY_OLD
from grader.observe.receive import POLL_S
from grader.rubric.exchange import ExchangeRules
from grader.rubric.pairs import Pairs
from grader.safety.secret import Secret
from tests.exchanges import calculator, drawn
from tests.observations import a_message
from tests.observing import (
    EMPTY,
    exchange,
    hand_in,
    handler,
    lab,
    messages,
    move_away_after,
    observe_sandbox_account,
)
from tests.polling import wait_for
from tests.wire_faults import Done, Wire

if TYPE_CHECKING:
    from grader.observe.sent import Sent
    from grader.sandbox.server import Sandbox


@pytest.mark.slow
def test_an_old_message_that_equals_a_sum_is_no_answer(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="prints_only", mapping="disabled")
    first = Pairs(lab().exchange, 1, fresh_account, 1).draw().two or ()
    sqs = aws_sandbox.client("sqs", fresh_account)
    url = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"body": sum(first)}))
    sent = time.monotonic()
    wait_for(lambda: time.monotonic() > sent + ON_THE_WAY_S)
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert not handler(seen).answered
    assert "earlier-answers" in seen.flags
    assert "foreign-messages" not in seen.flags
    assert messages(aws_sandbox, fresh_account, "output_queue") == {"visible": 1, "in flight": 0}


def test_old_messages_are_received_once_and_left_visible(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, old_messages=25)
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert exchange(seen).answered == 5
    assert seen.flags == ("foreign-messages",)
    sqs = aws_sandbox.client("sqs", fresh_account)
    url = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    counts = []
    while got := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["ApproximateReceiveCount"]
    ).get("Messages", []):
        counts += [int(m["Attributes"]["ApproximateReceiveCount"]) for m in got]
    assert counts == [2] * 25  # once by the grader, once just now


@pytest.mark.parametrize(
    "kinds",
    [
        "text,nested,digits,nan,true",
        pytest.param("mebibyte,escapes,empty,markup", marks=pytest.mark.slow),
    ],
)
def test_hostile_messages_cost_nothing_and_keep_the_observation_small(
    aws_sandbox: Sandbox, fresh_account: str, kinds: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="hostile", environment={"HOSTILE": kinds})
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=lab(deadline_s=30))
    assert handler(seen).answered
    assert exchange(seen).answered == 5
    assert len(encode_observation(seen)) < 64 * 1024
    assert decode(encode_observation(seen)) == seen


def test_an_interrupted_run_gives_back_what_it_held(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="prints_only", old_messages=5)
    stop = threading.Event()
    wire = Wire()
    # The first receive has taken the old messages; the run is stopped before the next.
    wire.change("sqs.ReceiveMessage", lambda _parsed: stop.set())
    with pytest.raises(Interrupted):
        observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, stop=stop)
    assert messages(aws_sandbox, fresh_account, "output_queue") == {"visible": 5, "in flight": 0}


def own(sandbox: Sandbox, account: str) -> list[int]:
    """How often each message of the function was received before."""
    sqs = sandbox.client("sqs", account)
    url = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    counts = []
    while got := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["ApproximateReceiveCount"]
    ).get("Messages", []):
        counts += [int(m["Attributes"]["ApproximateReceiveCount"]) - 1 for m in got]
    return counts


@pytest.mark.slow
def test_other_output_of_the_function_is_left_and_not_called_foreign(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="chatters")
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert exchange(seen).answered == 5
    assert seen.flags == ()
    assert len(own(aws_sandbox, fresh_account)) == 1 + 3 + 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("most", "receives"),
    [(2, 1), *(pytest.param(*more, marks=pytest.mark.slow) for more in [(3, 2), (9, 3)])],
)
def test_a_message_that_too_many_receives_move_away_can_still_be_received(
    aws_sandbox: Sandbox, fresh_account: str, most: int, receives: int
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="chatters")
    move_away_after(aws_sandbox, fresh_account, most)
    observe_sandbox_account(aws_sandbox, fresh_account)
    counts = own(aws_sandbox, fresh_account)
    assert len(counts) == 1 + 3 + 5
    assert max(counts) <= receives
    assert messages(aws_sandbox, fresh_account, "dead_letters") == EMPTY


@pytest.mark.slow
def test_what_is_not_ours_is_hidden_for_as_long_as_a_run_may_last_and_nothing_else_is(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hidden: dict[str, set[int]] = {"ReceiveMessage": set(), "ChangeMessageVisibilityBatch": set()}

    def note(params: dict[str, Any], model: Any, **_given: Any) -> None:
        asked = json.loads(params["body"])
        seconds = [entry["VisibilityTimeout"] for entry in asked.get("Entries", [asked])]
        hidden[model.name].update(seconds)

    hand_in(aws_sandbox, fresh_account, old_messages=3)
    for operation in hidden:
        wire.session.events.register(f"before-call.sqs.{operation}", note)
    observe_sandbox_account(
        aws_sandbox, fresh_account, wire=wire, rubric=lab(deadline_s=30, pairs=5)
    )
    assert hidden["ReceiveMessage"] == {20}
    # Until the run is over, and then shown again.
    assert hidden["ChangeMessageVisibilityBatch"] == {2 * (30 + 15) + 6 * 30, 0}


@pytest.mark.slow
def test_a_queue_full_of_others_messages_is_read_through_with_one_question_a_handful(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, old_messages=100)
    observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, rubric=lab(pairs=1))
    # Ten to show them again, and a few until it is known that the queue is full of them.
    assert 10 <= wire.requests.count("sqs.ChangeMessageVisibilityBatch") <= 13


@pytest.mark.slow
def test_a_queue_that_was_not_read_to_its_end_leaves_open_what_is_silent(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="prints_only", mapping="disabled", old_messages=60)
    # One poll is all that there is time for.
    monkeypatch.setattr(patience, "DRAINING_S", 0)
    for name in ("ANSWER_APPEARS_S", "AFTER_BESIDE_S"):
        monkeypatch.setattr(invocation, name, 0)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    assert seen.handler == seen.records == TOO_MANY_OLD
    assert wire.requests.count("lambda.Invoke") == 1


SUM = ExchangeRules(answer_keys=("body", "sum"))
CALCULATOR = calculator()


@pytest.mark.slow
def test_nothing_is_asked_until_what_a_lost_answer_held_is_back(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    hides_s = 5
    monkeypatch.setattr(output_module, "HIDES_S", hides_s)
    asked: list[float] = []
    wire.session.events.register(
        "request-created.sqs.ReceiveMessage", lambda **_given: asked.append(time.monotonic())
    )
    wire.play("sqs.ReceiveMessage", Done(ConnectionClosedError(endpoint_url="http://127.0.0.1")))
    keys = Keys(Secret(reference_account), Secret("test"), None)
    aws = Aws(Clients(wire.session), keys, "us-east-1", aws_sandbox.endpoint_url)
    url = aws.sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    queue = OutputQueue(aws, url, SUM.keys, max_receives=None, hold_s=20, stop=threading.Event())
    queue.wait_for(lambda: False, 1)
    aws.close()
    pauses = [after - before for before, after in pairwise(asked)]
    quiet = max(pauses)
    assert quiet > hides_s - 3, pauses  # one poll begins before it
    assert len(pauses) - pauses.index(quiet) <= 3, "then it is looked at, and that is all"


def output_of(rules: ExchangeRules) -> OutputQueue:
    """The output queue of a run by ``rules``; nothing is received from it."""
    return OutputQueue(
        Aws(Clients(), DefaultCredentials(), "us-east-1", None),
        "",
        rules.keys,
        max_receives=None,
        hold_s=20,
        stop=threading.Event(),
    )


def sent_by(output: OutputQueue, rules: ExchangeRules, **fields: Any) -> Sent:
    """A message with these fields, sent just now."""
    return output.expect(drawn(rules, **fields))


@pytest.mark.parametrize(
    ("body", "answered", "several"),
    [
        ('{"body": 420, "sum": 120}', True, True),
        ('{"body": 120, "sum": 420}', False, False),
        ('{"body": "done", "sum": 420}', True, False),
        ('{"sum": 420, "body": true}', True, False),
        ('{"total": 120, "sum": 420}', True, False),
        ("420", True, False),
    ],
)
def test_of_several_numbers_that_under_the_first_key_answers(
    body: str, answered: bool, several: bool
) -> None:
    output = output_of(SUM)
    sent = sent_by(output, SUM, number1=120, number2=300)
    assert output._matcher.recognise(a_message(body))
    assert (sent.answered, output.several_answers) == (answered, several)


def test_the_answer_to_another_question_fails_the_pair_that_was_answered_right_too() -> None:
    output = output_of(CALCULATOR)
    sent = sent_by(output, CALCULATOR, number1=120, number2=300, operation="+")
    output._matcher.recognise(a_message('{"result": 420}'))
    assert sent.answered
    output._matcher.recognise(a_message('{"result": 36000}'))
    assert not sent.answered
    assert sent.as_pair().wrong == sent.answers[1]
    assert (sent.answers[1].wrong, sent.answers[1].detail) == ("other", "*")


def test_another_number_beside_a_right_answer_is_a_flag_only() -> None:
    output = output_of(CALCULATOR)
    sent = sent_by(output, CALCULATOR, number1=120, number2=300, operation="+")
    for body in ('{"result": 420}', '{"result": 421}'):
        output._matcher.recognise(a_message(body))
    assert sent.answered
    assert output.several_answers


def test_of_a_pair_what_was_sent_and_every_number_that_came_is_kept() -> None:
    output = output_of(CALCULATOR)
    sent = sent_by(output, CALCULATOR, number1=120, number2=300, operation="/")
    assert output._matcher.recognise(a_message('{"other": "7", "result": 0.4}'))
    assert output._matcher.recognise(a_message('{"answer": 5000000, "no": "x"}')) is None
    pair = sent.as_pair()
    assert pair.message == {"number1": 120, "number2": 300, "operation": "/"}
    assert (pair.number1, pair.number2) == (None, None)
    assert [answer.numbers for answer in pair.answers] == [{"result": "0.4", "other": "7"}]
    assert pair.unread == ()  # it was answered before

    silent = sent_by(output, CALCULATOR, number1=1200, number2=400, operation="/")
    assert output._matcher.recognise(a_message('{"answer": 3}')) is None
    assert [answer.numbers for answer in silent.as_pair().unread] == [{"answer": "3"}]


@pytest.mark.parametrize(
    ("after_s", "copies", "repeats"),
    [
        (0, 1, True),  # a function that keeps what it read first
        (SOON_S + 1, 1, False),  # a copy that SQS or Lambda made, whenever it comes
        (0, 2, False),  # one message is not answered twice
    ],
)
def test_a_copy_of_an_earlier_answer_is_told_from_an_answer(
    after_s: float, copies: int, repeats: bool
) -> None:
    output = output_of(SUM)
    sent_by(output, SUM, number1=120, number2=300)
    assert output._matcher.recognise(a_message('{"body": 420}'))
    if copies > 1:
        assert output._matcher.recognise(a_message('{"body": 420}'))
    silent = sent_by(output, SUM, number1=1200, number2=4000)
    silent.since -= after_s
    assert output._matcher.recognise(a_message('{"body": 420}'))
    assert bool(silent.unread) == (after_s == 0)
    later = time.monotonic() + UNTAKEN_S
    assert output._nobodys.only_wrong_number_for(silent, 0, later) == repeats


def test_the_last_look_for_duplicates_is_a_whole_poll_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    queue = output_of(SUM)
    monkeypatch.setattr(queue, "wait_for", lambda _enough, seconds: waited.append(seconds))
    queue.expect(drawn()).answers.append(Answer("7", None, 0.1))
    queue.give_back(look_for_duplicates=True)
    assert waited == [DUPLICATES_S]
    assert DUPLICATES_S >= POLL_S
