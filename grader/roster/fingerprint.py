"""Tells whether a row's way to its account is the one it was, without keeping what it is."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from grader.safety.secret import Secret

if TYPE_CHECKING:
    from grader.roster.load import RosterEntry

_DIGITS = 8
"""How many digits are kept: so few that many secrets share them, and what is stored tells nobody
whether a guess was right."""


def fingerprint(entry: RosterEntry) -> str:
    """A few digits of a digest of the row's way to its account: another block, profile or role
    gives other digits."""
    use = tuple(sorted(entry.use.items()))
    way = (entry.access, entry.region, entry.endpoint_url, use)
    return hashlib.sha256(repr(_plain(way)).encode()).hexdigest()[:_DIGITS]


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        inside = [_plain(getattr(value, field.name)) for field in fields(value)]
        return [type(value).__name__, *inside]
    return value
