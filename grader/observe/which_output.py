"""Which of a few queues a function answers into, where neither a variable nor their number tells."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.ended_early import FactUnknown
from grader.model.fact import Unknown, value_of
from grader.model.mistakes import NEARLY
from grader.model.observation import FoundAs
from grader.observe.concurrency import unless_not_run, when_it_may_run
from grader.observe.invocation import GRACE_S, NEVER_RAN, invoked
from grader.observe.lost import LOST_MESSAGES
from grader.observe.receive import Receiver, delete_message, show_message
from grader.observe.repeat import repeated
from grader.resources.queue import observe_queue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from botocore.exceptions import ClientError

    from grader.aws.account_client import Aws
    from grader.model.observation import Invocation
    from grader.observe.target import Target
    from grader.resources.ready import Waits
    from grader.rubric.pairs import Drawn, Pairs

MOST_CANDIDATES = 5
"""Queues that are received from. Each holds its own messages back for :data:`HIDDEN_S` at most."""

HIDDEN_S = 20
NUMBER_APPEARS_S = 2
MOST_DELAY_S, MOST_POLLS = 15, 10
"""How late a queue's messages may be, and how often it is received from: they are hidden for longer."""

SLACK_S = 1

LONGEST_NUMBERS = 64 * 1024
MOST_NUMBERS = 1000
_NUMBER = re.compile(r"-?\d{1,40}(?:\.\d{1,20})?")
_NO_ANSWER = frozenset({"first-number", "second-number", "field", NEARLY})
"""Matches that prove no answer: a message may merely quote what was sent."""

_HELD = N_("which held the answer of {function}")


def which_output(
    aws: Aws, target: Target, pairs: Pairs, names: Iterable[str], waits: Waits, untold: Unknown
) -> FoundAs | Unknown | None:
    """The one of :data:`MOST_CANDIDATES` queues at most that holds the answer of ``target`` to a pair.

    The function is invoked, again where Lambda has no room or wakes it, and then each queue is received
    from. What was not an answer to this is shown again. ``None`` where no queue holds an answer, or
    several do; unknown where AWS does not tell, and ``untold`` where only a message that came through
    the queue could, or a queue holds more than is read. Raises :class:`Interrupted`.
    """
    queues = [(name, *observe_queue(aws, name)) for name in names]
    unknown = next((fact for _, fact, _ in queues if isinstance(fact, Unknown)), None)
    # Received once more, a message would move on to the dead-letter queue.
    asked = [
        (name, url, queue)
        for name, fact, url in queues
        if url and (queue := value_of(fact)) and queue.max_receives != 1
    ]
    if unknown is not None or len(asked) != len(queues) or len(asked) > MOST_CANDIDATES:
        return unknown
    if any(queue.delay_s > MOST_DELAY_S for _, _, queue in asked):
        return untold
    since, sent = time.monotonic(), list["Drawn"]()
    ran = _ran(aws, target, pairs, sent, waits)
    if isinstance(ran, Unknown) and ran.kind in {"permission", "credentials"}:
        return ran
    if not isinstance(ran, Unknown) and ran.failure in NEVER_RAN:
        return None
    # Whatever came of it, an answer may lie there.
    held = {
        name: _held(aws, url, sent, since, NUMBER_APPEARS_S + queue.delay_s, untold)
        for name, url, queue in asked
    }
    if isinstance(ran, Unknown):
        return ran
    right = [name for name, made in held.items() if not isinstance(made, Unknown) and "" in made]
    unread = next((made for made in held.values() if isinstance(made, Unknown)), None)
    if unread is not None and not right:
        return unread  # It may be the one that was not read.
    chosen = right or [name for name, made in held.items() if made]
    if len(chosen) != 1:
        return untold if ran.inconclusive and not chosen else None
    return FoundAs(chosen[0], "answer", message(_HELD, function=target.name))


def _ran(
    aws: Aws, target: Target, pairs: Pairs, sent: list[Drawn], waits: Waits
) -> Invocation | Unknown:
    """What came of running the function, with a new message each time. Raises :class:`Interrupted`."""

    def once() -> Invocation | ClientError:
        drawn = pairs.draw()
        sent.append(drawn)
        patience_s, bodies = target.timeout_s + GRACE_S, [drawn.body]
        return unless_not_run(
            lambda: invoked(aws, target, bodies, patience_s, lambda _said: None),
            lambda: sent.remove(drawn),
        )

    try:
        return when_it_may_run(lambda: repeated(once), aws, waits, target.name, target.timeout_s)
    except Exception as error:
        unknown = aws.classify_in_run(error, "lambda:InvokeFunction")
        if unknown is None:
            raise
        return unknown


def _held(
    aws: Aws, url: str, sent: Sequence[Drawn], since: float, wait_s: float, untold: Unknown
) -> set[str] | Unknown:
    """Mistakes shown by the queue's messages since ``since``; an empty string is a right answer.

    Messages that answer one of those ``sent`` are removed, all others are shown again.

    The queue is received from until there is one for each that was sent, for ``wait_s`` seconds at most;
    ``untold`` where it holds more than that reads.
    Source: SQS ReceiveMessage, DeleteMessage, ChangeMessageVisibility.
    """
    receiver, made = Receiver(aws, url), set[str]()
    ends_at, taken = time.monotonic() + wait_s, dict[str, bool]()
    left_s, polls = (wait_s if sent else 0.0), 0
    try:
        while left_s > 0 and polls < MOST_POLLS and sum(taken.values()) < len(sent):
            for received in receiver.receive(left_s, HIDDEN_S):
                new = received.age_s is not None and received.age_s <= received.at - since + SLACK_S
                answers = (
                    set().union(*(_answers(received.body, one) for one in sent)) if new else set()
                )
                taken[received.handle] = bool(answers)
                made |= answers
            left_s, polls = ends_at - time.monotonic(), polls + 1
    except FactUnknown as raised:
        return raised.unknown
    finally:
        with aws.ignore_deadline():
            for handle, is_answer in taken.items():
                (delete_message if is_answer else show_message)(aws, url, handle)
    if made:
        return made
    if receiver.lost.may_be_hidden():
        return LOST_MESSAGES
    return untold if polls == MOST_POLLS else made


def _answers(body: str, drawn: Drawn) -> set[str]:
    """What the numbers that the text writes, in whatever form, are of the message."""
    written = islice(_NUMBER.finditer(body[:LONGEST_NUMBERS]), MOST_NUMBERS)
    readings = (drawn.readings.named(Decimal(number.group())) for number in written)
    return {reading.name for reading in readings if reading is not None} - _NO_ANSWER
