"""Sending pairs through the input queue, one at a time, with patience while it may still answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.i18n.language import N_
from grader.i18n.message import message as message_of
from grader.model.ended_early import FactUnknown
from grader.model.observation import Exchange
from grader.observe.invocation import ANSWER_APPEARS_S
from grader.observe.lost import LOST_MESSAGES
from grader.observe.output import ANOTHER_READER
from grader.observe.repeat import PAIR_ATTEMPTS
from grader.resources.ready import tell_nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.i18n.message import Message
    from grader.model.fact import Unknown
    from grader.observe.input_queue import InputQueue
    from grader.observe.output import OutputQueue
    from grader.observe.sent import Sent
    from grader.rubric.pairs import Pairs

IMPATIENT_S = 8
"""Patience for the one pair that is tried although the direct invocation was wrong or silent."""

LOOKED_FOR_AFTER_S = 5
"""Seconds of that patience after which the input queue is searched for the pair, in the rest of it."""

AT_ONCE_S = 20
"""If batching window and delays together exceed this, pairs do not wait for each other: all are sent at
once, or a few stand for all."""

ONCE_MORE_S = 40
"""Patience for what is sent again after somebody else took it: he may hide it for half a minute."""

_THROUGH = N_("Message {number} of {wanted} goes through your queues")


@dataclass(frozen=True)
class ExchangePlan:
    """What is sent, and how long it is waited for.

    ``wanted`` pairs are sent, each with ``deadline_s`` of patience plus ``slow_s``, the batching window
    and both queues' delays. ``filtered``: a filter stands on the mapping. ``answers_all_records``: every
    record of one event was answered directly, so that several pairs may travel in one. Otherwise
    ``representatives`` pairs stand for all of them: one for each thing that a message can ask for.
    """

    wanted: int
    deadline_s: float
    slow_s: float
    filtered: bool
    answers_all_records: bool
    representatives: int


class Exchanging:
    """One exchange through the queues, as its ``plan`` says.

    ``may_still_answer`` says whether nothing tells by now that the function is wrong: else one pair is
    tried with little patience. ``shortage_wait`` says, asked where a pair stays silent, how long more it
    may lie in the queue because the function finds no room, and what it is then. ``step`` hears what is
    sent next, and how many seconds its answer may take.
    """

    def __init__(
        self,
        source: InputQueue,
        output: OutputQueue,
        pairs: Pairs,
        plan: ExchangePlan,
        *,
        may_still_answer: Callable[[], bool],
        shortage_wait: Callable[[], tuple[float, Unknown] | None],
        step: Callable[[Message, float], None] = tell_nobody,
    ) -> None:
        self._source, self._output, self._pairs = source, output, pairs
        self._plan, self._may_still_answer = plan, may_still_answer
        self._shortage_wait, self._step = shortage_wait, step
        self._representatives = min(plan.representatives, plan.wanted)
        self._full_s = plan.deadline_s + plan.slow_s
        self._little_s = IMPATIENT_S + plan.slow_s
        self._at_once = plan.slow_s > AT_ONCE_S
        self._patience_s = self._full_s
        self._held_back = self._one_for_all = self._gave_up = False
        # One entry for each pair of the rubric: the pair, and the fresh one that followed its silence.
        self._entries: list[list[Sent]] = []

    @property
    def sent(self) -> list[Sent]:
        """Every pair that was sent."""
        return [sent for entry in self._entries for sent in entry]

    @property
    def silent(self) -> list[Sent]:
        """The last pair of each entry of which nothing came."""
        return [entry[-1] for entry in self._entries if _silent(entry)]

    @property
    def gave_up(self) -> bool:
        """It ended with one pair, because the function was wrong directly."""
        return self._gave_up

    @property
    def result(self) -> Exchange:
        """What came of it by now."""
        return Exchange(
            pairs=tuple(
                next((s for s in entry if s.answered), entry[0]).as_pair()
                for entry in self._entries
            ),
            filtered=self._held_back and all(map(self._nothing_came, self._entries[0])),
            others=self._output.quotes,
            patience_s=self._patience_s,
            stands_for_all=self._one_for_all and len(self._entries) <= self._representatives,
        )

    def run(self) -> None:
        """Send and wait. Raises botocore's exceptions, ``FactUnknown``, ``Interrupted``.

        A pair whose answer may have been missed is not called silent: that is ``FactUnknown``.
        """
        self._send_all()
        self._again_where_missed()

    def go_on(self) -> None:
        """Send what :attr:`unfinished` says is left to send. Raises what :meth:`run` does."""
        self._go_on_patiently()
        self._again_where_missed()

    @property
    def unfinished(self) -> bool:
        """Pairs are left to send, because an answer came after the run had stopped waiting for it."""
        wanted = self._representatives if self._one_for_all else self._plan.wanted
        return len(self._entries) < wanted and self._rest_is_worth_sending

    @property
    def _rest_is_worth_sending(self) -> bool:
        came = any(sent.answered for sent in self.sent)
        return not self.silent and (came or self._may_still_answer())

    def _go_on_patiently(self) -> None:
        self._patience_s, self._gave_up = self._full_s, False
        self._rest()

    def _again_where_missed(self) -> None:
        missed, again = self.missed(), PAIR_ATTEMPTS - 1
        while again and missed in (LOST_MESSAGES, ANOTHER_READER):
            # Whoever took the answers may be gone by now.
            if missed == ANOTHER_READER:
                self._output.leave_alone(ANSWER_APPEARS_S * (PAIR_ATTEMPTS - again))
            if self._once_more():
                self._go_on_patiently()
            missed, again = self.missed(), again - 1
        if missed is not None:
            raise FactUnknown(missed)

    def _once_more(self) -> bool:
        """A fresh pair after each silent one; whether the rest is worth sending now."""
        silent = [entry for entry in self._entries if _silent(entry)]
        for entry in silent:
            self._send_fresh(entry)
        self._wait(silent, min(self._patience_s, ONCE_MORE_S + self._plan.slow_s))
        return self._rest_is_worth_sending

    def missed(self) -> Unknown | None:
        """Why a silent pair may have been answered all the same, where that is so."""
        moments = [sent.since for sent in self.silent]
        return self._output.missed_since(min(moments)) if moments else None

    def _send_all(self) -> None:
        if (not self._plan.filtered and self._may_still_answer()) or self._trial():
            self._rest()

    def _rest(self) -> None:
        """All the pairs that were not sent yet."""
        if not self._at_once:
            while len(self._entries) < self._plan.wanted and self._one():
                pass
        elif self._plan.answers_all_records:
            self._rest_at_once()
        else:
            # Several at once would travel in one event, and that not all of its records are read was
            # charged before.
            self._one_for_all = True
            while len(self._entries) < self._representatives and self._one():
                pass

    def _trial(self) -> bool:
        """One pair, which says whether the rest is worth sending."""
        (trial,) = entry = self._send()
        if not self._may_still_answer():
            self._patience_s = self._little_s
            self._wait_a_little(entry)
            if not (trial.answered or self._may_still_answer()):
                self._gave_up = True
                return False
            # Right after all, or the direct answer came late: the rest is worth full patience.
            self._patience_s = self._full_s
        if not self._wait([entry], self._full_s) and not self._something_else(entry):
            self._wait_out_shortage([entry])
        # Of a function that is wrong its silence would say nothing of the filter.
        self._held_back = self._plan.filtered
        return not trial.silent

    def _nothing_came(self, sent: Sent) -> bool:
        """Neither an answer nor anything else that the function may have made of ``sent``."""
        unexplained = sent.unread or self._output.said_something_else_since(sent)
        return sent.silent and not unexplained

    def _wait_a_little(self, entry: list[Sent]) -> None:
        """Little patience; looking whether the pair was consumed goes on beside it, not after it."""
        ends = time.monotonic() + self._little_s
        if not self._plan.slow_s and not self._wait([entry], LOOKED_FOR_AFTER_S):
            self._source.look_for(entry[0])
        left_s = ends - time.monotonic()
        if left_s > 0:
            self._wait([entry], left_s)

    def _one(self) -> bool:
        """One pair through the queues; whether anything came back, so that the next is worth sending."""
        entry = self._send()
        if not self._wait([entry], self._full_s):
            self._wait_longer([entry])
        return not _silent(entry)

    def _rest_at_once(self) -> None:
        rest = [self._send() for _ in range(self._plan.wanted - len(self._entries))]
        if not self._wait(rest, self._full_s):
            self._wait_longer([entry for entry in rest if _silent(entry)])

    def _send(self) -> list[Sent]:
        longest_s = self._full_s if self._may_still_answer() else self._little_s
        told = message_of(_THROUGH, number=len(self._entries) + 1, wanted=self._plan.wanted)
        self._step(told, longest_s)
        entry = [self._source.send(self._pairs, len(self._entries), self._output)]
        self._entries.append(entry)
        return entry

    def _send_fresh(self, entry: list[Sent]) -> None:
        """One more of the same kind, after a silent one."""
        index = next(at for at, one in enumerate(self._entries) if one is entry)
        entry.append(self._source.send(self._pairs, index, self._output))

    def _wait_longer(self, silent: Sequence[list[Sent]]) -> None:
        """Give silent pairs another chance, unless the function has answered with something else.

        Room is waited for where there is little; after any other silent pair a fresh one is sent, and
        an answer to either counts. Raises :class:`FactUnknown`.
        """
        if all(map(self._something_else, silent)) or self._wait_out_shortage(silent):
            return
        for entry in silent:
            self._send_fresh(entry)
        self._wait(silent, self._full_s)

    def _wait_out_shortage(self, silent: Sequence[list[Sent]]) -> bool:
        """Wait for what found no room: it lies in the queue until its visibility timeout is over.

        Whether there is little room; what stays silent then is :class:`FactUnknown`.
        """
        shortage_wait = self._shortage_wait()
        if shortage_wait is None:
            return False
        longer_s, throttled = shortage_wait
        deadline = min(entry[0].since for entry in silent) + self._full_s
        left_s = max(0.0, deadline - time.monotonic())
        came = self._wait(silent, left_s + longer_s, to_the_end=True)
        if not came and not all(map(self._something_else, silent)):
            raise FactUnknown(throttled)
        return True

    def _wait(
        self, entries: Sequence[Sequence[Sent]], seconds: float, *, to_the_end: bool = False
    ) -> bool:
        """Whether every entry came back. A wrong answer may be followed by the right one.

        ``to_the_end``: a number that is nobody's does not end the wait.
        """

        def over(entry: Sequence[Sent]) -> bool:
            if _settled(entry) or self._something_else(entry):
                return True
            return not to_the_end and self._wrong_number(entry)

        self._output.wait_for(lambda: all(map(over, entries)), seconds)
        return not any(map(_silent, entries))

    def _wrong_number(self, entry: Sequence[Sent]) -> bool:
        """Each message of the entry, the fresh one too, was answered with a number that is nobody's."""
        return all(self._output.answers_wrongly(sent, self._plan.slow_s) for sent in entry)

    def _something_else(self, entry: Sequence[Sent]) -> bool:
        """The function has been known to answer this pair with something else for a while."""
        return _silent(entry) and self._output.something_else_since(entry[0]) >= (
            ANSWER_APPEARS_S + self._plan.slow_s
        )


def _settled(entry: Sequence[Sent]) -> bool:
    """Answered right, or wrong and not corrected for a while."""
    return any(s.answered for s in entry) or any(
        s.since_answer_s() >= ANSWER_APPEARS_S for s in entry
    )


def _silent(entry: Sequence[Sent]) -> bool:
    return all(sent.silent for sent in entry)
