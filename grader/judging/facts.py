"""The facts that checks can ask for, as fixtures, and what asking for each means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.checks.fixtures import facts_plugin
from grader.model.kind import EVERYTHING, EXCHANGE, Need
from grader.resources.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

FIXTURES_MODULE = facts_plugin.__module__

FIXTURES = facts_plugin(KINDS)
"""A plug-in of pytest with a fixture for each fact."""

NEEDS: dict[str, Need] = {
    name: need
    for need in (*EXCHANGE, *(need for kind in KINDS for need in kind.needs))
    for name in (need.fixture, f"{need.fixture}_fact")
} | {EVERYTHING.fixture: EVERYTHING}
"""What asking for a fixture means, by its name."""


def needs_of_check(fixtures: Iterable[str]) -> tuple[Need, ...]:
    """The facts that a check asks for by these fixtures, each once."""
    return tuple(dict.fromkeys(NEEDS[name] for name in fixtures if name in NEEDS))
