"""The fixtures a check asks for: the facts of one observation, and the criterion that wants them.

A fixture with a plain name (``function``) gives what was found. Where it was not found, the check
is blocked or ungraded before its first line runs. Its twin (``function_fact``) gives the fact
itself. Which function or queue it is, the criterion's ``on`` says. What a check asks for in this way is
what is observed.
"""

from __future__ import annotations

from inspect import Parameter, Signature
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from grader.checks import message, required, ungrade
from grader.i18n.language import N_
from grader.model.fact import Found
from grader.model.kind import EXCHANGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.checks.case import Case
    from grader.model.fact import Fact
    from grader.model.kind import Kind, Need
    from grader.model.observation import Exchange, Function, Observation
    from grader.rubric.rubric import Criterion, Rubric


@pytest.fixture(autouse=True)
def case(request: pytest.FixtureRequest) -> Case:
    """What this test is run for."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def rubric(case: Case) -> Rubric:
    """The whole rubric."""
    return case.bound.rubric


@pytest.fixture
def criterion(case: Case) -> Criterion:
    """The criterion that this test is run for."""
    return case.bound.criterion


@pytest.fixture
def observation(case: Case) -> Observation:
    """Everything that was seen in the account."""
    return case.observation


@pytest.fixture
def expect(case: Case) -> Any:
    """The criterion's ``expect``, as the type that the check declares."""
    if case.bound.fault:
        fault = N_("What the rubric expects does not fit: {fault}")
        ungrade("unexpected", message(fault, fault=case.bound.fault))
    return case.bound.expect


@pytest.fixture
def pair_number(case: Case) -> int:
    """Which of the rubric's pairs this is, from 0. Asking for it makes one test for each pair."""
    return case.pair or 0


@pytest.fixture
def fed_function_fact(case: Case) -> Fact[Function] | None:
    """The function that the rubric feeds from the criterion's queue; ``None`` if there is none."""
    name = case.bound.fed
    return None if name is None else case.fact("functions", name)


@pytest.fixture
def exchange_if_seen(case: Case) -> Fact[Exchange]:
    """What went through the queues, if another check asks for that: this one alone sends nothing."""
    return case.observation.exchange


def facts_plugin(kinds: Iterable[Kind[Any]]) -> ModuleType:
    """The fixtures of all facts, as a plug-in of pytest: of each the one found, and the fact itself."""
    plugin = ModuleType("facts")
    needs = [(need, kind.as_type) for kind in kinds for need in kind.needs]
    for need, given in (*needs, *((need, _as_it_is) for need in EXCHANGE)):
        setattr(plugin, f"{need.fixture}_fact", _fact_fixture(need, given))
        setattr(plugin, need.fixture, _found_fixture(need))
    return plugin


def _fact_fixture(need: Need, given: Callable[[Any], Any]) -> object:
    @pytest.fixture(name=f"{need.fixture}_fact")
    def fact(case: Case) -> Fact[Any]:
        observed = case.fact(need.fact, case.role(need))
        return Found(given(observed.value)) if isinstance(observed, Found) else observed

    return fact


def _found_fixture(need: Need) -> object:
    def found(case: Case, **fact: Fact[Any]) -> Any:
        path = ".".join(filter(None, (need.fact, case.role(need))))
        return required(fact[f"{need.fixture}_fact"], path)

    # pytest reads from the signature what a fixture rests on.
    asked = [Parameter(name, Parameter.KEYWORD_ONLY) for name in ("case", f"{need.fixture}_fact")]
    found.__signature__ = Signature(asked)  # type: ignore[attr-defined]
    return pytest.fixture(name=need.fixture)(found)


def _as_it_is(found: Any) -> Any:
    return found
