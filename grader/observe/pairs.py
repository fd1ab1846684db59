"""The pairs of a run: random, replayable, and so far apart that every answer can be attributed."""

from __future__ import annotations

import random
from itertools import pairwise

ROOM = 10
"""Any two numbers of a run that could be mistaken for each other differ by more than this."""

_TRIES = 20_000


class Pairs:
    """Gives pairs of numbers in ``low``..``high``, the same for the same seed, account and attempt.

    All sums of a run, and all its numbers, products, differences and concatenations, differ from one
    another by more than :data:`ROOM`.
    """

    def __init__(self, seed: int, account_id: str, attempt: int, low: int, high: int) -> None:
        # A grade can be replayed; nothing here needs to be secret.
        self._random = random.Random(f"{seed}:{account_id}:{attempt}")  # noqa: S311
        self._low, self._high = low, high
        self._taken: set[int] = set()

    def __next__(self) -> tuple[int, int]:
        """The next pair. Raises ``ValueError`` where the range has no room for another."""
        for _ in range(_TRIES):
            pair = (
                self._random.randint(self._low, self._high),
                self._random.randint(self._low, self._high),
            )
            values = readings(*pair)
            if self._apart(values):
                self._taken.update(values)
                return pair
        raise ValueError(f"no room for another pair in {self._low}..{self._high}")

    def _apart(self, values: tuple[int, ...]) -> bool:
        ordered = sorted(values)
        return all(b - a > ROOM for a, b in pairwise(ordered)) and not any(
            near in self._taken
            for value in values
            for near in range(value - ROOM, value + ROOM + 1)
        )


def readings(first: int, second: int) -> tuple[int, ...]:
    """Every number that a right or a mistaken function could make of a pair."""
    return (
        first,
        second,
        first + second,
        first - second,
        second - first,
        first * second,
        int(f"{first}{second}"),
        int(f"{second}{first}"),
    )
