"""Whether the answers came: by direct invocation, and through the queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.checks import block, fail, required, ungrade
from grader.checks.replies import Replies
from grader.checks.step_rule import StepContext
from grader.i18n.language import N_
from grader.model.fact import Found, NotTried, Unknown

if TYPE_CHECKING:
    from grader.model.fact import Fact
    from grader.model.observation import Exchange, Invocation


LAB = StepContext()
"""The shipped lab, for checks that name no other."""


def answers_came(exchange: Fact[Exchange]) -> bool:
    """At least one right answer came through the queue."""
    return isinstance(exchange, Found) and exchange.value.answered > 0


def answered(fact: Fact[Invocation]) -> bool:
    """The direct invocation was answered right."""
    return isinstance(fact, Found) and fact.value.answered


def check_handler(
    fact: Fact[Invocation], exchange: Fact[Exchange], context: StepContext = LAB
) -> None:
    """Fail unless one record's answer came, by direct invocation or else through the queue.

    If the queue had to decide but did not, the check is blocked or ungraded.
    """
    if answered(fact) or answers_came(exchange):
        return
    invocation = required(fact, "handler")
    if invocation.inconclusive:
        _left_to_the_queue(exchange)
        Replies(context).neither_way(invocation, exchange)
    if invocation.failure in {None, "reported"} and not invocation.own_queue:
        _unless_known(exchange)
    Replies(context).wrong_handling(invocation)


def check_records(
    fact: Fact[Invocation],
    handler: Fact[Invocation],
    exchange: Fact[Exchange],
    context: StepContext = LAB,
    *,
    one_by_one: bool = False,
) -> None:
    """Fail unless every record of one event was answered. The first that fits decides:

    1. Every record was answered, or Lambda hands them over ``one_by_one`` and the single one was:
       passed.
    2. Invoking with one record or with three shows nothing (not answered, or an artefact of the
       made-up event), and a sum came through the queue: passed.
    3. The single record was not answered: blocked by the handler.
    4. The event was at fault, so the queue should have told, and could not: ungraded if what went
       through it is unknown, blocked by what stopped it.
    5. There was no invocation with three records: blocked or ungraded by what prevented it.
    6. Some record was not answered: failed.
    """
    if answered(fact) or (one_by_one and (answered(handler) or answers_came(exchange))):
        return
    single = handler.value if isinstance(handler, Found) else None
    silent = single is not None and not single.answered
    artefact = _inconclusive(handler) or _inconclusive(fact)
    if (silent or artefact) and answers_came(exchange):
        return
    if silent:
        because = N_("The function did not answer one record.")
        block("handler", fact.words if isinstance(fact, NotTried) else because)
    if artefact:
        _left_to_the_queue(exchange)
    invocation = required(fact, "records")
    Replies(context).wrong_records(invocation)


def check_answer(
    number: int,
    exchange: Exchange,
    handler: Fact[Invocation],
    mapping: str,
    context: StepContext = LAB,
) -> None:
    """Fail unless the pair ``number`` (from 0) came back right. ``mapping`` is a fact's path."""
    if exchange.unsafe is not None:
        fail(
            N_("expected the answers to stay in the output queue, found a loop: {reason}"),
            hint=N_("Undo the loop, then deploy again."),
            reason=exchange.unsafe_said or exchange.unsafe,
        )
    if exchange.stands_for_all:
        number %= context.rules.variants
    pair = exchange.pairs[number] if number < len(exchange.pairs) else None
    if pair is not None and pair.answered:
        return
    if exchange.filtered:
        block(mapping, N_("A filter on the event source mapping holds the messages back."))
    if isinstance(handler, Found) and not handler.value.answered and not exchange.answered:
        block("handler", N_("The function did not answer when it was invoked."))
    if pair is None:
        fail(
            N_("expected an answer, but an earlier pair got no answer, so this one was not sent."),
            hint=N_("Do first what is said of the message that got no answer, then check again."),
        )
    earlier = handler.value.pairs if isinstance(handler, Found) else ()
    Replies(context).no_right_answer(pair, exchange, earlier)


def _inconclusive(fact: Fact[Invocation]) -> bool:
    return isinstance(fact, Found) and fact.value.inconclusive


def _left_to_the_queue(exchange: Fact[Exchange]) -> None:
    _unless_known(exchange)
    if isinstance(exchange, NotTried) and exchange.because != "handler":
        block(exchange.because, exchange.words)


def _unless_known(exchange: Fact[Exchange]) -> None:
    """An answer might have come through the queue, and would have counted."""
    if isinstance(exchange, Unknown):
        ungrade(exchange.kind, exchange.words)
