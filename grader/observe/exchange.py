"""Sending pairs through the input queue, one at a time, and waiting where there is hope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from grader.observation import Exchange, Found
from grader.observe.answers import mistake, numbers_in
from grader.observe.invocation import ATTEMPTS, is_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.aws import Aws
    from grader.observe.output import OutputQueue, Sent
    from grader.observe.pairs import Pairs

IMPATIENT_S = 10
"""Patience for the one pair that is tried although the direct invocation was wrong or silent."""

AT_ONCE_S = 20
"""A window and delays longer than this together, and all pairs are sent at once."""

LOOK_S = 1


class InputQueue:
    """The input queue during a run: sends pairs, takes back what nobody consumed."""

    def __init__(
        self,
        aws: Aws,
        url: str,
        *,
        redrive: bool,
        keys: Sequence[str],
        message: Callable[[int, int], str],
    ) -> None:
        self._aws, self._url, self._redrive = aws, url, redrive
        self._keys, self._message = keys, message

    def send(self, pairs: Pairs, output: OutputQueue) -> Sent:
        """Send the next pair. A fault is repeated with a new pair. Source: SQS SendMessage.

        Raises botocore's exception when the fault stays.
        """

        def once() -> Sent:
            sent = output.expect(*next(pairs))
            response = self._aws.sender.send_message(
                QueueUrl=self._url, MessageBody=self._message(sent.number1, sent.number2)
            )
            output.was_sent(sent, response)
            sent.message_id = response["MessageId"]
            return sent

        return Retrying(
            retry=retry_if_exception(is_fault),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=0.5, max=4),
            reraise=True,
        )(once)

    def holds_sum(self, sent: Sequence[Sent]) -> bool:
        """Look once whether a sum of ``sent`` lies here, remove it, and leave the rest visible.

        Never where a redrive policy stands: received too often, a message is moved away.
        """
        return self._take(lambda _id, body: any(_is_sum(body, self._keys, s) for s in sent)) > 0

    def take_back(self, sent: Sequence[Sent]) -> bool:
        """Take back silent pairs with one receive; whether any may still lie here."""
        ids = {s.message_id for s in sent if s.message_id}
        if not ids:
            return False
        taken = self._take(lambda message_id, _body: message_id in ids)
        return taken < len(ids) and (self._redrive or self._counts() > 0)

    def _take(self, ours: Callable[[str, str], bool]) -> int:
        """Receive once, delete what is ``ours``, show the rest again; how many were ours."""
        if self._redrive:
            return 0
        received = self._aws.ask(
            "sqs:ReceiveMessage",
            lambda: self._aws.sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=LOOK_S,
                VisibilityTimeout=20,
            ),
        )
        messages = received.value.get("Messages", []) if isinstance(received, Found) else []
        taken = 0
        for message in messages:
            handle = message.get("ReceiptHandle", "")
            if ours(message.get("MessageId", ""), message.get("Body", "")):
                taken += 1
                self._aws.ask("sqs:DeleteMessage", lambda h=handle: self._delete(h))  # type: ignore[misc]
            else:
                self._aws.ask("sqs:ChangeMessageVisibility", lambda h=handle: self._show(h))  # type: ignore[misc]
        return taken

    def _delete(self, handle: str) -> None:
        self._aws.sqs.delete_message(QueueUrl=self._url, ReceiptHandle=handle)

    def _show(self, handle: str) -> None:
        self._aws.sqs.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=handle, VisibilityTimeout=0
        )

    def _counts(self) -> int:
        """Messages here, visible or in flight: roughly, good enough to point a human at it."""
        fact = self._aws.ask(
            "sqs:GetQueueAttributes",
            lambda: self._aws.sqs.get_queue_attributes(
                QueueUrl=self._url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )["Attributes"],
        )
        return sum(map(int, fact.value.values())) if isinstance(fact, Found) else 1


def _is_sum(body: str, keys: Sequence[str], sent: Sent) -> bool:
    return any(mistake(n, sent.number1, sent.number2) == "" for n in numbers_in(body, keys))


class Exchanging:
    """One exchange through the queues.

    ``wanted`` pairs are sent, each with ``deadline_s`` of patience plus ``slow_s``, the batching window
    and both queues' delays. ``hope``: nothing yet says that the function is wrong. ``filtered``: a
    filter stands on the mapping.
    """

    def __init__(
        self,
        source: InputQueue,
        output: OutputQueue,
        pairs: Pairs,
        *,
        wanted: int,
        deadline_s: float,
        slow_s: float,
        hope: bool,
        filtered: bool,
    ) -> None:
        self._source, self._output, self._pairs = source, output, pairs
        self._wanted, self._filtered = wanted, filtered
        self._full_s = deadline_s + slow_s
        self._patience_s = self._full_s if hope else IMPATIENT_S + slow_s
        self._hope = hope
        self._at_once = slow_s > AT_ONCE_S
        # One entry for each pair of the rubric: the pair, and the fresh one that followed its silence.
        self.entries: list[list[Sent]] = []

    @property
    def sent(self) -> list[Sent]:
        """Every pair that was sent."""
        return [sent for entry in self.entries for sent in entry]

    def run(self) -> Exchange:
        """Send and wait. Raises botocore's exceptions, ``Lost``, ``Interrupted``."""
        if not self._hope or self._filtered:
            # A trial: one pair says whether the rest is worth sending.
            self._one(fresh=False)
            trial = self.entries[0][0]
            if trial.silent or not (self._hope or trial.answered):
                return self._result(filtered=self._filtered and trial.silent)
            self._patience_s = self._full_s
        if self._at_once:
            self._rest_at_once()
        else:
            while len(self.entries) < self._wanted and self._one(fresh=True):
                pass
        return self._result()

    def _one(self, *, fresh: bool) -> bool:
        """One pair through the queues; whether anything came back, so that the next has hope."""
        entry = [self._source.send(self._pairs, self._output)]
        self.entries.append(entry)
        if self._wait([entry]):
            return True
        if fresh:
            entry.append(self._source.send(self._pairs, self._output))
            return self._wait([entry])
        return False

    def _rest_at_once(self) -> None:
        rest: list[list[Sent]] = []
        while len(self.entries) < self._wanted:
            rest.append([self._source.send(self._pairs, self._output)])
            self.entries.append(rest[-1])
        if not self._wait(rest):
            silent = next(entry for entry in rest if entry[0].silent)
            silent.append(self._source.send(self._pairs, self._output))
            self._wait([silent])

    def _wait(self, entries: Sequence[Sequence[Sent]]) -> bool:
        def back() -> bool:
            return all(any(not sent.silent for sent in entry) for entry in entries)

        return self._output.wait_for(back, self._patience_s)

    def _result(self, *, filtered: bool = False) -> Exchange:
        return Exchange(
            pairs=tuple(
                next((s for s in entry if s.answered), entry[0]).as_pair() for entry in self.entries
            ),
            filtered=filtered,
            others=self._output.quotes,
            patience_s=self._patience_s,
        )
