"""Receiving from the output queue: a handful of messages, or single ones where a handful is too long."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from grader.aws.bounds import AnswerTooLongError
from grader.aws.errors import is_throttled
from grader.observe.held_messages import HANDFUL
from grader.observe.lost import LostAnswers
from grader.observe.received import ASKED, Received
from grader.observe.repeat import repeated

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import ReceiveMessageResultTypeDef

    from grader.aws.account_client import Aws
    from grader.model.fact import Fact

POLL_S = 2
"""One long poll. SQS allows 20; a short one lets an interrupted run end soon."""


def delete_message(aws: Aws, url: str, handle: str) -> Fact[Any]:
    """Delete a message that was received. Source: SQS DeleteMessage."""
    return aws.query(
        "sqs:DeleteMessage", lambda: aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    )


def show_message(aws: Aws, url: str, handle: str) -> Fact[Any]:
    """Let others receive a message again that was received. Source: SQS ChangeMessageVisibility."""
    return aws.query(
        "sqs:ChangeMessageVisibility",
        lambda: aws.sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0
        ),
    )


def _throttled(error: BaseException) -> bool:
    """Repeated here: of the names for throttling the client itself knows none of KMS's."""
    return isinstance(error, ClientError) and is_throttled(error)


class Receiver:
    """Asks one queue for messages.

    ``at_most`` is how many one answer may hold, ``lost`` what answers held that nobody read.
    """

    def __init__(self, aws: Aws, url: str) -> None:
        self.at_most = HANDFUL
        self.lost = LostAnswers()
        self._aws, self._url = aws, url

    def receive(self, seconds: float, hides_s: int) -> list[Received]:
        """The messages that come within ``seconds``, and POLL_S at most, hidden for ``hides_s``.

        Raises :class:`FactUnknown`. Source: SQS ReceiveMessage.
        """
        began, asked = time.monotonic(), 0

        def once() -> ReceiveMessageResultTypeDef | None:
            nonlocal asked
            asked += 1
            return self._ask(seconds, hides_s)

        def ask() -> list[Received]:
            response = repeated(once, _throttled)
            now = time.monotonic()
            if asked > 1 or response is None or response["ResponseMetadata"].get("RetryAttempts"):
                self.lost.add(began, now, hides_s)
            return Received.all_from_api(response, now) if response else []

        return self._aws.query_or_raise("sqs:ReceiveMessage", ask)

    def _ask(self, seconds: float, hides_s: int) -> ReceiveMessageResultTypeDef | None:
        """What SQS answers; ``None`` where that is more than is read, and one message may not be."""
        try:
            return self._aws.sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=self.at_most,
                WaitTimeSeconds=max(1, min(POLL_S, math.ceil(seconds))),
                VisibilityTimeout=hides_s,
                MessageSystemAttributeNames=ASKED,
            )
        except AnswerTooLongError:
            if self.at_most == 1:
                raise
            self.at_most = 1
            return None
