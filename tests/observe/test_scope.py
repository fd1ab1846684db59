"""What an observation by one rubric does not say to another."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from grader.i18n.message import message
from grader.model.fact import Found, Missing, NotTried, Unknown
from grader.model.observation import (
    Exchange,
    FoundAs,
    FunctionError,
    Invocation,
    Observation,
    Runs,
)
from grader.observe.scope import restrict_to, scope_of
from grader.rubric.exchange import AnswerRules, Route
from tests.exchanges import calculator
from tests.observations import (
    a_function,
    a_pair,
    an_exchange,
    lab_rubric,
    reference,
    silent_pair,
    sum_function,
)

RUBRIC = lab_rubric()
RUNS = Runs("/aws/lambda/ticker", "2024-05-01T10:00:00Z", ("2024-05-01T10:01:00Z",), "")
FAMILIES = ("functions", "queues", "mappings", "schedules", "runs", "redrive")
BEHAVIOUR = {"handler", "records", "exchange"}


def seen(**changes: Any) -> Observation:
    """The reference, as a run by :data:`RUBRIC` keeps it."""
    given: dict[str, Any] = {
        "runs": {"periodic": Found(RUNS)},
        "further": {"redrive": {"input": Found({"target": "lost", "max_receives": 3})}},
        "asked": scope_of(RUBRIC),
    }
    return reference(**given | changes)


def left_open(found: Observation) -> dict[str, str]:
    """The path of each fact that was not observed, and why."""
    alone = {name: getattr(found, name) for name in BEHAVIOUR}
    named = {
        f"{family}.{role}": fact
        for family in FAMILIES
        for role, fact in found.of_resources(family).items()
    }
    return {
        path: fact.detail
        for path, fact in (alone | named).items()
        if isinstance(fact, Unknown) and fact.kind == "not-observed"
    }


def asks(**changes: Any) -> Any:
    """:data:`RUBRIC` with another exchange."""
    return lab_rubric(exchange=msgspec.structs.replace(RUBRIC.exchange, **changes))


def names(**changes: dict[str, str]) -> Any:
    """:data:`RUBRIC` with other functions or queues."""
    return lab_rubric(lab=msgspec.structs.replace(RUBRIC.lab, **changes))


@pytest.mark.parametrize(
    ("rubric", "exchange"),
    [
        (RUBRIC, Found(an_exchange(right=4, silent=1))),
        (asks(pairs=3), Found(an_exchange())),
        (asks(pairs=7), NotTried("handler", "It failed.")),
        (asks(deadline_s=30), Found(an_exchange(right=4, silent=1))),
        (asks(deadline_s=240), NotTried("handler", "It failed.")),
        (names(functions=RUBRIC.lab.functions | {"other": "subtracter"}), Found(an_exchange())),
    ],
    ids=[
        "the same rubric",
        "fewer pairs",
        "more pairs, none of them sent",
        "less patience",
        "more patience, nothing waited for",
        "another function besides",
    ],
)
def test_what_was_seen_is_judged_by_a_rubric_that_needs_no_more(rubric: Any, exchange: Any) -> None:
    kept = seen(exchange=exchange)
    assert restrict_to(kept, rubric, RUBRIC.lab.region) == kept


def test_an_observation_that_does_not_say_what_it_is_about_is_taken_as_it_is() -> None:
    kept = seen(asked=None)
    assert restrict_to(kept, asks(pairs=7), "us-east-1") == kept


@pytest.mark.parametrize(
    ("rubric", "paths", "why"),
    [
        (asks(pairs=7), {"exchange"}, "5 pairs were sent, not 7."),
        (
            asks(message=("a", "b")),
            BEHAVIOUR,
            "Messages and answers of another form were exchanged.",
        ),
        (
            names(functions={"sum": "plus", "periodic": "ticker"}),
            {"functions.sum", *BEHAVIOUR},
            "This observation is of adder, not of plus.",
        ),
        (
            names(functions={"sum": "adder", "periodic": "clock"}),
            {"functions.periodic", "schedules.periodic", "runs.periodic"},
            "This observation is of ticker, not of clock.",
        ),
        (
            names(queues={"input": "figures", "output": "totals"}),
            {"queues.input", "mappings.input", "redrive.input", *BEHAVIOUR},
            "This observation is of numbers, not of figures.",
        ),
        (
            names(queues={"input": "numbers", "output": "sums"}),
            {"queues.output", "mappings.output", *BEHAVIOUR},
            "This observation is of totals, not of sums.",
        ),
    ],
    ids=["pairs", "message", "sum", "periodic", "input", "output"],
)
def test_what_a_rubric_would_have_looked_for_elsewhere_is_open_and_nothing_else(
    rubric: Any, paths: set[str], why: str
) -> None:
    found = restrict_to(seen(), rubric, RUBRIC.lab.region)
    assert left_open(found) == dict.fromkeys(paths, why)


@pytest.mark.parametrize(
    "rubric",
    [asks(answer_keys=("total",)), asks(answer=AnswerRules(expect="number1 * number2"))],
    ids=["keys", "expect"],
)
def test_version_0_1_0_kept_too_little_to_judge_answers_anew(rubric: Any) -> None:
    before = msgspec.structs.replace(scope_of(RUBRIC), kept=False)
    found = restrict_to(seen(asked=before), rubric, RUBRIC.lab.region)
    why = "Messages and answers of another form were exchanged."
    assert left_open(found) == dict.fromkeys(BEHAVIOUR, why)


@pytest.mark.parametrize(
    "rules",
    [
        calculator(),
        asks(route=Route("numbers", "sum", "output")).exchange,
        asks(message={"number1": {"whole": [1, 9]}, "number2": 3}).exchange,
    ],
    ids=["fields", "route", "a constant"],
)
def test_another_message_or_another_way_was_not_observed(rules: Any) -> None:
    found = restrict_to(seen(), lab_rubric(exchange=rules), RUBRIC.lab.region)
    assert set(left_open(found)) == BEHAVIOUR


def test_in_another_region_everything_is_open() -> None:
    found = restrict_to(seen(), RUBRIC, "us-east-1")
    named = {f"{family}.{role}" for family in FAMILIES for role in found.of_resources(family)}
    why = "This observation was made in eu-west-3, not in us-east-1."
    assert left_open(found) == dict.fromkeys({*named, *BEHAVIOUR}, why)


def seen_with(exchange: Exchange, deadline_s: float) -> Any:
    """The exchange as the lab's rubric finds it, made by one with 120 s of patience."""
    seen = reference(exchange=Found(exchange), asked=scope_of(RUBRIC))
    patience = msgspec.structs.replace(RUBRIC.exchange, deadline_s=deadline_s)
    return restrict_to(seen, lab_rubric(exchange=patience), RUBRIC.lab.region).exchange


def test_a_silent_pair_that_was_given_less_time_is_not_judged() -> None:
    found = seen_with(an_exchange(right=4, silent=1), deadline_s=240)
    assert isinstance(found, Unknown)
    assert found.kind == "not-observed"
    assert found.detail == "Answers were waited for 120 s, not 240 s."


@pytest.mark.parametrize(
    ("exchange", "deadline_s"),
    [
        (an_exchange(right=4, silent=1), 120),
        (an_exchange(right=4, silent=1), 30),
        (an_exchange(right=5), 240),
        # Nothing came directly either: more time would not have been given.
        (an_exchange(right=0, silent=1, patience_s=10), 240),
    ],
    ids=["the same", "less", "all answered", "given up early"],
)
def test_what_more_time_would_not_change_is_judged(exchange: Exchange, deadline_s: float) -> None:
    assert seen_with(exchange, deadline_s) == Found(exchange)


TIMED_OUT = Invocation((silent_pair(),), failure="timed-out", duration_s=20)
OF_HANDLER = NotTried("handler", "The function did not answer one record.")


@pytest.mark.parametrize(
    ("changes", "open_"),
    [
        (
            {"handler": Found(TIMED_OUT), "records": OF_HANDLER, "exchange": OF_HANDLER},
            BEHAVIOUR,
        ),
        ({"records": Found(TIMED_OUT)}, {"records"}),
    ],
)
@pytest.mark.parametrize("pairs", [5, 7])
def test_an_invocation_that_the_shorter_deadline_cut_is_not_judged(
    changes: dict[str, Any], open_: set[str], pairs: int
) -> None:
    asked = msgspec.structs.replace(scope_of(RUBRIC), deadline_s=10)
    kept = reference(asked=asked, **changes)
    found = restrict_to(kept, asks(deadline_s=120, pairs=pairs), RUBRIC.lab.region)
    more = {"exchange"} if pairs == 7 else set()
    assert set(left_open(found)) == open_ | more
    assert left_open(found)[min(open_ - more)] == "Answers were waited for 10 s, not 120 s."


ENDED = FunctionError("Sandbox.Timedout", "Task timed out after 60.00 seconds")


@pytest.mark.parametrize(
    ("made", "timeout_s", "deadline_s"),
    [
        (TIMED_OUT, 60, 10),
        (TIMED_OUT, 10, 120),
        (msgspec.structs.replace(TIMED_OUT, error=ENDED), 60, 120),
        (msgspec.structs.replace(TIMED_OUT, failure="raised"), 60, 120),
        (msgspec.structs.replace(TIMED_OUT, pairs=(a_pair(),)), 60, 120),
    ],
    ids=["as long", "Lambda's own end", "ended by Lambda", "raised", "answered all the same"],
)
def test_an_invocation_that_more_time_would_not_change_is_judged(
    made: Invocation, timeout_s: int, deadline_s: float
) -> None:
    kept = reference(
        asked=msgspec.structs.replace(scope_of(RUBRIC), deadline_s=10),
        functions=sum_function(Found(a_function(timeout_s=timeout_s))),
        handler=Found(made),
        records=OF_HANDLER,
        exchange=OF_HANDLER,
    )
    assert left_open(restrict_to(kept, asks(deadline_s=deadline_s), RUBRIC.lab.region)) == {}


# -- names that are found ---------------------------------------------------------------------------

GONE = Missing.saying(
    "There is no function named {name} in {region}.", name="adder", region="eu-west-3"
)
FED = FoundAs("calculatrice", "mapping", message("which {queue} feeds", queue="numbers"))


def may_be(name: str = "adder") -> Any:
    """:data:`RUBRIC`, but that the function may have another name; any, where that is empty."""
    return names(functions={**RUBRIC.lab.functions, "sum": name}, found=("sum",))


def calculatrice(found: FoundAs = FED) -> Observation:
    """An observation by :func:`may_be` in which calculatrice was judged."""
    functions = {**reference().functions, "sum": Found(a_function("calculatrice"))}
    return seen(functions=functions, found_as={"sum": found}, asked=scope_of(may_be()))


def test_a_rubric_that_may_find_says_the_same_of_an_older_observation() -> None:
    older = seen(functions={**reference().functions, "sum": GONE})
    assert restrict_to(older, may_be(), "eu-west-3").functions["sum"] == GONE
    assert restrict_to(seen(), may_be(), "eu-west-3") == seen()


def test_what_was_found_is_missing_where_the_name_alone_is_asked_for() -> None:
    found = restrict_to(calculatrice(), RUBRIC, "eu-west-3")
    assert found.functions["sum"] == GONE
    assert not found.found_as
    for fact in (found.handler, found.records, found.exchange):
        assert fact == NotTried.after("functions.sum", GONE)


@pytest.mark.parametrize("name", ["calculatrice", ""])
def test_what_was_found_is_what_is_asked_for_by_its_own_name_or_by_none(name: str) -> None:
    rubric = may_be() if not name else names(functions={**RUBRIC.lab.functions, "sum": name})
    assert (
        restrict_to(calculatrice(), rubric if name else may_be(""), "eu-west-3") == calculatrice()
    )


def test_what_has_another_name_was_not_looked_for() -> None:
    rubric = names(functions={**RUBRIC.lab.functions, "sum": "subtracter"})
    assert left_open(restrict_to(calculatrice(), rubric, "eu-west-3"))["functions.sum"] == (
        "This observation is of calculatrice, not of subtracter."
    )


def test_what_was_named_may_not_be_what_would_be_found() -> None:
    assert "functions.sum" in left_open(restrict_to(seen(), may_be(""), "eu-west-3"))


def test_what_was_used_stays_used() -> None:
    before = calculatrice(FoundAs("calculatrice", "use", message("which --use names")))
    rubric = names(functions={**RUBRIC.lab.functions, "sum": "subtracter"})
    assert restrict_to(before, rubric, "eu-west-3") == before


def test_a_queue_that_was_found_is_missing_where_its_name_is_asked_for() -> None:
    found_as = {
        "input": FoundAs("queue1", "mapping", message("which feeds {function}", function="x"))
    }
    before = seen(found_as=found_as, asked=scope_of(names(found=("input",))))
    found = restrict_to(before, RUBRIC, "eu-west-3")
    assert isinstance(found.queues["input"], Missing)
    assert found.mappings["input"] == NotTried.after("queues.input", found.queues["input"])
    assert found.exchange == NotTried.after("queues.input", found.queues["input"])
    assert found.handler == before.handler
