"""Which of a few queues a function answers into, where neither a variable nor their number tells."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Found, value_of
from grader.model.observation import FoundAs
from grader.observe.event import sqs_event
from grader.observe.received import ASKED, Received
from grader.resources.queue import observe_queue
from grader.rubric.readings import NEARLY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.aws.account_client import Aws
    from grader.model.observation import Function
    from grader.rubric.pairs import Drawn

MOST = 5
"""Queues that are received from. Each holds its own messages back for :data:`HIDDEN_S` at most."""

HIDDEN_S = 20
APPEARS_S = 2
GRACE_S = 10
SLACK_S = 1

READ_LIMIT = 64 * 1024
MOST_NUMBERS = 1000
_NUMBER = re.compile(r"-?\d{1,40}(?:\.\d{1,20})?")
_NO_ANSWER = frozenset({"first-number", "second-number", "field", NEARLY})
"""What a message also holds that only quotes what was sent, or any number."""

_HELD = N_("which held the answer of {function}")


@dataclass(frozen=True)
class OutputQuestion:
    """A message for the function, which seems to come from the queue ``queue_arn``."""

    function: Function
    queue_arn: str
    drawn: Drawn
    timeout_s: float


def which_output(aws: Aws, question: OutputQuestion, names: Iterable[str]) -> FoundAs | None:
    """The one of at most :data:`MOST` queues that holds the function's answer after it was invoked.

    Each queue is received from once. What was not an answer to this is shown again at once. ``None``
    where no queue holds an answer, several do, or AWS does not tell.
    """
    queues = [(name, *observe_queue(aws, name)) for name in names]
    # Received once more, a message would move on to the dead-letter queue.
    asked = [
        (name, url, queue)
        for name, fact, url in queues
        if url and (queue := value_of(fact)) and queue.max_receives != 1
    ]
    since = time.monotonic()
    if len(asked) != len(queues) or len(asked) > MOST or not _invoked(aws, question):
        return None
    right, wrong = [], []
    for name, url, queue in asked:
        held = _held(aws, url, question.drawn, since, APPEARS_S + queue.delay_s)
        right += [name] if "" in held else []
        wrong += [name] if held else []
    chosen = right or wrong
    if len(chosen) != 1:
        return None
    return FoundAs(chosen[0], "answer", message(_HELD, function=question.function.name))


def _invoked(aws: Aws, question: OutputQuestion) -> bool:
    """The function was run on the message, whatever came of it. Source: Lambda Invoke."""
    event = sqs_event(
        [question.drawn.body],
        queue_arn=question.queue_arn,
        region=aws.region,
        now_ms=int(time.time() * 1000),
    )
    client = aws.invoker(question.timeout_s + GRACE_S)
    fact = aws.query(
        "lambda:InvokeFunction",
        lambda: client.invoke(FunctionName=question.function.name, Payload=json.dumps(event)),
    )
    return isinstance(fact, Found)


def _held(aws: Aws, url: str, drawn: Drawn, since: float, wait_s: float) -> set[str]:
    """What messages of the queue, newer than ``since``, make of the one that was sent: empty text is
    what is right, else the name of a mistake. They are removed, all others are shown again.

    Source: SQS ReceiveMessage, DeleteMessage, ChangeMessageVisibility.
    """

    def ask() -> list[Received]:
        return Received.all_from_api(
            aws.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=min(20, int(wait_s)),
                VisibilityTimeout=HIDDEN_S,
                MessageSystemAttributeNames=ASKED,
            )
        )

    made = set[str]()
    messages = value_of(aws.query("sqs:ReceiveMessage", ask)) or []
    with aws.ignore_deadline():
        for received in messages:
            new = received.age_s is not None and received.age_s <= received.at - since + SLACK_S
            answers = _answers(received.body, drawn) if new else set()
            made |= answers
            if answers:
                _remove(aws, url, received.handle)
            else:
                _show(aws, url, received.handle)
    return made


def _remove(aws: Aws, url: str, handle: str) -> None:
    aws.query(
        "sqs:DeleteMessage", lambda: aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    )


def _show(aws: Aws, url: str, handle: str) -> None:
    aws.query(
        "sqs:ChangeMessageVisibility",
        lambda: aws.sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0
        ),
    )


def _answers(body: str, drawn: Drawn) -> set[str]:
    """What the numbers that the text writes, in whatever form, are of the message."""
    written = islice(_NUMBER.finditer(body[:READ_LIMIT]), MOST_NUMBERS)
    readings = (drawn.readings.named(Decimal(number.group())) for number in written)
    return {reading.name for reading in readings if reading is not None} - _NO_ANSWER
