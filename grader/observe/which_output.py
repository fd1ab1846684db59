"""Which of a few queues a function answers into, where neither a variable nor their number tells."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.observation import Found, FoundAs, value_of
from grader.observe.event import sqs_event
from grader.observe.pairs import readings
from grader.resources.queue import observe_queue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.aws.account_client import Aws
    from grader.model.observation import Function

MOST = 5
"""Queues that are received from. Each holds its own messages back for :data:`HIDDEN_S` at most."""

HIDDEN_S = 20
APPEARS_S = 2
GRACE_S = 10

READ_LIMIT = 64 * 1024
_NUMBER = re.compile(r"-?\d{1,40}(?:\.\d{1,20})?")
_HELD = N_("which held the answer of {function}")


@dataclass(frozen=True)
class Question:
    """A message for the function, and the pair in it. ``queue_arn`` is where it seems to come from."""

    function: Function
    queue_arn: str
    pair: tuple[int, int]
    message: str
    timeout_s: float


def which_output(aws: Aws, question: Question, names: Iterable[str]) -> FoundAs | None:
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
    if len(asked) != len(queues) or len(asked) > MOST or not _invoked(aws, question):
        return None
    right, near = [], []
    for name, url, queue in asked:
        held = _held(aws, url, question.pair, APPEARS_S + queue.delay_s)
        right += [name] if sum(question.pair) in held else []
        near += [name] if held else []
    chosen = right or near
    if len(chosen) != 1:
        return None
    return FoundAs(chosen[0], "answer", message(_HELD, function=question.function.name))


def _invoked(aws: Aws, question: Question) -> bool:
    """The function was run on the message, whatever came of it. Source: Lambda Invoke."""
    event = sqs_event(
        [question.message],
        queue_arn=question.queue_arn,
        region=aws.region,
        now_ms=int(time.time() * 1000),
    )
    client = aws.invoker(question.timeout_s + GRACE_S)
    fact = aws.ask(
        "lambda:InvokeFunction",
        lambda: client.invoke(FunctionName=question.function.name, Payload=json.dumps(event)),
    )
    return isinstance(fact, Found)


def _held(aws: Aws, url: str, pair: tuple[int, int], wait_s: float) -> set[Decimal]:
    """What messages of the queue held of this pair. They are removed, all others are shown again.

    Source: SQS ReceiveMessage, DeleteMessage, ChangeMessageVisibility.
    """
    received: Any = aws.ask(
        "sqs:ReceiveMessage",
        lambda: aws.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=min(20, int(wait_s)),
            VisibilityTimeout=HIDDEN_S,
        ).get("Messages", []),
    )
    made = {Decimal(number) for number in readings(*pair)} - {Decimal(number) for number in pair}
    ours: set[Decimal] = set()
    with aws.overtime():
        for one in value_of(received) or []:
            handle, numbers = one["ReceiptHandle"], made & _numbers(one.get("Body", ""))
            ours |= numbers
            if numbers:
                _remove(aws, url, handle)
            else:
                _show(aws, url, handle)
    return ours


def _remove(aws: Aws, url: str, handle: str) -> None:
    aws.ask("sqs:DeleteMessage", lambda: aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle))


def _show(aws: Aws, url: str, handle: str) -> None:
    aws.ask(
        "sqs:ChangeMessageVisibility",
        lambda: aws.sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0
        ),
    )


def _numbers(body: str) -> set[Decimal]:
    """Every number that the text writes, in whatever form."""
    return {Decimal(text) for text in _NUMBER.findall(body[:READ_LIMIT])}
