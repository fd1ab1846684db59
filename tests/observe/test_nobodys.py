"""Wrong numbers that keep coming: told from another grader's, and not waited out for minutes."""

from __future__ import annotations

import io
import threading
import zipfile
from typing import TYPE_CHECKING

import pytest

from grader.observe import nobodys
from grader.observe.nobodys import MOST_FOR_ONE, UNTAKEN_S, NobodysNumbers
from grader.observe.sent import Sent
from tests.exchanges import drawn
from tests.observing import answered, exchange, hand_in, lab, observe_sandbox_account, put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire


@pytest.fixture
def pair() -> Sent:
    return Sent(drawn())


@pytest.fixture
def numbers(pair: Sent) -> NobodysNumbers:
    """A number came for the pair at second 0."""
    numbers = NobodysNumbers()
    numbers.add("m", pair, 0.0)
    return numbers


def test_a_number_that_nobody_takes_is_the_functions(numbers: NobodysNumbers, pair: Sent) -> None:
    numbers.note_received_again("m", UNTAKEN_S)
    assert numbers.only_wrong_number_for(pair, 0, UNTAKEN_S)


def test_a_number_that_another_grader_takes_is_not(numbers: NobodysNumbers, pair: Sent) -> None:
    numbers.note_received_again("m", UNTAKEN_S - 0.1)
    assert not numbers.only_wrong_number_for(pair, 0, 10 * UNTAKEN_S)


def test_where_answers_take_longer_so_does_taking_them(numbers: NobodysNumbers, pair: Sent) -> None:
    numbers.note_received_again("m", UNTAKEN_S + 7)
    assert not numbers.only_wrong_number_for(pair, 8, UNTAKEN_S + 7)


def test_what_came_for_one_pair_says_nothing_of_another(numbers: NobodysNumbers) -> None:
    numbers.note_received_again("m", UNTAKEN_S)
    assert not numbers.only_wrong_number_for(Sent(drawn()), 0, UNTAKEN_S)


def test_a_queue_that_others_feed_too_shows_more_numbers(
    numbers: NobodysNumbers, pair: Sent
) -> None:
    for number in range(MOST_FOR_ONE):
        numbers.add(str(number), pair, 1.0)
    numbers.note_received_again("m", UNTAKEN_S)
    assert not numbers.only_wrong_number_for(pair, 0, UNTAKEN_S)


def test_who_sends_numbers_beside_right_answers_may_answer_still(
    numbers: NobodysNumbers, pair: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Sent(drawn())
    numbers.add("earlier", before, 0.0)
    numbers.note_received_again("m", UNTAKEN_S)
    assert numbers.only_wrong_number_for(pair, 0, UNTAKEN_S)
    monkeypatch.setattr(Sent, "answered", property(lambda sent: sent is before))
    assert not numbers.only_wrong_number_for(pair, 0, UNTAKEN_S)


def test_an_earlier_answer_that_comes_again_is_waited_for_as_long(pair: Sent) -> None:
    numbers = NobodysNumbers()
    numbers.repeated(pair, 0.0)
    numbers.repeated(pair, 5.0)
    assert not numbers.only_wrong_number_for(pair, 0, UNTAKEN_S - 0.1)
    assert numbers.only_wrong_number_for(pair, 0, UNTAKEN_S)


def test_an_earlier_answer_that_comes_beside_the_right_one_says_nothing_of_the_next(
    pair: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers, before = NobodysNumbers(), Sent(drawn())
    numbers.repeated(before, 0.0)
    numbers.repeated(pair, 30.0)
    monkeypatch.setattr(Sent, "answered", property(lambda sent: sent is before))
    assert not numbers.only_wrong_number_for(pair, 0, 30.0 + UNTAKEN_S)


# -- in an account --------------------------------------------------------------------------------

SOURCE = """import json
import os
import boto3

sqs = boto3.client("sqs", region_name="us-east-1")
sums = []


def lambda_handler(event, context):
    for record in event["Records"]:
        message = json.loads(record["body"])
        sums.append(message["number1"] + message["number2"])
        body = json.dumps({"body": %s})
        sqs.send_message(QueueUrl=os.environ["OUTPUT_QUEUE_URL"], MessageBody=body)
"""


FAR_S = 600


@pytest.fixture
def limit() -> Iterator[threading.Event]:
    """Interrupts a run that waits for its deadline, which is far away."""
    stop = threading.Event()
    timer = threading.Timer(FAR_S, stop.set)
    timer.start()
    yield stop
    timer.cancel()


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer", ["sum(sums)", "sums[0]", "sums[-1] if len(sums) < 5 else 7 * sums[-1] + 31"]
)
def test_a_function_that_answers_wrong_for_ever_is_not_waited_for_to_the_deadline(
    aws_sandbox: Sandbox,
    fresh_account: str,
    wire: Wire,
    limit: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
) -> None:
    monkeypatch.setattr(nobodys, "UNTAKEN_S", 2)
    hand_in(aws_sandbox, fresh_account)
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("lambda_function.py", SOURCE % answer)
    aws_sandbox.client("lambda", fresh_account).update_function_code(
        FunctionName="first_lambda", ZipFile=package.getvalue()
    )
    rubric = lab(deadline_s=10 * FAR_S)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, rubric=rubric, stop=limit)
    assert [pair.answered for pair in exchange(seen).pairs] == [False]
    assert wire.requests.count("sqs.SendMessage") == 2


@pytest.mark.slow
def test_a_number_of_somebody_elses_beside_one_pair_costs_nothing(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nobodys, "UNTAKEN_S", 1)
    hand_in(aws_sandbox, fresh_account, handler="delays_answer", environment={"DELAY": "4"})
    numbers = ['{"body": 7}']

    def send(_said: object) -> None:
        while numbers:
            put(aws_sandbox, fresh_account, numbers.pop())

    wire.change("sqs.SendMessage", send)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, rubric=lab(pairs=2))
    assert answered(seen) == 2
    assert wire.requests.count("sqs.SendMessage") > 2
