"""The table of a class: no word in it is cut, and an id only where it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.text import Text

    Columns = Mapping[str, Sequence[Text]]

_FOLDED_ID = 24
_GAP = 2


def class_table(columns: Columns, width: int) -> Table | None:
    """A row for each student; ``None`` where ``width`` columns are too few.

    ``columns`` are, by their heads: ids and points, neither of which has a space, then those of words.
    """
    student, score, *others = columns
    ids, scores, *words = [
        _longest(word for text in _texts(columns, name) for word in text.split(" "))
        for name in columns
    ]
    for widest in dict.fromkeys((ids, min(ids, _FOLDED_ID))):
        room = width - widest - scores - _GAP * (len(others) + 1)
        if room >= sum(words):
            break
    else:
        return None
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(student, overflow="fold", max_width=widest)
    table.add_column(score, justify="right", no_wrap=True)
    whole = [_longest(_texts(columns, name)) for name in others]
    for name, most in zip(others, _shared(room, words, whole), strict=True):
        table.add_column(name, overflow="fold", max_width=most)
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    return table


def _texts(columns: Columns, name: str) -> list[str]:
    return [name, *(cell.plain for cell in columns[name])]


def _longest(texts: Iterable[str]) -> int:
    return max(map(cell_len, texts))


def _shared(room: int, least: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """What each column gets: the least it needs, and its part of what is left."""
    more = [want - need for want, need in zip(wanted, least, strict=True)]
    share = min(1.0, (room - sum(least)) / (sum(more) or 1))
    return [need + int(part * share) for need, part in zip(least, more, strict=True)]
