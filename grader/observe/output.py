"""The output queue during a run: takes this run's answers, leaves everything else as it was."""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tenacity import RetryError, Retrying, retry_if_result, sleep_using_event, stop_any
from tenacity.stop import stop_base, stop_when_event_set

from grader.i18n.language import N_
from grader.model.ended_early import Interrupted, Lost
from grader.model.observation import Answer, Found, Unknown
from grader.observe.answers import mistake, numbers_in
from grader.observe.clock import CLOCKS, Clocks
from grader.observe.hidden import Hidden
from grader.observe.kept import HANDFUL, Kept, Message
from grader.observe.received import ASKED, Received
from grader.observe.sent import Sent
from grader.safety.redact import redact

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from tenacity import RetryCallState

    from grader.aws.account_client import Aws

POLL_S = 2
"""One long poll. SQS allows 20; a short one lets an interrupted run end soon."""

DUPLICATES_S = 2
"""The last look for duplicates of answers."""

QUOTED = 3
"""How many messages that no pair explains are quoted."""

MOST_INSTEAD = 50
"""Messages without a number of which the age is kept."""

DRAINING_S = 60
"""How much longer than the deadline a queue full of other messages is read through."""

READ_THROUGH_S = 1
"""How long new messages that are not ours stay hidden at most, while there are more to read through."""

STAY_AWAY_S = (0.2, 1.0)
"""How long another grader is left alone with messages that are new and not ours, from, to."""

LOST_MESSAGES = Unknown.saying(
    "unreachable",
    N_("{action}: an answer was lost, and maybe messages that were in it."),
    action="sqs:ReceiveMessage",
)

ANOTHER_READER = Unknown.saying(
    "disturbed",
    N_(
        "Something else was reading the output queue, and may have taken an answer: another grader, "
        "“Poll for messages” in the console, a program."
    ),
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
        self.hands_full = self.stays_away = False

    @property
    def left_s(self) -> float:
        return self._deadline - time.monotonic()

    def before_next(self, retry_state: RetryCallState) -> float:  # noqa: ARG002 - tenacity's signature
        """Seconds until the next look: none, unless somebody else is to have a look first."""
        longest = max(0.0, min(random.uniform(*STAY_AWAY_S), self.left_s))  # noqa: S311 - no secret
        return longest if self.stays_away else 0.0

    def __call__(self, retry_state: RetryCallState) -> bool:  # noqa: ARG002 - tenacity's signature
        return self.left_s <= (-DRAINING_S if self.hands_full else 0)


class OutputQueue:
    """Receives from the output queue on behalf of the pairs that were sent.

    Only messages recognised as answers are deleted: right ones at once, others when the run is over,
    because what looks like a mistake may be the right answer to another grader. What lay there before
    is hidden until then (:meth:`give_back`), for ``hold_s`` seconds at most; what was written meanwhile
    is shown again at once. A message that was received ``max_receives`` times, the queue's redrive
    policy moves away: its last receives are left to others.
    """

    def __init__(
        self,
        aws: Aws,
        url: str,
        keys: Iterable[str],
        *,
        max_receives: int | None,
        hold_s: int,
        stop: threading.Event,
    ) -> None:
        self.stop = stop
        self.tally = Tally()
        self.left_behind = False
        self._aws, self._url, self._keys = aws, url, tuple(keys)
        self._hold_s = max(20, min(hold_s, 43_200))
        self._sent: list[Sent] = []
        self._answered: set[str] = set()
        self._instead: list[Received] = []
        self._undeleted: set[str] = set()
        self._lost_at = self._taken_at = -math.inf
        self._shown_at = self._changed_at = time.monotonic()
        self._clocks = Clocks()
        self._hidden = Hidden(aws, url, stop)
        self._kept = Kept(aws, url, max_receives)

    # -- sending ------------------------------------------------------------------------------

    def expect(self, number1: int, number2: int) -> Sent:
        """Register a pair that is about to be sent, so that whatever answers it is recognised."""
        sent = Sent(number1, number2)
        self._sent.append(sent)
        return sent

    def was_sent(self, response: Mapping[str, object]) -> None:
        """Note AWS's time, which its answer to the sending of a pair tells."""
        self._clocks.hear_date(response)

    def aws_time(self, sent: Sent) -> datetime:
        """When ``sent`` was sent, by AWS's clock as far as it is known, and no later."""
        return self._clocks.at(sent.since)

    # -- receiving ----------------------------------------------------------------------------

    def look_first(self) -> None:
        """Ask the queue for AWS's time, and how much of it is hidden, before the first pair is sent.

        Raises botocore's exceptions.
        """
        self._clocks.hear_date(self._hidden.look_first())

    def wait_for(self, done: Callable[[], bool], seconds: float) -> bool:
        """Poll until ``done()`` or for ``seconds``; whether it is done.

        While the queue keeps giving messages that are not answers, time is not up: reading through
        them is the grader's affair. Raises :class:`Interrupted`, :class:`Lost`.
        """
        patience = _Patience(seconds)

        def look() -> bool:
            if done():
                return True
            taken = self._poll(patience.left_s)
            patience.hands_full = not all(taken)
            # A whole handful: there may be more behind it, and shown again it would come first.
            patience.stays_away = len(taken) < HANDFUL and self._show_new()
            if time.monotonic() - self._shown_at >= READ_THROUGH_S:
                self._shown_at = time.monotonic()
                self._show_new()
            return done()

        try:
            Retrying(
                retry=retry_if_result(lambda found: not found),
                stop=stop_any(patience, stop_when_event_set(self.stop)),
                wait=patience.before_next,
                sleep=sleep_using_event(self.stop),
            )(look)
        except RetryError:
            if self.stop.is_set():
                raise Interrupted from None
            return False
        finally:
            self._show_new()
        return True

    def _show_new(self) -> bool:
        shown = self._kept.show_new()
        if shown:
            self._changed_at = time.monotonic()
        return shown

    def _poll(self, seconds: float) -> list[bool]:
        """Receive once; of each message whether it answers a pair, or was known already."""
        response = self._aws.need(
            "sqs:ReceiveMessage",
            lambda: self._aws.sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=HANDFUL,
                WaitTimeSeconds=max(1, min(POLL_S, math.ceil(seconds))),
                VisibilityTimeout=self._hold_s,
                MessageSystemAttributeNames=ASKED,
            ),
        )
        now = time.monotonic()
        if response["ResponseMetadata"].get("RetryAttempts"):
            self._lost_at = now
        messages = [Received.from_api(given, now) for given in response.get("Messages", [])]
        if messages:
            self._changed_at = now
        for message in messages:
            self._clocks.hear_receipt(message)
        return [self._take(message) for message in messages]

    def missed_since(self, moment: float, lost_since: float | None = None) -> Unknown | None:
        """Why an answer may have been missed since ``moment``, where that is so.

        What SQS's lost answers held matters since ``lost_since``, if that was looked into before.

        Another reader shows: it has received what came for the first time, or messages stay hidden
        that neither this run hides nor were hidden when it began. Raises :class:`Interrupted`.
        """
        if self._clocks.differ:
            return CLOCKS
        if self._taken_at >= moment or self._clocks.rest_on_date:
            return ANOTHER_READER
        # Where SQS was asked twice, what its lost answer held is hidden, for ``hold_s``.
        lost_since = moment if lost_since is None else lost_since
        lost_at = self._lost_at if self._lost_at >= lost_since else -math.inf
        by_us = self._kept.hidden + len(self._undeleted)
        more = self._hidden.more_than(by_us, self._changed_at, lost_at)
        if isinstance(more, Unknown):
            return more
        if more and lost_at >= lost_since:
            self._hidden.know(more)
            return LOST_MESSAGES
        return ANOTHER_READER if more else None

    def _take(self, message: Received) -> bool:
        """Keep or delete one message; whether it answers a pair, or was known already."""
        identity, handle = message.identity, message.handle
        if identity in self._answered:  # SQS delivers a message more than once, if seldom
            self._delete(handle)
            return True
        if self._kept.again(identity, handle, message.received):
            return True
        old = bool(self._sent) and not self._clocks.is_since(message, self._sent[0], 0)
        if message.received > 1 and not old:
            self._taken_at = message.at
        elif message.received > 1:
            self._hidden.came_back()
        answer = self.recognise(message)
        if answer is not None and answer.wrong is None:
            self._answered.add(identity)
            self._delete(handle)
            return True
        self._kept.add(identity, Message(handle, message.received, old, ours=answer is not None))
        if answer is not None:
            return True
        if old:
            self.tally.foreign.add(identity)
        else:
            self.tally.others.setdefault(identity, redact(message.body, 200))
            if not numbers_in(message.body, self._keys):
                self._instead = [*self._instead[-MOST_INSTEAD:], replace(message, body="")]
        return False

    def recognise(self, message: Received) -> Answer | None:
        """What ``message`` answers to a pair, which then keeps it."""
        numbers = numbers_in(message.body, self._keys)
        found = [
            (sent, wrong)
            for number in numbers
            for sent in self._sent
            if (wrong := mistake(number, sent.number1, sent.number2)) is not None
            and self._clocks.answers(message, sent, right=wrong == "")
        ]
        if not found:
            return None
        # A message may hold several numbers: a right sum among them is what was asked for.
        sent, wrong = min(found, key=lambda pair: pair[1] != "")
        after = round(max(0.0, message.at - sent.since), 3)
        answer = Answer(redact(message.body, 200), wrong or None, after)
        sent.answers.append(answer)
        sent.numbers.update(numbers)
        return answer

    def something_else_since(self, sent: Sent) -> float:
        """For how many seconds the function has been known to answer ``sent`` with something else.

        That is a message without a number: with one it may be the answer to another grader's pair. Who
        sent such messages before, beside its answers, may send the answer still.
        """
        if any(message.at < sent.since for message in self._instead):
            return 0.0
        newer = (
            m.at for m in self._instead if m.age_s is not None and self._clocks.is_since(m, sent, 0)
        )
        now = time.monotonic()
        return now - min(newer, default=now)

    def said_something_else_since(self, sent: Sent) -> bool:
        """The function sent a message without a number since ``sent``."""
        return any(self._clocks.is_since(message, sent) for message in self._instead)

    @property
    def several_answers(self) -> bool:
        """A pair was answered right, and with other numbers too."""
        return any(sent.answered and len(sent.numbers) > 1 for sent in self._sent)

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
        self._changed_at = time.monotonic()
        if not isinstance(fact, Found):
            # The grade does not depend on it; that it lies there, hidden by this run, is said.
            self.left_behind = True
            if isinstance(fact, Unknown) and fact.kind == "permission":
                self._undeleted.add(
                    handle
                )  # where an answer was lost, it may be deleted all the same

    # -- leaving ------------------------------------------------------------------------------

    def give_back(self, *, look_for_duplicates: bool) -> None:
        """Take the last duplicates, and make every message visible again that is not ours."""
        try:
            if look_for_duplicates and any(not sent.silent for sent in self._sent):
                self.wait_for(lambda: False, DUPLICATES_S)
        except (Interrupted, Lost):
            pass  # They become visible by themselves; the grade is known already.
        finally:
            for handle in self._kept.give_back():
                self._delete(handle)
