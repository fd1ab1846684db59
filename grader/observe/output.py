"""The output queue during a run: takes this run's answers, leaves everything else as it was."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tenacity import RetryError, Retrying, retry_if_result, stop_any
from tenacity.stop import stop_base, stop_when_event_set

from grader.aws import Lost, answered_at
from grader.clock import iso
from grader.language import N_
from grader.observation import Answer, Found, Pair, Unknown
from grader.observe.answers import mistake, numbers_in
from grader.redact import redact

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping

    from tenacity import RetryCallState
    from types_boto3_sqs.type_defs import MessageTypeDef

    from grader.aws import Aws

POLL_S = 2
"""One long poll. SQS allows 20; a short one lets an interrupted run end soon."""

DUPLICATES_S = 2
"""The last look for duplicates of answers."""

HANDFUL = 10
"""Messages of one receive or one batch: SQS gives no more."""

QUOTED = 3
"""How many messages that no pair explains are quoted."""

DRAINING_S = 60
"""How much longer than the deadline a queue full of other messages is read through."""


SHOW_AGAIN_S = 1
"""How long new messages that are no answers stay hidden: another grader may be waiting for them."""

LOST_MESSAGES = Unknown.saying(
    "unreachable",
    N_("{action}: an answer was lost, and maybe messages that were in it."),
    action="sqs:ReceiveMessage",
)


class Interrupted(Exception):  # noqa: N818 - the user interrupted; nothing failed
    """The run is ending: stop waiting, leave the queues as they were found."""


@dataclass(eq=False)
class Sent:
    """A pair that was sent. ``not_before_ms`` bounds its sending from below, by AWS's clock."""

    number1: int
    number2: int
    not_before_ms: int = 0
    since: float = field(default_factory=time.monotonic)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    message_id: str | None = None
    answers: list[Answer] = field(default_factory=list)

    @property
    def answered(self) -> bool:
        """A right sum came back."""
        return any(answer.wrong is None for answer in self.answers)

    @property
    def silent(self) -> bool:
        """Nothing came back, right or wrong."""
        return not self.answers

    def since_answer_s(self) -> float:
        """Seconds since the first answer, zero where there is none yet."""
        if not self.answers:
            return 0.0
        return time.monotonic() - self.since - self.answers[0].after_s

    def as_pair(self) -> Pair:
        """What the observation keeps of it."""
        return Pair(
            self.number1,
            self.number2,
            iso(self.at),
            tuple(self.answers),
        )


@dataclass
class Tally:
    """What was seen beside answers: ids of old messages, and quotes of the function's other output."""

    foreign: set[str] = field(default_factory=set)
    others: dict[str, str] = field(default_factory=dict)


class _Patience(stop_base):
    """Time is up when the deadline has passed and no more messages are waiting to be read through."""

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self.hands_full = False

    @property
    def left_s(self) -> float:
        return self._deadline - time.monotonic()

    def __call__(self, retry_state: RetryCallState) -> bool:  # noqa: ARG002 - tenacity's signature
        return self.left_s <= (-DRAINING_S if self.hands_full else 0)


class OutputQueue:
    """Receives from the output queue on behalf of the pairs that were sent.

    Only messages recognised as answers are deleted. Every other message is hidden for ``hold_s``
    seconds at most, and made visible again: what lay there before when the run is over
    (:meth:`give_back`), what was written meanwhile after :data:`SHOW_AGAIN_S`. Where the queue has a
    ``redrive`` policy that waits for the end of the run too: received often enough, a message is moved.
    """

    def __init__(
        self,
        aws: Aws,
        url: str,
        keys: Iterable[str],
        *,
        redrive: bool,
        hold_s: int,
        stop: threading.Event,
    ) -> None:
        self.stop = stop
        self.tally = Tally()
        self.left_behind = False
        self._aws, self._url, self._keys = aws, url, tuple(keys)
        self._redrive = redrive
        self._hold_s = max(20, min(hold_s, 43_200))
        self._sent: list[Sent] = []
        self._clock_ms = 0
        self._lost_at = -math.inf
        self._shown_at = time.monotonic()
        self._held: dict[str, str] = {}
        self._new: dict[str, str] = {}
        self._known: set[str] = set()

    # -- sending ------------------------------------------------------------------------------

    def expect(self, number1: int, number2: int) -> Sent:
        """Register a pair that is about to be sent, so that whatever answers it is recognised."""
        sent = Sent(number1, number2, not_before_ms=self._clock_ms)
        self._sent.append(sent)
        return sent

    def was_sent(self, sent: Sent, response: Mapping[str, object]) -> None:
        """Note AWS's clock: the request began no earlier than its answer less the time it took."""
        self._read_clock(response, time.monotonic() - sent.since)
        sent.not_before_ms = max(sent.not_before_ms, self._clock_ms)

    def _read_clock(self, response: Mapping[str, object], elapsed_s: float) -> None:
        at = answered_at(response)
        if at is not None:
            self._clock_ms = max(self._clock_ms, math.floor((at.timestamp() - elapsed_s) * 1000))

    # -- receiving ----------------------------------------------------------------------------

    def read_clock(self) -> None:
        """Ask the queue something harmless, to know AWS's time before the first pair is sent."""
        started = time.monotonic()
        response = self._aws.need(
            "sqs:GetQueueAttributes",
            lambda: self._aws.sqs.get_queue_attributes(
                QueueUrl=self._url, AttributeNames=["QueueArn"]
            ),
        )
        self._read_clock(response, time.monotonic() - started)

    def wait_for(self, done: Callable[[], bool], seconds: float) -> bool:
        """Poll until ``done()`` or for ``seconds``; whether it is done.

        While the queue keeps giving messages that are not answers, time is not up: reading through
        them is the grader's affair. Raises :class:`Interrupted`, :class:`~grader.aws.Lost`.
        """
        patience = _Patience(seconds)

        def look() -> bool:
            if done():
                return True
            patience.hands_full = self._poll(patience.left_s)
            if time.monotonic() - self._shown_at >= SHOW_AGAIN_S:
                self._show_new()
            return done()

        try:
            Retrying(
                retry=retry_if_result(lambda found: not found),
                stop=stop_any(patience, stop_when_event_set(self.stop)),
            )(look)
        except RetryError:
            if self.stop.is_set():
                raise Interrupted from None
            return False
        finally:
            self._show_new()
        return True

    def _show_new(self) -> None:
        self._shown_at = time.monotonic()
        if not self._redrive:
            self._release(self._new)

    def _poll(self, seconds: float) -> bool:
        """Receive once; whether anything was there that had to be read through."""
        response = self._aws.need(
            "sqs:ReceiveMessage",
            lambda: self._aws.sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=HANDFUL,
                WaitTimeSeconds=max(1, min(POLL_S, math.ceil(seconds))),
                VisibilityTimeout=self._hold_s,
                MessageSystemAttributeNames=["SentTimestamp"],
            ),
        )
        if response["ResponseMetadata"].get("RetryAttempts"):
            self._lost_at = time.monotonic()
        answers = [self._take(message) for message in response.get("Messages", [])]
        return not all(answers)

    def lost_since(self, moment: float) -> bool:
        """SQS was asked twice since ``moment``: what its lost answer held is hidden, for ``hold_s``."""
        return self._lost_at >= moment

    def _take(self, message: MessageTypeDef) -> bool:
        """Keep or delete one message; whether it answers a pair, or was known already."""
        identity, handle = message.get("MessageId", ""), message.get("ReceiptHandle", "")
        sent_ms = int(message.get("Attributes", {}).get("SentTimestamp", 0))
        body = message.get("Body", "")
        if identity in self._known:
            # Seen before, and received again: only its new handle matters.
            (self._held if identity in self.tally.foreign else self._new)[identity] = handle
            return True
        if self.recognise(body, sent_ms):
            self._delete(handle)
            return True
        self._known.add(identity)
        if sent_ms < self.first_sent_ms:
            self.tally.foreign.add(identity)
            self._held[identity] = handle
        else:
            self.tally.others.setdefault(identity, redact(body, 200))
            self._new[identity] = handle
        return False

    @property
    def first_sent_ms(self) -> int:
        """When this run's first pair was sent, by AWS's clock: what is older is not this run's."""
        return min((sent.not_before_ms for sent in self._sent), default=0)

    def recognise(self, body: str, sent_ms: int) -> bool:
        """Whether a message sent at ``sent_ms`` answers a pair; if it does, the pair keeps it."""
        found = [
            (sent, wrong)
            for number in numbers_in(body, self._keys)
            for sent in self._sent
            if sent_ms >= sent.not_before_ms
            and (wrong := mistake(number, sent.number1, sent.number2)) is not None
        ]
        if not found:
            return False
        # A message may hold several numbers: a right sum among them is what was asked for.
        sent, wrong = min(found, key=lambda pair: pair[1] != "")
        after = round(time.monotonic() - sent.since, 3)
        sent.answers.append(Answer(redact(body, 200), wrong or None, after))
        return True

    @property
    def quotes(self) -> tuple[str, ...]:
        """The first messages of the function that no pair explains."""
        return tuple(self.tally.others.values())[:QUOTED]

    def _delete(self, handle: str) -> None:
        with self._aws.overtime():
            fact = self._aws.ask(
                "sqs:DeleteMessage",
                lambda: self._aws.sqs.delete_message(QueueUrl=self._url, ReceiptHandle=handle),
            )
        # The grade does not depend on it; that it lies there is said.
        self.left_behind |= not isinstance(fact, Found)

    # -- leaving ------------------------------------------------------------------------------

    def give_back(self, *, look_for_duplicates: bool) -> None:
        """Take the last duplicates, and make every message visible again that is not ours."""
        try:
            if look_for_duplicates:
                self.wait_for(lambda: False, DUPLICATES_S)
        except (Interrupted, Lost):
            pass  # They become visible by themselves; the grade is known already.
        finally:
            self._release(self._new)
            self._release(self._held)

    def _release(self, held: dict[str, str]) -> None:
        handles = list(held.values())
        held.clear()
        for start in range(0, len(handles), HANDFUL):
            entries = [
                {"Id": str(i), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for i, handle in enumerate(handles[start : start + HANDFUL])
            ]
            with self._aws.overtime():
                self._aws.ask(
                    "sqs:ChangeMessageVisibility",
                    lambda entries=entries: self._aws.sqs.change_message_visibility_batch(  # type: ignore[misc]
                        QueueUrl=self._url, Entries=entries
                    ),
                )
