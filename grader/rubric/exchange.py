"""What a rubric says of the exchange: the messages that are sent, the answers, and the way they take."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from grader.model.resolve_types import resolve_types
from grader.rubric.expression import expression

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.rubric.expression import Expression, Value

SHORT_FIELDS = ("number1", "number2")
RANGE = (100, 9999)
DEFAULT_ANSWER_KEYS = ("body", "result", "sum")
PAIRS = 5
DIRECT_INVOCATIONS = 2
"""With one message, and with several in one event; then each pair goes through the queues."""


class Whole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole number that is drawn, ends included."""

    whole: tuple[int, int]


class Real(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number that is drawn with so many decimals, ends included."""

    real: tuple[float, float]
    decimals: int = 2


class OneOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value after the other."""

    one_of: tuple[Any, ...]


class Constant(msgspec.Struct, frozen=True):
    """The same value in every message."""

    value: Any


Field: TypeAlias = Whole | Real | OneOf | Constant

resolve_types(Whole, Real, OneOf)


def field_of(given: Any) -> Field:
    """A field as a rubric writes it. Raises ``msgspec.ValidationError``."""
    if not isinstance(given, dict):
        return Constant(given)
    if "whole" in given:
        return msgspec.convert(given, Whole)
    return msgspec.convert(given, Real) if "real" in given else msgspec.convert(given, OneOf)


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The way of a message, by the rubric's names: a queue, the function it feeds, another queue."""

    source: str = msgspec.field(name="from", default="input")
    through: str = "sum"
    to: str = "output"

    @property
    def names(self) -> tuple[str, str, str]:
        """The three in order."""
        return self.source, self.through, self.to

    @property
    def sections(self) -> dict[str, str]:
        """The three in order, each with the section of the lab that names it."""
        return {self.source: "queues", self.through: "functions", self.to: "queues"}


DEFAULT_ROUTE = Route()
A_ROUTE = "route: {from: QUEUE, through: FUNCTION, to: QUEUE}"
"""How a rubric says the way."""


class AnswerRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is right: ``expect`` is one expression, or by the value of the field ``of``, one for each.

    ``keys`` are the keys under which a number answers; ``within`` is how far from the right number it
    may be, relative to the larger of 1 and that number.
    """

    keys: tuple[str, ...] = DEFAULT_ANSWER_KEYS
    expect: str | dict[str, str] | None = None
    within: float = 0


class ExchangeRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How messages are sent through the queues, and how answers are read.

    ``message`` are the fields of the JSON object that is sent; in the short form the keys of two whole
    numbers, which ``range`` bounds, and ``answer_keys`` are the keys under which their sum is looked
    for. ``deadline_s`` is the patience for one pair, in seconds.
    """

    pairs: int = PAIRS
    range: tuple[int, int] = RANGE
    message: tuple[str, str] | dict[str, Any] = SHORT_FIELDS
    answer_keys: tuple[str, ...] = DEFAULT_ANSWER_KEYS
    deadline_s: float = 120
    route: Route = DEFAULT_ROUTE
    answer: AnswerRules | None = None

    @property
    def short(self) -> bool:
        """Two whole numbers are sent, and their sum is right."""
        return not isinstance(self.message, dict) and self.answer is None

    @property
    def invocations(self) -> int:
        """How often the function is run where nothing is repeated, nor left out."""
        return DIRECT_INVOCATIONS + self.pairs

    @property
    def fields(self) -> dict[str, Field]:
        """The fields of a message, in order."""
        if isinstance(self.message, dict):
            return {name: field_of(given) for name, given in self.message.items()}
        return {name: Whole(self.range) for name in self.message}

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys under which a number answers, the first that holds one before the others."""
        return self.answer_keys if self.answer is None else self.answer.keys

    @property
    def within(self) -> float:
        """How far from the right number an answer may be."""
        return 0 if self.answer is None else self.answer.within

    @property
    def expect(self) -> str | dict[str, str] | None:
        """What is right, as the rubric writes it; ``None`` is the sum."""
        return None if self.answer is None else self.answer.expect

    @property
    def branch_field(self) -> str | None:
        """The field that says which answer is asked for, if one does."""
        return self.expect["of"] if isinstance(self.expect, dict) else None

    @property
    def branches(self) -> dict[str, Expression]:
        """The expression for each value of :attr:`branch_field`, or under an empty key for all.

        Raises :class:`~grader.rubric.expression.ExpressionError`.
        """
        expect = self.expect
        if expect is None:
            return {}
        if isinstance(expect, str):
            return {"": expression(expect)}
        return {value: expression(text) for value, text in expect.items() if value != "of"}

    @property
    def variants(self) -> int:
        """So many messages in a row hold every value that a field takes in turn."""
        return math.lcm(*(len(f.one_of) for f in self.fields.values() if isinstance(f, OneOf)))


resolve_types(ExchangeRules)


def in_turn(fields: Mapping[str, Field], index: int) -> dict[str, Value]:
    """The values of the ``one_of`` fields in the message ``index`` of a row.

    Of several such fields each takes its values equally often, and from round to round other ones
    together.
    """
    several = [(name, field.one_of) for name, field in fields.items() if isinstance(field, OneOf)]
    a_round = math.lcm(*(len(values) for _name, values in several))
    return {
        name: values[(index + place * (index // a_round)) % len(values)]
        for place, (name, values) in enumerate(several)
    }


def in_words(value: Value) -> str:
    """A value as the keys of ``expect`` write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
