from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.observation import Found, Mappings, Missing, NotTried, Schedule, Unknown
from tests.accounts import (
    a_mapping,
    a_trigger,
    an_exchange,
    expecting,
    lab_rubric,
    only,
    reference,
    sum_function,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.judging.outcome import Outcome

    Judged = Callable[..., list[Outcome]]

DENIED = Unknown("permission", "not authorized to perform scheduler:ListSchedules")


def mapping(judged: Judged, found: Any, **changes: Any) -> Outcome:
    seen = reference(mappings={"input": found, "output": Found(Mappings(()))}, **changes)
    return judged(only(lab_rubric(), "mapping"), seen)[0]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Mappings(()), "found no event source mapping"),
        (Mappings((), ("other_queue",)), "adder reads from other_queue"),
        (Mappings((a_mapping("subber"),)), "it feeds subber"),
        (Mappings((a_mapping(state="Disabled"),)), "found Disabled"),
        (Mappings((a_mapping(), a_mapping("subber"))), "it also feeds subber"),
    ],
)
def test_a_wrong_mapping_fails_and_says_how(judged: Judged, found: Mappings, said: str) -> None:
    one = mapping(judged, Found(found))
    assert one.outcome == "failed"
    assert said in one.message


def test_another_function_whose_mapping_is_disabled_does_no_harm(judged: Judged) -> None:
    found = Mappings((a_mapping(), a_mapping("subber", state="Disabled")))
    assert mapping(judged, Found(found)).outcome == "passed"


def test_an_alias_of_the_function_is_the_function(judged: Judged) -> None:
    assert mapping(judged, Found(Mappings((a_mapping(qualifier="live"),)))).outcome == "passed"


def test_a_filter_fails_only_where_messages_were_held_back(judged: Judged) -> None:
    found = Found(Mappings((a_mapping(filters=('{"body": {"x": [1]}}',)),)))
    assert mapping(judged, found).outcome == "passed"
    held = Found(an_exchange(0, 1, filtered=True))
    one = mapping(judged, found, exchange=held)
    assert one.outcome == "failed"
    assert '{"body": {"x": [1]}}' in one.message


def test_a_certain_failure_beats_what_is_unknown(judged: Judged) -> None:
    functions = sum_function(Unknown("throttled", "slow down"))
    assert mapping(judged, Found(Mappings(())), functions=functions).outcome == "failed"


def test_mappings_that_could_not_be_listed_are_ungraded(judged: Judged) -> None:
    one = mapping(judged, DENIED)
    assert (one.outcome, one.because) == ("ungraded", "permission")


def schedule(judged: Judged, fact: Any, **changes: Any) -> Outcome:
    seen = reference(schedules={"periodic": fact}, **changes)
    return judged(only(lab_rubric(), "schedule"), seen)[0]


BAD_RULE = a_trigger(enabled=False)
GOOD = a_trigger(kind="scheduler", name="tick", expression="cron(0 12 * * ? *)")


@pytest.mark.parametrize(
    "found",
    [
        Schedule((a_trigger(),), {}),
        Schedule((GOOD,), {}),
        Schedule((BAD_RULE, a_trigger(name="good")), {}),
        Schedule((a_trigger(),), {"scheduler": DENIED}),
    ],
)
def test_one_good_trigger_is_enough(judged: Judged, found: Schedule) -> None:
    assert schedule(judged, Found(found)).outcome == "passed"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Schedule((), {}), "found none"),
        (Schedule((BAD_RULE,), {}), "found it disabled"),
        (Schedule((BAD_RULE, GOOD), {}), "found it disabled"),
        (Schedule((BAD_RULE,), {"scheduler": DENIED}), "found it disabled"),
        (Schedule((a_trigger(permitted=False),), {}), "found no permission"),
        (Schedule((a_trigger(expression=""),), {}), "found none on the EventBridge rule"),
        (
            Schedule((a_trigger(kind="scheduler", expression="at(2030-01-01T00:00:00)"),), {}),
            "found at(2030-01-01T00:00:00)",
        ),
    ],
)
def test_a_trigger_that_does_not_run_the_function_fails(
    judged: Judged, found: Schedule, said: str
) -> None:
    one = schedule(judged, Found(found))
    assert one.outcome == "failed"
    assert said in one.message


@pytest.mark.parametrize(
    "found",
    [
        Schedule((), {"scheduler": DENIED}),
        Schedule((a_trigger(permitted=None),), {}),
        Schedule((), {"rule": DENIED}),
    ],
)
def test_what_could_not_be_read_could_have_been_good(judged: Judged, found: Schedule) -> None:
    one = schedule(judged, Found(found))
    assert (one.outcome, one.because) == ("ungraded", "permission")


def test_only_the_ways_of_the_rubric_count(judged: Judged) -> None:
    rubric = expecting(only(lab_rubric(), "schedule"), {"ways": ["rule"]})
    for found in (Schedule((GOOD,), {}), Schedule((), {"scheduler": DENIED})):
        seen = reference(schedules={"periodic": Found(found)})
        assert judged(rubric, seen)[0].outcome == "failed"


def test_a_missing_periodic_function_fails_the_schedule(judged: Judged) -> None:
    functions = {**reference().functions, "periodic": Missing("There is no function ticker.")}
    fact = NotTried("functions.periodic", "There is no function to look for.")
    assert schedule(judged, fact, functions=functions).outcome == "failed"
