"""The messages of a run: random, replayable, and so far apart that every answer can be attributed."""

from __future__ import annotations

import json
import random
from bisect import bisect_left, insort
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.model.mistakes import MISTAKES, ROUNDED
from grader.rubric.expression import ExpressionError
from grader.rubric.readings import Arithmetic, Reading, draw_message, gap

if TYPE_CHECKING:
    from grader.rubric.exchange import ExchangeRules
    from grader.rubric.expression import Value
    from grader.rubric.readings import Readings

TRIES = 2_000
"""How hard a message is looked for before it may be nearer to others than it should."""

_TRIES_OF_SHORT = 20_000

_HALVINGS = 12


class NoRoomError(ValueError):
    """No message could be drawn any more. ``why`` says what stood in the way most often."""

    def __init__(self, index: int, why: str) -> None:
        super().__init__(why)
        self.index, self.why = index, why


@dataclass(frozen=True)
class Drawn:
    """A message that was drawn: its fields, and all that may be made of them."""

    fields: dict[str, Value]
    readings: Readings
    short: bool = False

    @property
    def body(self) -> str:
        """The message as it is sent."""
        return json.dumps(self.fields)

    @property
    def two(self) -> tuple[int, int] | None:
        """The two numbers of the short form."""
        if not self.short:
            return None
        first, second = (int(value) for value in self.fields.values())
        return first, second


class Pairs:
    """Draws messages by ``rules``, the same for the same seed, account and attempt.

    All right answers of a run, and all its numbers and named mistakes, differ from one another: by more
    than 10 where they are whole, else by more than 1 % and 100 times ``within``. Where faults make a run
    need more messages than that leaves room for, the last ones may be nearer (``strict``: they may not).
    """

    def __init__(
        self,
        rules: ExchangeRules,
        seed: int,
        account_id: str,
        attempt: int,
        *,
        tries: int = TRIES,
        strict: bool = False,
    ) -> None:
        # A grade can be replayed; nothing here needs to be secret.
        self._random = random.Random(f"{seed}:{account_id}:{attempt}")  # noqa: S311
        self._arithmetic = Arithmetic(rules)
        self._short = rules.short
        self._tries = _TRIES_OF_SHORT if rules.short else tries
        self._halvings = 0 if strict or rules.short else _HALVINGS
        self._halved = 0
        self._taken: dict[bool, list[tuple[Decimal, Reading]]] = {True: [], False: []}

    def draw(self, index: int = 0) -> Drawn:
        """The message ``index`` of a row, which says what its ``one_of`` fields hold.

        Raises :class:`NoRoomError` where there is no room for another.
        """
        why: Counter[str] = Counter()
        for halved in range(self._halved, self._halvings + 1):
            for _try in range(self._tries):
                made = self._try(index, 2**-halved, why)
                if made is not None:
                    self._halved = halved
                    for reading in made.readings.all:
                        insort(self._taken[reading.whole], (reading.value, reading), key=_value)
                    return made
        raise NoRoomError(index, next((said for said, _n in why.most_common(1)), ""))

    def _try(self, index: int, share: float, why: Counter[str]) -> Drawn | None:
        fields = draw_message(self._arithmetic.fields, index, self._random)
        try:
            readings = self._arithmetic.readings(fields)
            if self._arithmetic.hides(fields):
                why[
                    _("its answer would not show that it was rounded, or to how many decimals")
                ] += 1
                return None
        except ExpressionError as error:
            why[str(error)] += 1
            return None
        near = self._too_near(readings, Decimal(share))
        if near is not None:
            why[near] += 1
            return None
        return Drawn(fields, readings, self._short)

    def _too_near(self, readings: Readings, share: Decimal) -> str | None:
        """Which two numbers could be mistaken for each other, in words."""
        of_one = readings.all
        # Among whole numbers the nearest are neighbours.
        whole = all(reading.whole for reading in of_one)
        ordered = sorted(of_one, key=lambda reading: reading.value) if whole else of_one
        for one, other in pairwise(ordered) if whole else combinations(ordered, 2):
            if not _alike(one, other) and _near(one, other, readings.within, share):
                return _(
                    "{one} and {other} are too near each other", one=_said(one), other=_said(other)
                )
        for reading in of_one:
            if share < 1 and reading.name == ROUNDED:
                continue  # what is nearly no number of its own may be any message's
            for taken in self._taken.values():
                at = bisect_left(taken, reading.value, key=_value)
                for _number, other in taken[max(0, at - 1) : at + 1]:
                    if _near(reading, other, readings.within, share):
                        return _("{one} is too near another message's", one=_said(reading))
        return None


def _value(taken: tuple[Decimal, Reading]) -> Decimal:
    return taken[0]


def _alike(one: Reading, other: Reading) -> bool:
    """Both are the same answer, more or less exact: it is right, or how it was rounded."""
    return all(reading.name in {"", ROUNDED} for reading in (one, other))


def _near(reading: Reading, other: Reading, within: Decimal, share: Decimal) -> bool:
    return abs(reading.value - other.value) <= gap(reading, other, within) * share


def _said(reading: Reading) -> str:
    """A reading in words, for whoever writes a rubric."""
    if reading.name == ROUNDED:
        return _("the answer rounded to {decimals} decimals", decimals=reading.detail)
    if not reading.name:
        return _("the right answer")
    return _(MISTAKES[reading.name], detail=reading.detail)
