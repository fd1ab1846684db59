"""What a right function makes of a message, and what a mistaken one would: the numbers, each by name.

The mistakes' names and what is kept in the detail of each: :mod:`grader.model.mistakes`.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.model.mistakes import NEARLY, OTHER, ROUNDED
from grader.rubric.exchange import OneOf, Real, Whole, in_turn, in_words
from grader.rubric.expression import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grader.model.observation import Pair
    from grader.rubric.exchange import ExchangeRules, Field
    from grader.rubric.expression import Expression, Value

LEAST_GAP = 10
"""Whole numbers that could be mistaken for each other differ by more than this."""

SHARE_APART = Decimal("0.01")
"""Least distance between fractions, as a share of the larger…"""

TIMES_WITHIN = 100
"""…and as a multiple of ``within``."""

MOST_DECIMALS = 4
"""An answer that is rounded to more is called off by a little."""

_DIGITS = 130
"""Of a calculation: the product of two numbers of 60 digits, rounded to a few decimals, is exact."""

_OF_ANY_NUMBER = Context(prec=_DIGITS, traps=[])
"""For comparing with what a student sent: 1e9999999 is far from right, and no error."""

_SAMPLES = 40
_SAME = Decimal("1e-9")


@dataclass(frozen=True)
class Reading:
    """A number that may be made of a message. ``name`` is empty for the right one, else a mistake's.

    ``whole``: it is kept apart from others as whole numbers are.
    """

    value: Decimal
    name: str = ""
    detail: str = ""
    whole: bool = True


@dataclass(frozen=True)
class Readings:
    """All that may be made of one message, what is right first."""

    right: Reading
    wrong: tuple[Reading, ...]
    within: Decimal

    @property
    def all(self) -> tuple[Reading, ...]:
        """The right one and the mistakes."""
        return (self.right, *self.wrong)

    @property
    def tolerance(self) -> Decimal:
        """How far from the right number an answer may be."""
        return self.within * max(Decimal(1), abs(self.right.value))

    def named(self, number: Decimal) -> Reading | None:
        """What makes ``number`` of the message; ``None`` where nothing that is known does."""
        with localcontext(_OF_ANY_NUMBER):
            off = abs(number - self.right.value)
            if off <= self.tolerance:
                return self.right
            for reading in self.wrong:
                if abs(number - reading.value) <= self._slack(reading):
                    return reading
            near = Decimal(LEAST_GAP) if self.right.whole else SHARE_APART * abs(self.right.value)
            return Reading(number, NEARLY) if off <= near else None

    def _slack(self, reading: Reading) -> Decimal:
        """By how much a mistaken answer may differ by its own arithmetic."""
        if reading.whole and not self.within:
            return Decimal(0)
        share = _SAME if reading.name == ROUNDED else max(self.within, _SAME)
        return share * max(Decimal(1), abs(reading.value))


def gap(reading: Reading, other: Reading, within: Decimal) -> Decimal:
    """By more than this two readings of one run differ."""
    most = max(abs(reading.value), abs(other.value))
    tolerance = TIMES_WITHIN * within * max(Decimal(1), most)
    return max(
        Decimal(LEAST_GAP) if reading.whole and other.whole else SHARE_APART * most, tolerance
    )


def exact_decimal(value: object) -> Decimal | None:
    """``value`` as the number that it writes; ``None`` where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Decimal(repr(value))


def number_of(found: Expression, fields: Mapping[str, Value]) -> Decimal:
    """The answer that an expression gives for a message. Raises :class:`ExpressionError`."""
    number = exact_decimal(found.value(fields))
    if number is None:
        raise ExpressionError(_("it gives text or true/false, and an answer is a number"))
    return number


@contextmanager
def _exactly() -> Iterator[None]:
    """Calculate with :data:`_DIGITS`. Raises :class:`ExpressionError` for what has more."""
    try:
        with localcontext(prec=_DIGITS):
            yield
    except ArithmeticError:
        raise ExpressionError(_("a number in it grows too large")) from None


class Arithmetic:
    """What the messages of one exchange come to, right and mistaken.

    Raises :class:`ExpressionError` where no message can be answered.
    """

    def __init__(self, rules: ExchangeRules) -> None:
        self.fields, self.within = rules.fields, Decimal(repr(rules.within))
        self._sums, self._branch_field = rules.expect is None, rules.branch_field
        self._branches = rules.branches
        self._numbers = [name for name, f in self.fields.items() if isinstance(f, Whole | Real)]
        self._short = rules.short
        self._variants = rules.variants

    def right(self, fields: Mapping[str, Value]) -> Value:
        """The right answer to the message with these ``fields``. Raises :class:`ExpressionError`."""
        if self._sums:
            return sum(
                value for name in self._numbers if not isinstance(value := fields[name], str)
            )
        return self._branch(self._asked(fields)).value(fields)

    @cached_property
    def _decimals(self) -> dict[str, tuple[int, ...]]:
        """To how many decimals a right answer can be rounded so that it shows, by the value of the field
        that says which answer is asked for."""
        return {} if self._short else self._sampled(self._variants)

    def readings(self, fields: Mapping[str, Value]) -> Readings:
        """What may be made of the message with these ``fields``. Raises :class:`ExpressionError`."""
        with _exactly():
            asked = self._asked(fields)
            right = Reading(self._value(asked, fields), whole=not self._decimals.get(asked))
            mistakes = tuple(self._mistakes(asked, right, fields))
        return Readings(right, mistakes, self.within)

    def hides(self, fields: Mapping[str, Value]) -> bool:
        """Whether a rounded answer to this message cannot be told from the right one, or not to how many
        decimals it is rounded: 2.001 is the same to one and to two. Raises :class:`ExpressionError`."""
        with _exactly():
            asked = self._asked(fields)
            return not self._shows(self._value(asked, fields), self._decimals.get(asked, ()))

    def _asked(self, fields: Mapping[str, Value]) -> str:
        return "" if self._branch_field is None else in_words(fields.get(self._branch_field, ""))

    def _value(self, asked: str, fields: Mapping[str, Value]) -> Decimal:
        if self._sums:
            return sum(
                (exact_decimal(fields[name]) or Decimal(0) for name in self._numbers), Decimal(0)
            )
        return number_of(self._branch(asked), fields)

    def _branch(self, asked: str) -> Expression:
        branch = self._branches.get(asked)
        if branch is None:
            raise ExpressionError(_("there is none for the value “{value}”", value=asked[:60]))
        return branch

    def _mistakes(
        self, asked: str, right: Reading, fields: Mapping[str, Value]
    ) -> Iterator[Reading]:
        for other in self._branches:
            if other != asked:
                value = self._value(other, fields)
                yield Reading(value, OTHER, other, whole=not self._decimals.get(other))
        numbers = [(name, fields[name]) for name in self._numbers]
        yield from _joined(numbers)
        if self._sums and len(numbers) == 2:
            one, two = (exact_decimal(value) or Decimal(0) for _name, value in numbers)
            whole = self._all_whole()
            yield Reading(one * two, "multiplied", whole=whole)
            yield Reading(one - two, "subtracted", whole=whole)
            yield Reading(two - one, "subtracted", whole=whole)
        for place, (name, given) in enumerate(numbers):
            number = exact_decimal(given)
            known = ("first-number", "second-number")[place : place + 1] if self._short else ()
            if number is not None and (len(numbers) > 1 or number != right.value):
                whole = isinstance(self.fields[name], Whole)
                yield Reading(number, known[0] if known else "field", "" if known else name, whole)
        for decimals in self._decimals.get(asked, ()):
            for rounded in _rounded(right.value, decimals):
                if not self._is_right(rounded, right.value):
                    yield Reading(rounded, ROUNDED, str(decimals), whole=False)

    def _all_whole(self) -> bool:
        return all(isinstance(self.fields[name], Whole) for name in self._numbers)

    def _is_right(self, number: Decimal, right: Decimal) -> bool:
        return abs(number - right) <= self.within * max(Decimal(1), abs(right))

    def _sampled(self, variants: int) -> dict[str, tuple[int, ...]]:
        """Whose answers are mostly no whole numbers, and which roundings mostly change them."""
        rng = Random(0)  # noqa: S311 - the same for everybody
        samples: dict[str, list[Decimal]] = {asked: [] for asked in self._branches or ("",)}
        fault: ExpressionError | None = None
        for index in range(_SAMPLES * variants if self._branch_field is None else _SAMPLES):
            fields = draw_message(self.fields, index, rng)
            for asked, values in samples.items():
                try:
                    values.append(self._value(asked, fields))
                except ExpressionError as error:
                    fault = error
        if fault is not None and not all(samples.values()):
            raise fault
        return {
            asked: self._that_change(values)
            for asked, values in samples.items()
            if sum(value != value.to_integral_value() for value in values) > len(values) / 4
        }

    def _that_change(self, values: list[Decimal]) -> tuple[int, ...]:
        """To how many decimals most of ``values`` can be rounded so that they are right no more, and
        so that it shows to how many."""
        found: tuple[int, ...] = ()
        for decimals in range(MOST_DECIMALS + 1):
            shown = sum(self._shows(value, (*found, decimals)) for value in values)
            if shown > len(values) / 2:
                found = (*found, decimals)
        return found or (0,)

    def _shows(self, value: Decimal, decimals: tuple[int, ...]) -> bool:
        """``value`` is wrong, and a number of its own, when it is rounded to any of these decimals."""
        numbers: set[Decimal] = set()
        for number in decimals:
            rounded = _rounded(value, number)
            if not numbers.isdisjoint(rounded):
                return False
            numbers |= rounded
        return not any(self._is_right(number, value) for number in numbers)


def right_answer(pair: Pair, rules: ExchangeRules | None) -> Value | None:
    """The right answer to ``pair``; ``None`` where the ``rules`` know none: it is another rubric's."""
    if pair.number1 is not None and pair.number2 is not None:
        return pair.number1 + pair.number2
    try:
        return None if rules is None else Arithmetic(rules).right(pair.message)
    except (ExpressionError, LookupError):
        return None


def draw_message(fields: Mapping[str, Field], index: int, rng: Random) -> dict[str, Value]:
    """The message ``index`` of a row: what is drawn is drawn field by field, in their order."""
    turns = in_turn(fields, index)
    message: dict[str, Value] = {}
    for name, field in fields.items():
        if isinstance(field, Whole):
            message[name] = rng.randint(*field.whole)
        elif isinstance(field, Real):
            scale = 10**field.decimals
            low, high = (round(end * scale) for end in field.real)
            message[name] = rng.randint(low, high) / scale
        elif isinstance(field, OneOf):
            message[name] = turns[name]
        else:
            message[name] = field.value
    return message


def _rounded(value: Decimal, decimals: int) -> set[Decimal]:
    """``value`` rounded to so many decimals; without any also down, and towards zero."""
    both = {round(value, decimals)}
    if decimals == 0:
        both |= {Decimal(math.floor(value)), Decimal(math.trunc(value))}
    return both


def _joined(numbers: list[tuple[str, Value]]) -> Iterator[Reading]:
    if len(numbers) < 2:
        return
    (_one, first), (_other, second) = numbers[:2]
    if exact_decimal(first) is None or exact_decimal(second) is None:
        return  # an observation says so: what is drawn is a number
    for text in (f"{first}{second}", f"{second}{first}"):
        try:
            value = +Decimal(text)
        except ArithmeticError:  # 1.52.5 is no number, and 1e+3089999 none to calculate with
            continue
        yield Reading(value, "joined", whole=value == value.to_integral_value())
