"""Answers judged anew: what an observation made by one rubric says to another's answers.

What was sent does not change, and all numbers that came are kept beside it. What the run left out
because an answer was taken for wrong is open where it is right now.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

import msgspec

from grader.i18n.language import N_
from grader.model.fact import Found, NotTried, Unknown, value_of
from grader.rubric.expression import ExpressionError
from grader.rubric.readings import Arithmetic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.model.fact import Fact
    from grader.model.observation import Answer, Exchange, Invocation, Observation, Pair
    from grader.rubric.exchange import ExchangeRules

T = TypeVar("T", "Invocation", "Exchange")

_KEPT = re.compile(r"[+-]?\d{1,120}(\.\d{1,120})?([eE][+-]?\d{1,3})?", re.ASCII)
"""Any number that was read in an answer, as Python writes it."""

OTHER_FORM = N_("Messages and answers of another form were exchanged.")

_RIGHT_NOW = N_(
    "An answer that counts as right now was taken for wrong, so the rest was not tried."
)


def same_answers(seen: Observation, rules: ExchangeRules) -> bool:
    """The observation was made by the same keys, and the same answers were right."""
    asked = seen.asked
    if asked is None:
        return True
    before = (asked.answer_keys, asked.expect, asked.within)
    return before == (rules.keys, rules.expect, rules.within)


def judged_anew(seen: Observation, rules: ExchangeRules) -> Observation:
    """``seen`` with each answer called right or wrong as ``rules`` have it.

    As it is where they say the same, and where too little was kept.
    """
    if seen.asked is None or not seen.asked.kept or same_answers(seen, rules):
        return seen
    try:
        arithmetic = Arithmetic(rules)
        handler = _with_pairs(seen.handler, arithmetic, rules)
        records = _with_pairs(seen.records, arithmetic, rules)
        exchange = _with_pairs(seen.exchange, arithmetic, rules)
    except (ExpressionError, LookupError):
        other = Unknown.saying("not-observed", OTHER_FORM)
        return msgspec.structs.replace(seen, handler=other, records=other, exchange=other)
    before, now = value_of(seen.handler), value_of(handler)
    may_still_answer = (
        now is not None and now.answered and before is not None and not before.answered
    )
    if may_still_answer and _because(records) == "handler":
        records = _open()
    if may_still_answer and _because(exchange) == "handler":
        exchange = _open()
    gone, was = value_of(exchange), value_of(seen.exchange)
    if gone is not None and was is not None and len(gone.pairs) < rules.pairs:
        whole = gone.stands_for_all and len(gone.pairs) >= min(rules.variants, rules.pairs)
        if (may_still_answer or gone.answered > was.answered) and not whole:
            exchange = _open()
    return msgspec.structs.replace(seen, handler=handler, records=records, exchange=exchange)


def answering(numbers: dict[str, str], keys: Iterable[str]) -> Decimal | None:
    """The number of a message that counts: a bare one, or that under the first key that holds one.

    ``numbers`` are as an observation keeps them: text that is no such number is none.
    """
    found = (numbers[key] for key in ("", *keys) if key in numbers)
    return next((Decimal(text) for text in found if _KEPT.fullmatch(text)), None)


def _with_pairs(fact: Fact[T], arithmetic: Arithmetic, rules: ExchangeRules) -> Fact[T]:
    if not isinstance(fact, Found):
        return fact
    pairs = tuple(_pair(pair, arithmetic, rules) for pair in fact.value.pairs)
    return Found(msgspec.structs.replace(fact.value, pairs=pairs))


def _pair(pair: Pair, arithmetic: Arithmetic, rules: ExchangeRules) -> Pair:
    readings = arithmetic.readings(pair.message)
    answers: list[Answer] = []
    unread: list[Answer] = []
    for answer in (*pair.answers, *pair.unread):
        number = answering(answer.numbers, rules.keys)
        reading = None if number is None else readings.named(number)
        if reading is None:
            unread.append(answer)
        else:
            wrong = reading.name or None
            answers.append(msgspec.structs.replace(answer, wrong=wrong, detail=reading.detail))
    return msgspec.structs.replace(pair, answers=tuple(answers), unread=tuple(unread))


def _because(fact: Fact[Invocation] | Fact[Exchange]) -> str | None:
    return fact.because if isinstance(fact, NotTried) else None


def _open() -> Unknown:
    return Unknown.saying("not-observed", _RIGHT_NOW)
