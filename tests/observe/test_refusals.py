"""What other keys of the same account might see."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from grader.model.fact import Found, Missing, NotTried, Unknown
from grader.model.observation import Schedule
from grader.observe.refusals import refusals, unknowns
from tests.observations import a_function, reference

DENIED, ENDED = Unknown("permission", "No."), Unknown("credentials", "They ended.")


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 0),
        ({"handler": DENIED, "exchange": ENDED}, 2),
        ({"handler": Unknown("throttled", "Later."), "records": Missing("None.")}, 0),
        ({"records": NotTried("handler", "It raised.")}, 0),
        ({"further": {"redrive": {"input": DENIED}}}, 1),
        ({"functions": {"sum": Found(a_function(environment=DENIED))}}, 1),
    ],
)
def test_only_what_was_refused_counts(changes: dict[str, Any], count: int) -> None:
    seen = msgspec.structs.replace(reference(), **changes)
    assert refusals(seen) == count


def test_a_denial_counts_where_no_trigger_was_seen_that_works() -> None:
    (schedule,) = (fact.value for fact in reference().schedules.values() if isinstance(fact, Found))
    seen = Schedule(schedule.triggers, {"scheduler": DENIED})
    assert refusals(reference(schedules={"periodic": Found(seen)})) == 0
    seen = Schedule((), {"scheduler": DENIED})
    assert refusals(reference(schedules={"periodic": Found(seen)})) == 1


def test_everything_that_is_not_known_is_listed() -> None:
    later = Unknown("throttled", "Later.")
    assert list(unknowns(reference(handler=later, records=DENIED))) == [later, DENIED]
