"""Texts that count something."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class Plural(NamedTuple):
    """A text for one and for any other number ``n``, as the language counts."""

    one: str
    other: str


Words: TypeAlias = dict[str, str | Plural]
"""Texts by name. ``{…}`` in one is filled in when it is said."""
