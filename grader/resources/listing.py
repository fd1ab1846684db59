"""Reading a list of AWS's to its end, or saying that it was not: a list that was cut proves nothing."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from grader.i18n.language import N_
from grader.model.ended_early import FactUnknown
from grader.model.fact import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")

MOST_LISTED = 2000
"""Things of a kind that are listed, most of them of no concern."""

LONGER_THAN_READ = N_("{action}: the list is longer than the grader reads.")


def to_the_end(action: str, things: Iterable[T], most: int = MOST_LISTED) -> Iterator[T]:
    """Each of the things that AWS lists. Raises :class:`FactUnknown` beyond ``most``."""
    each = iter(things)
    yield from islice(each, most)
    for _more in each:
        raise FactUnknown(Unknown.saying("unexpected", LONGER_THAN_READ, action=action))
