"""The input queue during a run: sends pairs, and takes back what nobody consumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.aws.errors import may_be_done
from grader.model.fact import Found, value_of
from grader.observe.answers import numbers_in
from grader.observe.held_messages import HANDFUL
from grader.observe.receive import delete_message, show_message
from grader.observe.received import Received
from grader.observe.repeat import repeated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.aws.account_client import Aws
    from grader.observe.output import OutputQueue
    from grader.observe.sent import Sent
    from grader.rubric.pairs import Pairs

LOOK_S = 1


class InputQueue:
    """Sends pairs through the queue at ``url``.

    ``redrive``: the queue has a redrive policy, which counts receives, so we never receive from it.

    ``keys`` are those that an answer may stand under.
    """

    def __init__(
        self,
        aws: Aws,
        url: str,
        *,
        redrive: bool,
        keys: Sequence[str],
    ) -> None:
        self._aws, self._url, self._redrive, self._keys = aws, url, redrive, keys
        self.sent: list[Sent] = []
        """Every pair that may have come to the queue, whether or not SQS said so."""

    def send(self, pairs: Pairs, index: int, output: OutputQueue) -> Sent:
        """Send a new message, the one at ``index`` of a row. A fault is repeated with another.

        Source: SQS SendMessage.

        Raises botocore's exception when the fault stays.
        """

        def once() -> Sent:
            sent = output.expect(pairs.draw(index))
            try:
                response = self._aws.sender.send_message(
                    QueueUrl=self._url, MessageBody=sent.drawn.body
                )
            except Exception as error:
                if may_be_done(error):
                    self.sent.append(sent)
                raise
            self.sent.append(sent)
            output.was_sent(response)
            identity: object = response.get("MessageId")
            sent.message_id = identity if isinstance(identity, str) else None
            return sent

        return repeated(once)

    def holds_answer(self, sent: Sequence[Sent]) -> bool:
        """Look once whether an answer to ``sent`` lies here, remove it, and leave the rest visible.

        Never where a redrive policy stands: received too often, a message is moved away.
        """
        return self._take(lambda _id, body: any(_answers(body, self._keys, s) for s in sent)) > 0

    def look_for(self, sent: Sent) -> None:
        """Note whether ``sent`` lies here no more, without hiding it from the mapping."""
        if self._redrive:
            return
        messages = self._receive(hides_s=0)
        if messages is not None and len(messages) < HANDFUL:  # beyond a handful it may lie unseen
            ids = {message.identity for message in messages}
            sent.consumed = sent.message_id not in ids

    def take_back(self, sent: Sequence[Sent]) -> bool:
        """Take back silent pairs with one receive; whether any may still lie here."""
        if not sent:
            return False
        lying = [s for s in sent if not s.consumed]
        ids = {s.message_id for s in lying if s.message_id}
        bodies = {s.drawn.body for s in lying if not s.message_id}  # SQS's answer was lost
        with self._aws.ignore_deadline():
            taken = self._take(lambda one, body: one in ids or body in bodies) if lying else 0
        return taken < len(sent) and (self._redrive or self._counts() > 0)

    def _take(self, ours: Callable[[str, str], bool]) -> int:
        """Receive once, delete what is ``ours``, show the rest again; how many were ours."""
        if self._redrive:
            return 0
        taken = 0
        for message in self._receive(hides_s=20) or ():
            if ours(message.identity, message.body):
                taken += 1
                delete_message(self._aws, self._url, message.handle)
            else:
                show_message(self._aws, self._url, message.handle)
        return taken

    def _receive(self, *, hides_s: int) -> list[Received] | None:
        """One receive; ``None`` where AWS does not answer."""

        def ask() -> list[Received]:
            return Received.all_from_api(
                self._aws.sqs.receive_message(
                    QueueUrl=self._url,
                    MaxNumberOfMessages=HANDFUL,
                    WaitTimeSeconds=LOOK_S,
                    VisibilityTimeout=hides_s,
                )
            )

        return value_of(self._aws.query("sqs:ReceiveMessage", ask))

    def _counts(self) -> int:
        """Messages here, visible or in flight: roughly, good enough to point a human at it."""

        def ask() -> int:
            response = self._aws.sqs.get_queue_attributes(
                QueueUrl=self._url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )
            return sum(map(int, response["Attributes"].values()))

        fact = self._aws.query("sqs:GetQueueAttributes", ask)
        return fact.value if isinstance(fact, Found) else 1


def _answers(body: str, keys: Sequence[str], sent: Sent) -> bool:
    named = (sent.drawn.readings.named(number) for number in numbers_in(body, keys))
    return any(reading is not None and not reading.name for reading in named)
