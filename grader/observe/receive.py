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

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import ReceiveMessageResultTypeDef

    from grader.aws.account_client import Aws
    from grader.model.fact import Fact

POLL_S = 2
"""One long poll. SQS allows 20; a short one lets an interrupted run end soon."""

PAUSES_S = (0.5, 1.0)
"""Before it is asked again after throttling: of the names for that, the client knows none of KMS's."""


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

        Raises :class:`Lost`. Source: SQS ReceiveMessage.
        """
        began = time.monotonic()

        def ask() -> list[Received]:
            response, repeated = self._ask_again(seconds, hides_s)
            now = time.monotonic()
            if repeated or response is None or response["ResponseMetadata"].get("RetryAttempts"):
                self.lost.add(began, now, hides_s)
            return Received.all_from_api(response, now) if response else []

        return self._aws.query_or_raise("sqs:ReceiveMessage", ask)

    def _ask_again(
        self, seconds: float, hides_s: int
    ) -> tuple[ReceiveMessageResultTypeDef | None, bool]:
        """What SQS answers, asked again where it was throttled, and whether it was."""
        for pause_s in PAUSES_S:
            try:
                return self._ask(seconds, hides_s), pause_s != PAUSES_S[0]
            except ClientError as error:
                if not is_throttled(error):
                    raise
            time.sleep(pause_s)
        return self._ask(seconds, hides_s), True

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
