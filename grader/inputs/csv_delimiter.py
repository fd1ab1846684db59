"""Which character parts the cells of a CSV file that somebody wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

DELIMITERS = ",;\t"


def delimiter_of(header: Callable[[str], Sequence[str]], known: Collection[str]) -> str:
    """The delimiter under which the header names most ``known`` columns, then has most cells.

    ``header`` gives its cells under a delimiter; none where that cannot be.
    """

    def fitness(delimiter: str) -> tuple[int, int]:
        cells = header(delimiter)
        return len({*cells} & {*known}), len(cells)

    return max(DELIMITERS, key=fitness)
