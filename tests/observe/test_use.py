"""Which resource is judged: what ``--use`` says, else what has the rubric's name, else what is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.model.fact import Found, Missing, NotTried, Unknown
from tests.observing import exchange, facts, hand_in, kind, observe_sandbox_account
from tests.observing import lab as shipped
from tests.own_names import Lab, found, own_names, why_not
from tests.wire_faults import DENIED, Wire, rest, rpc

if TYPE_CHECKING:
    from grader.model.observation import Observation
    from grader.sandbox.server import Sandbox

NAMED = {
    "sum": "first_lambda",
    "periodic": "periodic_lambda",
    "input": "input_queue",
    "output": "output_queue",
}


@pytest.fixture
def lab(aws_sandbox: Sandbox, fresh_account: str) -> Lab:
    return Lab(aws_sandbox, fresh_account)


def seen(lab: Lab, **how: Any) -> Observation:
    """By the shipped rubric; nothing is run unless it is asked for."""
    return observe_sandbox_account(lab.sandbox, lab.account, **{"may_exercise": False, **how})


def instead(observed: Observation, role: str) -> str:
    named = observed.found_as[role]
    assert (named.name, named.how) == (NAMED[role], "name")
    return str(named.said)


def test_what_has_the_rubrics_name_is_judged_whatever_else_there_is(lab: Lab) -> None:
    hand_in(lab.sandbox, lab.account)
    lab.calculator()
    observed = seen(lab)
    assert found(observed) == NAMED
    assert not observed.found_as


@pytest.mark.slow
def test_a_right_account_costs_no_question_more_than_without_finding(lab: Lab) -> None:
    hand_in(lab.sandbox, lab.account)
    plain = msgspec.structs.replace(shipped(), lab=msgspec.structs.replace(shipped().lab, found=()))
    wires = Wire(), Wire()
    for wire, rubric in zip(wires, (plain, shipped()), strict=True):
        seen(lab, wire=wire, rubric=rubric, may_exercise=True)
    assert wires[0].requests == wires[1].requests


@pytest.mark.slow
def test_several_that_could_be_meant_are_listed_with_the_name_that_is_missing(lab: Lab) -> None:
    lab.calculator()
    lab.queues("queue3")
    lab.function("other")
    lab.feed("queue3", "other")
    said = why_not(seen(lab), "sum")
    assert said.startswith("missing: There is no function named first_lambda in us-east-1.")
    assert "Functions there" not in said  # they are listed with what tells them apart
    assert "calculatrice (which queue1 feeds), other (which queue3 feeds)" in said


@pytest.mark.slow
def test_the_function_that_the_named_queue_feeds_is_the_one(lab: Lab) -> None:
    lab.calculator()
    lab.queues("input_queue")
    lab.function("mine")
    lab.feed("input_queue", "mine")
    assert found(seen(lab))["sum"] == "mine"


@pytest.mark.slow
def test_a_resource_of_one_name_is_not_found_for_another(lab: Lab) -> None:
    lab.queues("output_queue", "queue1")
    lab.function("calculatrice")
    lab.function("periodic_lambda")
    lab.feed("queue1", "calculatrice")
    lab.feed("queue1", "periodic_lambda")
    assert found(seen(lab)) == {**NAMED, "sum": "calculatrice", "input": "queue1"}


# -- what has the name plays no part, and another one does ------------------------------------------


def test_a_named_function_that_nothing_feeds_is_told_of_the_one_that_is_fed(lab: Lab) -> None:
    lab.calculator()
    lab.function("first_lambda")
    said = instead(seen(lab), "sum")
    assert "calculatrice does, which queue1 feeds" in said
    assert "say so to your instructor, or with grader check --use sum=calculatrice" in said


@pytest.mark.slow
def test_a_named_queue_that_feeds_nothing_is_told_of_the_one_that_does(lab: Lab) -> None:
    hand_in(lab.sandbox, lab.account, mapping="other-queue")
    assert "--use input=other_queue" in instead(seen(lab), "input")


@pytest.mark.slow
def test_a_named_function_that_nothing_runs_is_told_of_the_one_that_is_run(lab: Lab) -> None:
    lab.calculator()
    lab.function("periodic_lambda")
    assert "--use periodic=minuteur" in instead(seen(lab), "periodic")


@pytest.mark.slow
def test_a_named_queue_that_stays_silent_is_told_of_the_one_a_variable_names(lab: Lab) -> None:
    lab.calculator()
    lab.queues("output_queue")
    observed = seen(lab, may_exercise=True)
    assert found(observed)["output"] == "output_queue"
    assert "--use output=queue2" in instead(observed, "output")


def test_nothing_is_said_where_several_others_could_be_meant(lab: Lab) -> None:
    lab.function("first_lambda")
    lab.queues("a", "b")
    for queue in ("a", "b"):
        lab.function(f"of-{queue}")
        lab.feed(queue, f"of-{queue}")
    assert "sum" not in seen(lab).found_as


# -- what --use says --------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_is_used_is_judged_and_works(lab: Lab) -> None:
    hand_in(lab.sandbox, lab.account)
    lab.calculator()
    use = {"sum": "calculatrice", "input": "queue1", "output": "queue2"}
    observed = seen(lab, use=use, may_exercise=True)
    assert found(observed) == {**use, "periodic": "periodic_lambda"}
    assert exchange(observed).answered == 5
    assert {role: one.how for role, one in observed.found_as.items()} == dict.fromkeys(use, "use")


@pytest.mark.slow
def test_use_settles_what_is_ambiguous(lab: Lab) -> None:
    lab.calculator()
    lab.queues("queue3")
    lab.function("other")
    lab.feed("queue3", "other")
    observed = seen(lab, rubric=own_names(), use={"sum": "other"})
    assert (found(observed)["sum"], found(observed)["input"]) == ("other", "queue3")


@pytest.mark.parametrize("role", ["sum", "output", "periodic"])
def test_what_is_to_be_used_and_is_not_there_is_said_before_anything_is_run(
    lab: Lab, role: str
) -> None:
    hand_in(lab.sandbox, lab.account)
    wire = Wire()
    observed = seen(lab, use={role: "nobody"}, may_exercise=True, wire=wire)
    for fact in (observed.handler, observed.records, observed.exchange):
        assert isinstance(fact, Unknown)
        assert f"--use {role}=nobody: nothing was run." in fact.detail
    assert not {"lambda.Invoke", "sqs.SendMessage"} & {*wire.requests}


# -- AWS does not tell -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "denial", "role"),
    [
        ("lambda.ListEventSourceMappings", rest(403, "AccessDeniedException", DENIED), "sum"),
        ("sqs.GetQueueAttributes", rpc(400, "AccessDenied", DENIED), "sum"),
        ("events.ListRules", rpc(400, "AccessDeniedException", DENIED), "periodic"),
    ],
)
def test_a_denied_list_is_unknown_and_never_missing(
    lab: Lab, operation: str, denial: Any, role: str
) -> None:
    lab.calculator()
    lab.client("events").remove_targets(Rule="runs-minuteur", Ids=["1"])
    wire = Wire()
    wire.play(operation, denial, always=True)
    observed = seen(lab, wire=wire)
    assert kind(observed.functions[role]) == "permission"
    if role == "sum":  # what rests on the function is not missing either
        assert kind(observed.queues["input"]) == "permission"


def test_a_list_that_is_longer_than_what_is_read_is_unknown(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.calculator()
    monkeypatch.setattr("grader.aws.bounds.MOST_PAGES_OF_ANSWERS", 0)
    assert kind(seen(lab).functions["sum"]) == "unexpected"


def test_nothing_is_asked_of_an_account_that_is_not_reached(lab: Lab) -> None:
    wire = Wire()
    observed = seen(lab, wire=wire, expected_account="999999999999")
    assert {kind(fact) for fact in facts(observed)} == {"account-mismatch"}
    assert wire.requests == ["sts.GetCallerIdentity"]


def test_what_was_found_is_kept_and_read_again(lab: Lab) -> None:
    from grader.model.observation import decode, encode_observation

    lab.calculator()
    observed = seen(lab)
    assert decode(encode_observation(observed)) == observed
    assert b"calculatrice" in encode_observation(observed)
    for fact in (observed.functions["sum"], observed.mappings["input"]):
        assert isinstance(fact, Found)
    assert not isinstance(observed.handler, Missing | NotTried)
