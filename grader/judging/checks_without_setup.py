"""Checks that ask for nothing but the grader's own fixtures: run without pytest's set-up and tear-down.

Those cost more than the checks. Fixtures that are functions of a case, and have nothing to tear down,
are called here; the call of the check itself, its outcome and its report stay pytest's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.judging.facts import FIXTURES_MODULE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.checks.case import Case


def needs_no_setup(definition: pytest.Function) -> bool:
    """The test is a function without a mark, whose every fixture is the grader's own.

    ``definition`` is a test as it was collected, before it is parametrized.
    """
    asked = definition._fixtureinfo
    fixtures = {*definition.fixturenames} - {"request"}  # which the fixture ``case`` asks for
    return (
        definition.cls is None
        and not any(definition.iter_markers())
        and "request" not in asked.argnames
        and all(_is_ours(asked.name2fixturedefs.get(name, ())) for name in fixtures)
    )


def run_without_setup(item: pytest.Function, case: Case) -> None:
    """Run a test that :func:`needs_no_setup`, for ``case``; report its outcome to pytest's plug-ins."""

    def run() -> None:
        asked = item._fixtureinfo  # pytest has no public name for it
        values = _Values(asked.name2fixturedefs, case)
        item.funcargs = {name: values.of(name) for name in asked.argnames}
        item.runtest()

    stops = (pytest.exit.Exception, KeyboardInterrupt)
    call = pytest.CallInfo.from_call(run, when="call", reraise=stops)
    report = item.ihook.pytest_runtest_makereport(item=item, call=call)
    item.ihook.pytest_runtest_logreport(report=report)
    item.funcargs = {}


class _Values:
    """The values of the grader's fixtures for one case, each worked out once."""

    def __init__(self, definitions: Mapping[str, Any], case: Case) -> None:
        self._definitions = definitions
        self._known: dict[str, Any] = {"case": case}

    def of(self, name: str) -> Any:
        """The value of the fixture ``name``."""
        if name not in self._known:
            definition = self._definitions[name][-1]
            asked = {asked: self.of(asked) for asked in definition.argnames}
            self._known[name] = definition.func(**asked)
        return self._known[name]


def _is_ours(definitions: Sequence[pytest.FixtureDef[Any]]) -> bool:
    return len(definitions) == 1 and definitions[0].func.__module__ == FIXTURES_MODULE
