"""The output queue during a run: takes this run's answers, leaves everything else as it was."""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenacity import RetryError, Retrying, retry_if_result, sleep_using_event, stop_any
from tenacity.stop import stop_when_event_set

from grader.i18n.language import N_
from grader.model.ended_early import FactUnknown, Interrupted
from grader.model.fact import Found, Unknown
from grader.observe.answer_matching import AnswerMatcher
from grader.observe.answers import numbers_in
from grader.observe.clock import CLOCKS, Clocks
from grader.observe.held_messages import HeldMessages, UndeletedMessage
from grader.observe.hidden import Hidden
from grader.observe.lost import HIDES_S, LOST_MESSAGES
from grader.observe.nobodys import NobodysNumbers
from grader.observe.patience import TOO_MANY_OLD, Patience
from grader.observe.receive import Receiver, delete_message
from grader.observe.sent import Sent
from grader.observe.something_else import SomethingElse
from grader.safety.redact import redact

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from grader.aws.account_client import Aws
    from grader.observe.received import Received
    from grader.rubric.pairs import Drawn

DUPLICATES_S = 2
"""The last look for duplicates of answers."""

OTHERS_END_S = 30
"""How long another grader's end is waited for, where it hides what this run left unread."""

QUOTED = 3
"""How many messages that no pair explains are quoted."""

READ_THROUGH_S = 1
"""How long new messages that are not ours stay hidden at most, while there are more to read through."""

ANOTHER_READER = Unknown.saying(
    "disturbed",
    N_(
        "Something else was reading the output queue, and may have taken an answer: another grader, "
        "“Poll for messages” in the console, a program."
    ),
)


@dataclass
class Tally:
    """What was seen beside answers: ids of old messages, of which ``earlier`` may be answers to an
    earlier run, and quotes of the function's other output."""

    foreign: set[str] = field(default_factory=set)
    earlier: set[str] = field(default_factory=set)
    others: dict[str, str] = field(default_factory=dict)


class OutputQueue:
    """Receives from the output queue on behalf of the pairs that were sent.

    Only messages recognised as answers are deleted: right ones at once, others when the run is over,
    because what looks like a mistake may be the right answer to another grader. What lay there before
    is hidden until then (:meth:`give_back`), for ``hold_s`` seconds at most; what was written meanwhile
    is shown again at once. Until a message was looked at it is hidden for a moment only: should the
    answer that holds it get lost, it comes back in time. A message that was received ``max_receives``
    times, the queue's redrive policy moves away: its last receives are left to others.
    """

    def __init__(
        self,
        aws: Aws,
        url: str,
        keys: Iterable[str],
        *,
        may_be_earlier: Callable[[str], bool] = lambda _body: False,
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
        self._nobodys, self._may_be_earlier = NobodysNumbers(), may_be_earlier
        self._undeleted: set[str] = set()
        self._receiver, self._taken_at = Receiver(aws, url), -math.inf
        self._lost_answers = self._receiver.lost
        self._may_hold, self._draining = True, False
        self._found_old = self._read_incomplete = False
        self._shown_at = self._changed_at = time.monotonic()
        self._clocks = Clocks()
        self._else = SomethingElse(self._clocks)
        self._matcher = AnswerMatcher(self._sent, self._keys, self._clocks, self._nobodys)
        self._hidden = Hidden(aws, url, stop)
        self._held = HeldMessages(aws, url, max_receives=max_receives, hold_s=self._hold_s)

    # -- sending ------------------------------------------------------------------------------

    def expect(self, drawn: Drawn) -> Sent:
        """Register a pair that is about to be sent, so that whatever answers it is recognised."""
        sent = Sent(drawn)
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
        them is the grader's affair. Raises :class:`Interrupted`, :class:`FactUnknown`.
        """
        patience = Patience(seconds, self._lost_answers, self._aws.ends_at)
        self._read_incomplete = False

        def look() -> bool:
            if done():
                return True
            taken = self._poll(patience.left_s)
            patience.hands_full = not all(taken)
            # Of a queue full of others' messages each handful would take a second question.
            self._draining = len(taken) == self._receiver.at_most and not any(taken)
            # A whole handful: there may be more behind it, and shown again it would come first.
            patience.stays_away = len(taken) < self._receiver.at_most and self._show_new()
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
            self._read_incomplete = patience.hands_full and self._found_old  # in DRAINING_S, too
            return False
        finally:
            self._show_new()
        return True

    def _show_new(self) -> bool:
        shown = self._held.show_new()
        if shown:
            self._changed()
        return shown

    def _changed(self) -> None:
        """Note that the count of hidden messages changes, now or when what was lost comes back."""
        self._changed_at = max(time.monotonic(), self._lost_answers.back_at)

    def _poll(self, seconds: float) -> list[bool]:
        """Receive once; for each message, true if it answers a pair or was received before."""
        for_good, self._found_old = self._draining or not self._may_hold, False
        hides_s = self._hold_s if for_good else math.ceil(HIDES_S)
        back_at = self._lost_answers.back_at
        messages = self._receiver.receive(seconds, hides_s)
        if messages or self._lost_answers.back_at != back_at:
            self._changed()
        for message in messages:
            self._clocks.hear_receipt(message)
        taken = [self._take(message, for_good=for_good) for message in messages]
        self._may_hold = self._held.hold() and self._may_hold
        return taken

    def leave_alone(self, at_most_s: float) -> None:
        """Do nothing for a random time, so that another grader in the same step may get ahead.

        Two that repeat what the other disturbed would go on disturbing each other. Raises
        :class:`Interrupted`.
        """
        if self.stop.wait(random.uniform(0, at_most_s)):  # noqa: S311 - no secret
            raise Interrupted

    def missed_since(self, moment: float) -> Unknown | None:
        """Why an answer may have been missed since ``moment``, where that is so.

        Another reader shows: it has received what came for the first time, or messages stay hidden
        that neither this run hides nor were hidden when it began. Raises :class:`Interrupted`.
        """
        if self._clocks.differ:
            return CLOCKS
        if self._lost_answers.may_be_hidden(since=moment):
            return LOST_MESSAGES
        if self._read_incomplete:
            return TOO_MANY_OLD
        if self._taken_at >= moment or self._clocks.rest_on_date:
            return ANOTHER_READER
        more = self._hidden.more_than(self._held.hidden + len(self._undeleted), self._changed_at)
        if isinstance(more, Unknown):
            return more
        if more and self._lost_answers.may_be_hidden():
            return LOST_MESSAGES
        return ANOTHER_READER if more else None

    def _take(self, message: Received, *, for_good: bool) -> bool:
        """Keep or delete one message; true if it answers a pair or was received before.

        ``for_good``: it is hidden for the rest of the run already.
        """
        identity, handle = message.identity, message.handle
        if identity in self._answered:  # SQS delivers a message more than once, if seldom
            self._delete(handle)
            return True
        if self._held.note_received_again(identity, handle, message.received, for_good=for_good):
            self._nobodys.note_received_again(identity, message.at)
            return True
        old = bool(self._sent) and not self._clocks.is_since(message, self._sent[0], 0)
        by_others = message.received > 1 and not self._lost_answers.was_in_lost_answer(
            message, self._clocks
        )
        if by_others and not old:
            self._taken_at = message.at
        elif by_others:
            self._hidden.note_own_receipt()
        answer = self._matcher.recognise(message)
        if answer is not None and answer.wrong is None:
            self._answered.add(identity)
            self._delete(handle)
            return True
        ours = answer is not None or (not old and self._matcher.holds_an_answer(message))
        undeleted = UndeletedMessage(handle, message.received, old, ours=ours, for_good=for_good)
        self._held.add(identity, undeleted)
        if answer is not None:
            return True
        if old:
            self._found_old = True
            earlier = self._may_be_earlier(message.body)
            (self.tally.earlier if earlier else self.tally.foreign).add(identity)
        else:
            self.tally.others.setdefault(identity, redact(message.body, 200))
            if not numbers_in(message.body, self._keys):
                self._else.add(message)
            elif self._sent and self._clocks.is_since(message, self._sent[-1], 0):
                self._nobodys.add(identity, self._sent[-1], message.at)
        return False

    def something_else_since(self, sent: Sent) -> float:
        """Seconds since a numberless message newer than ``sent`` became known, whoever sent it."""
        return self._else.known_for_s(sent)

    def answers_wrongly(self, sent: Sent, slow_s: float) -> bool:
        """The only answer to ``sent`` is a number that fits no pair and that no other grader takes."""
        return sent.silent and self._nobodys.only_wrong_number_for(sent, slow_s, time.monotonic())

    def said_something_else_since(self, sent: Sent) -> bool:
        """A message without a number came since ``sent``, whoever sent it."""
        return self._else.came_since(sent)

    @property
    def all_answered(self) -> bool:
        """Everything that was sent has its right answer, and none to what was not asked."""
        return all(sent.answered for sent in self._sent)

    @property
    def several_answers(self) -> bool:
        """A pair was answered right, and with other numbers too."""
        return any(sent.answered and len(sent.numbers) > 1 for sent in self._sent)

    @property
    def quotes(self) -> tuple[str, ...]:
        """The first messages of the function that no pair explains."""
        return tuple(self.tally.others.values())[:QUOTED]

    def _delete(self, handle: str) -> None:
        with self._aws.ignore_deadline():
            fact = delete_message(self._aws, self._url, handle)
        self._changed()
        if not isinstance(fact, Found):
            # The grade does not depend on it; that it lies there, hidden by this run, is said.
            self.left_behind = True
            if isinstance(fact, Unknown) and fact.kind == "permission":
                # Where an answer was lost, it may be deleted all the same.
                self._undeleted.add(handle)

    # -- leaving ------------------------------------------------------------------------------

    def give_back(self, *, look_for_duplicates: bool) -> None:
        """Take the last duplicates, and make every message visible again that is not ours."""
        try:
            if look_for_duplicates and any(not sent.silent for sent in self._sent):
                self.wait_for(lambda: False, DUPLICATES_S)
                self._take_what_others_hold()
        except (Interrupted, FactUnknown):
            pass  # They become visible by themselves; the grade is known already.
        finally:
            self._held.show_others()
            for handle in self._held.ours:
                self._delete(handle)

    def _take_what_others_hold(self) -> None:
        """Wait for answers of this run that another grader hides until it ends.

        That happens where a redrive policy counts receives: there it shows them no more than twice.
        """
        if not self._held.counted or not any(sent.silent for sent in self._sent):
            return
        self._held.show_others()
        if self._hidden.fewer_after_all(self._held.hidden + len(self._undeleted), OTHERS_END_S):
            self.wait_for(lambda: not any(sent.silent for sent in self._sent), DUPLICATES_S)
