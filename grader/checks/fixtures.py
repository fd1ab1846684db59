"""The fixtures a check asks for: the facts of one observation, and the criterion that wants them.

A fixture with a plain name (``function``) gives what was found. Where it was not found, the check
is blocked or ungraded before its first line runs. Its twin (``function_fact``) gives the fact
itself. Which function or queue it is, the criterion's ``on`` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.checks import message, required, ungrade
from grader.i18n.language import N_

if TYPE_CHECKING:
    from grader.checks.case import Case
    from grader.model.observation import (
        Exchange,
        Fact,
        Function,
        Invocation,
        Mappings,
        Observation,
        Queue,
        Runs,
        Schedule,
    )
    from grader.rubric.load import Criterion, Rubric


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
def function_fact(case: Case) -> Fact[Function]:
    """The function that the criterion is on, or the one at the end of its route."""
    return case.fact("functions", case.bound.target)


@pytest.fixture
def function(case: Case, function_fact: Fact[Function]) -> Function:
    """The function, found."""
    return required(function_fact, f"functions.{case.bound.target}")


@pytest.fixture
def fed_function_fact(case: Case) -> Fact[Function] | None:
    """The function that the rubric feeds from the criterion's queue; ``None`` if there is none."""
    name = case.bound.fed
    return None if name is None else case.fact("functions", name)


@pytest.fixture
def queue_fact(case: Case) -> Fact[Queue]:
    """The queue that the criterion is on, or the one where its route starts."""
    return case.fact("queues", case.bound.source)


@pytest.fixture
def queue(case: Case, queue_fact: Fact[Queue]) -> Queue:
    """The queue, found."""
    return required(queue_fact, f"queues.{case.bound.source}")


@pytest.fixture
def target_queue_fact(case: Case) -> Fact[Queue]:
    """The queue at the end of the criterion's route."""
    return case.fact("queues", case.bound.target)


@pytest.fixture
def target_queue(case: Case, target_queue_fact: Fact[Queue]) -> Queue:
    """The queue at the end of the route, found."""
    return required(target_queue_fact, f"queues.{case.bound.target}")


@pytest.fixture
def mappings_fact(case: Case) -> Fact[Mappings]:
    """The event source mappings of the criterion's queue."""
    return case.fact("mappings", case.bound.source)


@pytest.fixture
def mappings(case: Case, mappings_fact: Fact[Mappings]) -> Mappings:
    """The mappings, found."""
    return required(mappings_fact, f"mappings.{case.bound.source}")


@pytest.fixture
def schedule_fact(case: Case) -> Fact[Schedule]:
    """What runs the criterion's function periodically."""
    return case.fact("schedules", case.bound.target)


@pytest.fixture
def schedule(case: Case, schedule_fact: Fact[Schedule]) -> Schedule:
    """The schedule, found."""
    return required(schedule_fact, f"schedules.{case.bound.target}")


@pytest.fixture
def runs_fact(case: Case) -> Fact[Runs]:
    """Runs of the criterion's function since its schedule can have run it."""
    return case.fact("runs", case.bound.target)


@pytest.fixture
def runs(case: Case, runs_fact: Fact[Runs]) -> Runs:
    """The runs, found: at least one."""
    return required(runs_fact, f"runs.{case.bound.target}")


@pytest.fixture
def invocation_fact(case: Case) -> Fact[Invocation]:
    """The direct invocation with one record."""
    return case.observation.handler


@pytest.fixture
def invocation(invocation_fact: Fact[Invocation]) -> Invocation:
    """The direct invocation with one record, found."""
    return required(invocation_fact, "handler")


@pytest.fixture
def records_fact(case: Case) -> Fact[Invocation]:
    """The direct invocation with three records."""
    return case.observation.records


@pytest.fixture
def records(records_fact: Fact[Invocation]) -> Invocation:
    """The direct invocation with three records, found."""
    return required(records_fact, "records")


@pytest.fixture
def exchange_fact(case: Case) -> Fact[Exchange]:
    """What went through the queues."""
    return case.observation.exchange


@pytest.fixture
def exchange(exchange_fact: Fact[Exchange]) -> Exchange:
    """What went through the queues, found."""
    return required(exchange_fact, "exchange")
