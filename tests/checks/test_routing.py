from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.i18n.message import message
from grader.model.fact import Found, Missing, NotTried, Unknown
from grader.model.observation import IN_TRANSITION, FoundAs, Mappings, Schedule
from tests.observations import (
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

    from grader.model.observation import Trigger
    from grader.model.outcome import Outcome

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
        (Mappings((a_mapping("subber", state="Disabled"),)), "found no event source mapping"),
        (Mappings((a_mapping(), a_mapping("subber"))), "it also feeds subber"),
    ],
)
def test_a_wrong_mapping_fails_and_says_how(judged: Judged, found: Mappings, said: str) -> None:
    one = mapping(judged, Found(found))
    assert one.outcome == "failed"
    assert said in one.message


NO_RIGHT = "The function's role does not have permissions to call ReceiveMessage on SQS"


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        ((NO_RIGHT, ""), NO_RIGHT),
        ((NO_RIGHT, "PROBLEM: Function call failed"), NO_RIGHT),
        (("USER_INITIATED", "PROBLEM: Function call failed"), "PROBLEM: Function call failed"),
        (("", "PROBLEM: Function call failed"), "PROBLEM: Function call failed"),
        (("USER_INITIATED", "No records processed"), ""),
        (("User action", "OK"), ""),
        (("User initiated", ""), ""),
        (("", ""), ""),
    ],
)
def test_why_aws_stopped_a_mapping_is_told(
    judged: Judged, reasons: tuple[str, str], told: str
) -> None:
    stopped = a_mapping(state="Disabled", state_reason=reasons[0], last_result=reasons[1])
    one = mapping(judged, Found(Mappings((a_mapping(state="Disabled"), stopped))))
    assert one.outcome == "failed"
    assert one.message.partition("found Disabled.")[2] == (f" AWS says: {told}" if told else "")
    assert one.hint.startswith("Fix what AWS names" if told else "Enable")


def test_a_mapping_that_is_enabled_passes_whatever_went_wrong_last(judged: Judged) -> None:
    found = a_mapping(last_result="PROBLEM: Function call failed", state_reason=NO_RIGHT)
    assert mapping(judged, Found(Mappings((found,)))).outcome == "passed"


def test_another_function_whose_mapping_is_disabled_does_no_harm(judged: Judged) -> None:
    found = Mappings((a_mapping(), a_mapping("subber", state="Disabled")))
    assert mapping(judged, Found(found)).outcome == "passed"


def test_another_function_whose_mapping_is_enabled_takes_messages(judged: Judged) -> None:
    found = Mappings((a_mapping(), a_mapping("subber"), a_mapping("old", state="Deleting")))
    one = mapping(judged, Found(found))
    assert (one.outcome, one.actual) == ("failed", ["adder", "subber"])


@pytest.mark.parametrize("state", sorted(IN_TRANSITION))
def test_whether_another_function_takes_messages_is_open_while_aws_changes_its_mapping(
    judged: Judged, state: str
) -> None:
    other = a_mapping("subber", state=state)
    one = mapping(judged, Found(Mappings((a_mapping(), other))))
    assert (one.outcome, one.because) == ("ungraded", "not-ready")
    assert "subber" in one.message
    assert state in one.message
    # What is wrong whatever becomes of it costs what it costs.
    for certain in ((other,), (other, a_mapping(state="Disabled"))):
        one = mapping(judged, Found(Mappings(certain)))
        assert one.outcome == "failed"
        assert "subber" not in one.message


@pytest.mark.parametrize(
    ("state", "live"), [("Enabled", True), ("Deleting", True), ("Disabled", False), ("", False)]
)
def test_a_mapping_is_live_unless_it_is_at_rest_and_disabled(state: str, live: bool) -> None:
    assert a_mapping(state=state).live is live


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


@pytest.mark.parametrize(
    ("fed", "outcome"),
    [
        (("calc",), "ungraded"),
        (("adder",), "ungraded"),
        ((), "failed"),
        (("calc", "subber"), "failed"),
        (("adder", "subber"), "failed"),
    ],
)
def test_a_function_that_is_fed_may_be_the_one_that_is_looked_for_by_its_part(
    judged: Judged, fed: tuple[str, ...], outcome: str
) -> None:
    rubric = only(lab_rubric(), "mapping")
    found = msgspec.structs.replace(rubric, lab=msgspec.structs.replace(rubric.lab, found=("sum",)))
    seen = reference(
        functions=sum_function(Unknown("throttled", "slow down")),
        mappings={"input": Found(Mappings(tuple(map(a_mapping, fed))))},
    )
    (one,) = judged(found, seen)
    assert one.outcome == outcome
    if outcome == "ungraded":
        assert one.because == "throttled"
    chosen = msgspec.structs.replace(
        seen, found_as={"sum": FoundAs("adder", "use", message("as --use says"))}
    )
    (one,) = judged(found, chosen)
    assert (one.outcome == "failed") is (fed != ("adder",))


def test_mappings_that_could_not_be_listed_are_ungraded(judged: Judged) -> None:
    one = mapping(judged, DENIED)
    assert (one.outcome, one.because) == ("ungraded", "permission")


def schedule(judged: Judged, fact: Any, **changes: Any) -> Outcome:
    seen = reference(schedules={"periodic": fact}, **changes)
    return judged(only(lab_rubric(), "schedule"), seen)[0]


BAD_RULE = a_trigger(enabled=False)
GOOD = a_trigger(kind="scheduler", name="tick", expression="cron(0 12 * * ? *)")
ON_EVENTS = a_trigger(name="on-upload", expression="")
ENDED = msgspec.structs.replace(GOOD, ended=True, ends_at="2024-05-01T10:00:00.000Z")
REFUSED = a_trigger(permitted=False, refusal="condition", refused_by='{"ArnLike": "other"}')
FORBIDDEN = a_trigger(permitted=False, refusal="denied", refused_by="never")


@pytest.mark.parametrize(
    "found",
    [
        Schedule((a_trigger(),), {}),
        Schedule((GOOD,), {}),
        Schedule((BAD_RULE, a_trigger(name="good")), {}),
        Schedule((a_trigger(),), {"scheduler": DENIED}),
        Schedule((a_trigger(),), {"rule": DENIED}),
        Schedule((GOOD,), {"rule": DENIED}),
        Schedule((ON_EVENTS, GOOD), {}),
        Schedule((ON_EVENTS, a_trigger(name="good")), {"scheduler": DENIED}),
        Schedule((BAD_RULE, GOOD), {}),
        Schedule((a_trigger(permitted=False), GOOD), {}),
        Schedule((BAD_RULE, GOOD), {"rule": DENIED}),
        Schedule((ENDED, a_trigger()), {}),
        Schedule((a_trigger(permitted=None), GOOD), {"policy": DENIED}),
        Schedule((a_trigger(expression="cron(0 12 1 1 ? 2030)"),), {}),  # an older observation
    ],
)
def test_one_good_trigger_is_enough(judged: Judged, found: Schedule) -> None:
    assert schedule(judged, Found(found)).outcome == "passed"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Schedule((), {}), "found none"),
        (Schedule((BAD_RULE,), {}), "found it disabled"),
        (Schedule((a_trigger(permitted=False),), {}), "found no permission"),
        (Schedule((REFUSED,), {}), 'is for another source: {"ArnLike": "other"}.'),
        (Schedule((FORBIDDEN,), {}), "a statement of the function's policy denies it: never."),
        (
            Schedule((msgspec.structs.replace(FORBIDDEN, refused_by=""),), {}),
            "denies it: it has no Sid.",
        ),
        (Schedule((ENDED,), {}), "tick to run again and again, but it ended on 2024-05-01"),
        # The nearest to working: with a schedule that repeats, and then with the fewest faults.
        (Schedule((ENDED, BAD_RULE), {}), "every-minute to be enabled, found it disabled"),
        (
            Schedule((msgspec.structs.replace(BAD_RULE, permitted=False), ENDED), {}),
            "tick to run again and again",
        ),
        (Schedule((ON_EVENTS, FORBIDDEN), {}), "denies it"),
        (Schedule((ON_EVENTS,), {}), "found none on the EventBridge rule on-upload"),
        (
            Schedule((ON_EVENTS, msgspec.structs.replace(GOOD, enabled=False)), {}),
            "schedule tick to be enabled, found it disabled",
        ),
        (
            Schedule((a_trigger(kind="scheduler", expression="at(2030-01-01T00:00:00)"),), {}),
            "found at(2030-01-01T00:00:00)",
        ),
        (
            Schedule((a_trigger(expression="cron(0 12 1 1 ? 2030)", once=True),), {}),
            "to run again and again, but cron(0 12 1 1 ? 2030) runs once.",
        ),
    ],
)
def test_a_trigger_that_does_not_run_the_function_fails(
    judged: Judged, found: Schedule, said: str
) -> None:
    one = schedule(judged, Found(found))
    assert one.outcome == "failed"
    assert said in one.message


def test_a_rule_that_has_ended_has_no_end_date_to_remove(judged: Judged) -> None:
    years = {"expression": "cron(0 12 * * ? 2020)", "ends_at": "2020-12-31T23:59:59.000Z"}
    one = schedule(judged, Found(Schedule((a_trigger(ended=True, **years),), {})))
    assert one.outcome == "failed"
    assert one.hint.startswith("Give it an expression that repeats")


@pytest.mark.parametrize(
    "found",
    [
        Schedule((), {"scheduler": DENIED}),
        Schedule((a_trigger(permitted=None),), {"policy": DENIED}),
        Schedule((a_trigger(permitted=None), BAD_RULE), {"policy": DENIED}),
        Schedule((), {"rule": DENIED}),
        Schedule((BAD_RULE,), {"rule": DENIED}),
        Schedule((BAD_RULE,), {"scheduler": DENIED}),
        Schedule((REFUSED,), {"scheduler": DENIED}),
        Schedule((ENDED,), {"rule": DENIED}),
        Schedule((ON_EVENTS,), {"scheduler": DENIED}),
    ],
)
def test_what_could_not_be_read_could_have_been_good(judged: Judged, found: Schedule) -> None:
    one = schedule(judged, Found(found))
    assert (one.outcome, one.because) == ("ungraded", "permission")


def test_a_policy_that_cannot_be_decided_costs_nothing(judged: Judged) -> None:
    one = schedule(judged, Found(Schedule((a_trigger(permitted=None), BAD_RULE), {})))
    assert (one.outcome, one.because) == ("ungraded", "unexpected")
    assert "cannot tell" in one.message


def test_only_the_ways_of_the_rubric_count(judged: Judged) -> None:
    rubric = expecting(only(lab_rubric(), "schedule"), {"ways": ["rule"]})
    for found in (Schedule((GOOD,), {}), Schedule((), {"scheduler": DENIED})):
        seen = reference(schedules={"periodic": Found(found)})
        assert judged(rubric, seen)[0].outcome == "failed"


@pytest.mark.parametrize("rule", [BAD_RULE, a_trigger(), ON_EVENTS])
@pytest.mark.parametrize("denied", [{}, {"rule": DENIED}])
def test_a_rule_decides_nothing_where_the_rubric_asks_for_a_schedule(
    judged: Judged, rule: Trigger, denied: dict[str, Unknown]
) -> None:
    rubric = expecting(only(lab_rubric(), "schedule"), {"ways": ["scheduler"]})
    for triggers, outcome in (((rule, GOOD), "passed"), ((rule,), "failed")):
        seen = reference(schedules={"periodic": Found(Schedule(triggers, denied))})
        assert judged(rubric, seen)[0].outcome == outcome


def test_a_missing_periodic_function_fails_the_schedule(judged: Judged) -> None:
    functions = {**reference().functions, "periodic": Missing("There is no function ticker.")}
    fact = NotTried("functions.periodic", "There is no function to look for.")
    assert schedule(judged, fact, functions=functions).outcome == "failed"


def test_what_plays_the_part_instead_is_the_next_step(judged: Judged) -> None:
    how = message("which plays no part; say so: --use sum=calculatrice")
    seen = msgspec.structs.replace(
        reference(
            mappings={"input": Found(Mappings(())), "output": Found(Mappings(()))},
            schedules={"periodic": Found(Schedule((), {}))},
        ),
        found_as={
            "sum": FoundAs("adder", "name", how),
            "periodic": FoundAs("ticker", "name", how),
        },
    )
    outcomes = judged(only(lab_rubric(), "function", "mapping", "schedule"), seen)
    assert {one.criterion: one.hint for one in outcomes if one.outcome == "failed"} == {
        "mapping": "adder, which plays no part; say so: --use sum=calculatrice.",
        "schedule": "ticker, which plays no part; say so: --use sum=calculatrice.",
    }
