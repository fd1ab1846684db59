"""Whether the messages of an exchange can be drawn so that everything made of them can be told apart."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import msgspec

from grader.i18n.language import _
from grader.rubric.exchange import ExchangeRules, OneOf, in_words
from grader.rubric.expression import ExpressionError
from grader.rubric.pairs import NoRoomError, Pairs
from grader.rubric.readings import draw_message, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.inputs.yaml_lines import KeyPath

_SEEDS, _TRIES = 3, 300
"""How often, and how hard, messages are drawn to see whether there is room for them."""

_SAMPLES = 20
"""Messages for which an expression is tried."""

_EXPECT: KeyPath = ("answer", "expect")


def most_drawn(pairs: int) -> int:
    """How many messages have full room: those of a run, and half as many again after faults."""
    return (4 + pairs) * 3 // 2


def undrawable(exchange: dict[str, Any]) -> Iterator[tuple[KeyPath, str, str]]:
    """What stands in the way of drawing: the place in the exchange, what it is, and the remedy.

    ``exchange`` keeps to its schema and to the rules for its fields and expressions.
    """
    rules = msgspec.convert(exchange, ExchangeRules)
    found = [*_not_worked_out(rules)]
    yield from found
    if not found:
        yield from _not_told_apart(rules, exchange)


def _not_worked_out(rules: ExchangeRules) -> Iterator[tuple[KeyPath, str, str]]:
    """The expressions that give no number for any message."""
    rng = Random(0)  # noqa: S311 - the same for everybody
    messages = [draw_message(rules.fields, index, rng) for index in range(_SAMPLES)]
    for value, found in rules.branches.items():
        why = ""
        for message in messages:
            try:
                number_of(found, message)
            except ExpressionError as error:
                why = str(error)
            else:
                why = ""
                break
        if why:
            what = _("The answers cannot be worked out: {why}.", why=why)
            yield (
                (*_EXPECT, *filter(None, [value])),
                what,
                _("Let it give a number for every message."),
            )


def _not_told_apart(
    rules: ExchangeRules, exchange: dict[str, Any]
) -> Iterator[tuple[KeyPath, str, str]]:
    """Draw what some runs would, and say what stands in the way first."""
    exact = "within" in exchange.get("answer", {})
    try:
        for seed in range(_SEEDS):
            drawing = Pairs(rules, seed, "0" * 12, 1, tries=_TRIES, strict=True)
            for index in range(most_drawn(rules.pairs)):
                message = drawing.draw(index)
                if not exact and not message.readings.right.whole:
                    what = _(
                        "The answers are no whole numbers, and it is not said how exact they must be."
                    )
                    yield ("answer",), what, _("Add within: 1.0e-6 to “answer”.")
                    return
    except ExpressionError as error:
        what = _("The answers cannot be worked out: {why}.", why=error)
        yield _EXPECT, what, _("Let it give a number for every message.")
    except NoRoomError as error:
        yield _too_few(rules, error)


def _too_few(rules: ExchangeRules, error: NoRoomError) -> tuple[KeyPath, str, str]:
    place: KeyPath = _EXPECT if rules.expect is not None else ("message",)
    what = _("Not enough messages can be told apart by their answers: {why}.", why=error.why)
    field = rules.fields[rules.branch_field] if rules.branch_field is not None else None
    if isinstance(field, OneOf):
        asked = in_words(field.one_of[error.index % len(field.one_of)])
        place = (*place, asked)
        what = _(
            "Not enough messages for “{value}” can be told apart by their answers: {why}.",
            value=asked,
            why=error.why,
        )
    remedy = _(
        "Let the numbers of the message have wider ranges, send fewer pairs, or change what is"
        " expected."
    )
    return place, what, remedy
