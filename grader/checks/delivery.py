"""Whether the sums came: by direct invocation, and through the queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from grader.checks import block, evidence, fail, message, required, shown, ungrade
from grader.checks.failure_words import how_it_failed, what_it_raised
from grader.checks.next_step import step_of, step_of_records, step_of_silence
from grader.checks.step_rule import Setting
from grader.i18n.language import N_
from grader.model.observation import Exchange, Found, Invocation, NotTried, Unknown

if TYPE_CHECKING:
    from grader.checks import Message
    from grader.model.evidence import Evidence
    from grader.model.observation import Answer, Fact, Pair

MISTAKES = {
    "joined": N_("the two numbers joined as text"),
    "multiplied": N_("the two numbers multiplied"),
    "subtracted": N_("one number subtracted from the other"),
    "first-number": N_("the first number only"),
    "second-number": N_("the second number only"),
    "nearly": N_("off by a little"),
}

LAB = Setting()
"""The shipped lab, for checks that name no other."""


def sums_came(exchange: Fact[Exchange]) -> bool:
    """At least one right sum came through the queue."""
    return isinstance(exchange, Found) and exchange.value.answered > 0


def answered(fact: Fact[Invocation]) -> bool:
    """The direct invocation was answered right."""
    return isinstance(fact, Found) and fact.value.answered


def check_handler(fact: Fact[Invocation], exchange: Fact[Exchange], setting: Setting = LAB) -> None:
    """Fail unless one record's sum came, by direct invocation or else through the queue.

    What the queue would have decided, and could not, is blocked or ungraded.
    """
    if answered(fact) or sums_came(exchange):
        return
    invocation = required(fact, "handler")
    if invocation.inconclusive:
        _left_to_the_queue(exchange)
        fail(
            N_(
                "expected a sum on the output queue, but nothing came, neither when the function was"
                " invoked nor through the queue."
            ),
            hint=what_it_raised(invocation.error) or "",
            evidence=evidence.of_invocation(invocation, setting.keys),
        )
    if invocation.failure is None and not invocation.own_queue:
        _unless_known(exchange)
    _wrong_handling(invocation, setting)


def check_records(
    fact: Fact[Invocation],
    handler: Fact[Invocation],
    exchange: Fact[Exchange],
    setting: Setting = LAB,
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
    if answered(fact) or (one_by_one and (answered(handler) or sums_came(exchange))):
        return
    single = handler.value if isinstance(handler, Found) else None
    silent = single is not None and not single.answered
    artefact = _inconclusive(handler) or _inconclusive(fact)
    if (silent or artefact) and sums_came(exchange):
        return
    if silent:
        because = N_("The function did not answer one record.")
        block("handler", fact.words if isinstance(fact, NotTried) else because)
    if artefact:
        _left_to_the_queue(exchange)
    invocation = required(fact, "records")
    right = sum(pair.answered for pair in invocation.pairs)
    template = N_("expected {expected} sums for {expected} records in one event, found {actual}.")
    why: dict[str, Message] = {}
    if invocation.failure is not None:
        why = {"failure": how_it_failed(invocation)}
        template = N_(
            "expected {expected} sums for {expected} records in one event, found {actual}."
            " {failure}"
        )
    fail(
        template,
        expected=len(invocation.pairs),
        actual=right,
        hint=step_of_records(invocation, setting),
        evidence=evidence.of_invocation(invocation, setting.keys),
        **why,
    )


def check_sum(
    number: int,
    exchange: Exchange,
    handler: Fact[Invocation],
    mapping: str,
    setting: Setting = LAB,
) -> None:
    """Fail unless the pair ``number`` (from 0) came back right. ``mapping`` is a fact's path."""
    if exchange.unsafe is not None:
        fail(
            N_("expected the answers to stay in the output queue, found a loop: {reason}"),
            hint=N_("Undo the loop, then deploy again."),
            reason=exchange.unsafe_said or exchange.unsafe,
        )
    if exchange.stands_for_all:
        number = 0
    pair = exchange.pairs[number] if number < len(exchange.pairs) else None
    if pair is not None and pair.answered:
        return
    if exchange.filtered:
        block(mapping, N_("A filter on the event source mapping holds the messages back."))
    if isinstance(handler, Found) and not handler.value.answered and not exchange.answered:
        block("handler", N_("The function did not answer when it was invoked."))
    if pair is None:
        fail(
            N_("expected an answer, found none to the pair before it, so this pair was not sent."),
            hint=N_("Look at the function's log."),
        )
    if pair.wrong is not None:
        _wrong_answer(pair, pair.wrong, evidence.of_pair(pair, exchange, setting.keys))
    patience = exchange.patience_s
    template = N_("expected {expected}, found no answer within {patience} s.")
    if exchange.others:
        template = N_("expected {expected}, found no answer within {patience} s. {instead}")
    fail(
        template,
        expected=pair.number1 + pair.number2,
        hint=N_("Send the answer to the output queue, and look at the function's log."),
        patience=int(patience) if patience == int(patience) else patience,
        evidence=evidence.of_pair(pair, exchange, setting.keys),
        **_quoted(exchange.others),
    )


def _inconclusive(fact: Fact[Invocation]) -> bool:
    return isinstance(fact, Found) and fact.value.inconclusive


def _left_to_the_queue(exchange: Fact[Exchange]) -> None:
    _unless_known(exchange)
    if isinstance(exchange, NotTried) and exchange.because != "handler":
        block(exchange.because, exchange.words)


def _unless_known(exchange: Fact[Exchange]) -> None:
    """A sum might have come through the queue, and would have counted."""
    if isinstance(exchange, Unknown):
        ungrade(exchange.kind, exchange.words)


def _wrong_handling(invocation: Invocation, setting: Setting) -> NoReturn:
    seen = evidence.of_invocation(invocation, setting.keys)
    pair = invocation.pairs[0] if invocation.pairs else None
    expected = None if pair is None else pair.number1 + pair.number2
    if pair is not None and pair.wrong is not None:
        _wrong_answer(pair, pair.wrong, seen)
    if invocation.failure is not None:
        fail(
            N_(
                "expected {expected}, the sum of {number1} and {number2}, found no answer. {failure}"
            ),
            expected=expected,
            number1=None if pair is None else pair.number1,
            number2=None if pair is None else pair.number2,
            actual=how_it_failed(invocation),
            hint=step_of(invocation, setting),
            evidence=seen,
            failure=how_it_failed(invocation),
        )
    if invocation.own_queue:
        fail(
            N_(
                "expected {expected} on the output queue, but your function answers on its own input"
                " queue."
            ),
            expected=expected,
            hint=N_("Send the answer to the output queue's URL."),
            evidence=seen,
        )
    template = N_("expected {expected}, found no answer on the output queue.")
    if invocation.others:
        template = N_("expected {expected}, found no answer on the output queue. {instead}")
    fail(
        template,
        expected=expected,
        hint=step_of_silence(invocation, setting),
        evidence=seen,
        **_quoted(invocation.others),
    )


def _wrong_answer(pair: Pair, answer: Answer, seen: Evidence) -> NoReturn:
    mistake = MISTAKES.get(answer.wrong or "", answer.wrong or "")
    fail(
        N_("{number1} + {number2}: expected {expected}, found {body}, {mistake}."),
        expected=pair.number1 + pair.number2,
        actual=answer.body,
        hint=N_("Convert both to numbers before you add them.")
        if answer.wrong == "joined"
        else N_("Add the two numbers of the message."),
        evidence=seen,
        number1=pair.number1,
        number2=pair.number2,
        body=shown(answer.body),
        mistake=message(mistake),
    )


def _quoted(others: tuple[str, ...]) -> dict[str, Message]:
    """``instead``: the function's own output, where it sent something else than the sum."""
    if not others:
        return {}
    first = others[:3]
    template = N_("Found instead: {found}.")
    if not any(character.isdigit() for one in first for character in one):
        template = N_("Found instead, not a number: {found}.")
        if len(first) > 1:
            template = N_("Found instead, not numbers: {found}.")
    found = ", ".join(f'"{shown(one)}"' for one in first)
    return {"instead": message(template, found=found)}
