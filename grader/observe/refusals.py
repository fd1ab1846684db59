"""What an observation lacks because its keys were refused: another way to the account may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.model.fact import Found, Unknown
from grader.model.observation import OF_RESOURCES, Function, Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.model.observation import Observation

REFUSED = frozenset({"credentials", "permission"})
"""Kinds of Unknown that other keys to the same account may resolve."""


def refusals(seen: Observation) -> int:
    """For how many facts the keys were refused."""
    return sum(unknown.kind in REFUSED for unknown in unknowns(seen))


def unknowns(seen: Observation) -> Iterator[Unknown]:
    """Everything that could not be found out, what is part of something found included."""
    facts: list[Any] = [seen.identity, seen.handler, seen.records, seen.exchange]
    for fact in (*OF_RESOURCES, *seen.further):
        facts += seen.of_resources(fact).values()
    for fact in facts:
        if isinstance(fact, Unknown):
            yield fact
        elif isinstance(fact, Found):
            yield from _within(fact.value)


def _within(value: Any) -> Iterator[Unknown]:
    if isinstance(value, Function) and isinstance(value.environment, Unknown):
        yield value.environment
    if isinstance(value, Schedule) and not any(
        trigger.running and trigger.permitted for trigger in value.triggers
    ):
        yield from value.denied.values()
