"""Numbers that a rubric expects: one, or those that it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec

from grader.checks import message, same
from grader.checks.verdicts import say_both
from grader.i18n.language import N_

if TYPE_CHECKING:
    from grader.checks import Message


class Bounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of: numbers from ``at_least`` on, up to ``at_most``, or ``one_of`` some."""

    at_least: int | msgspec.UnsetType = msgspec.UNSET
    at_most: int | msgspec.UnsetType = msgspec.UNSET
    one_of: Annotated[tuple[int, ...], msgspec.Meta(min_length=1)] | msgspec.UnsetType = (
        msgspec.UNSET
    )

    def allows(self, number: int) -> bool:
        """``number`` is one of those that are expected."""
        if self.at_least is not msgspec.UNSET:
            return number >= self.at_least
        if self.at_most is not msgspec.UNSET:
            return number <= self.at_most
        return self.one_of is not msgspec.UNSET and number in self.one_of

    @property
    def said(self) -> Message:
        """In words, for any language."""
        if self.at_least is not msgspec.UNSET:
            return message(N_("at least {number}"), number=self.at_least)
        if self.at_most is not msgspec.UNSET:
            return message(N_("at most {number}"), number=self.at_most)
        numbers = () if self.one_of is msgspec.UNSET else self.one_of
        return message(N_("one of {numbers}"), numbers=list(numbers))

    def __str__(self) -> str:
        return str(self.said)


ONE_KEY = {"minProperties": 1, "maxProperties": 1}
"""Of an object exactly one key is given; what is no object needs none."""

Number: TypeAlias = Annotated[
    int | Bounds,
    msgspec.Meta(
        description=N_("Write a number, or one of: {at_least: n}, {at_most: n}, {one_of: [n, …]}."),
        extra_json_schema=ONE_KEY,
    ),
]
"""A number, or those that are allowed."""


def check_number(
    found: int,
    expect: int | Bounds,
    *,
    what: str = "",
    unit: str = "",
    hint: str | Message = "",
) -> None:
    """Pass if ``found`` is what is expected; otherwise fail and say both, as :func:`same` does."""
    if isinstance(expect, int):
        same(found, expect, what=what, unit=unit, hint=hint)
    elif not expect.allows(found):
        say_both(found, expect.said, what=what, unit=unit, hint=hint)


def number_in_words(expect: int | Bounds) -> int | Message:
    """What is expected, as a sentence names it."""
    return expect if isinstance(expect, int) else expect.said


def nearest(expect: Any, default: int) -> int:
    """A number that a rubric's ``expect`` allows, as it was written; ``default`` where it asks none."""
    if isinstance(expect, int):
        return expect
    if not isinstance(expect, dict):
        return default
    one_of = expect.get("one_of")
    if isinstance(one_of, list | tuple) and one_of:
        return int(one_of[0])
    least, most = expect.get("at_least"), expect.get("at_most")
    number = max(default, least) if least is not None else default
    return int(min(number, most) if most is not None else number)
