"""What stands in the way of a run, and which of several obstacles is named."""

from __future__ import annotations

from typing import Any

import pytest

from grader.model.fact import Found, Missing, NotTried, Unknown
from grader.model.observation import Mappings
from grader.observe.obstacles import Stage, consumer, loop, obstacle
from tests.observations import a_function, a_mapping, a_queue

ABSENT = Missing("There is none.")
FAILED = Found(a_function(state="Failed"))


def stage(**changes: Any) -> Stage:
    """Everything that an exchange needs is there, but for ``changes``."""
    given: dict[str, Any] = {
        "function": Found(a_function()),
        "function_ready": True,
        "input_name": "numbers",
        "input": Found(a_queue()),
        "input_url": "",
        "output": Found(a_queue("totals", arn="arn:aws:sqs:eu-west-3:111111111111:totals")),
        "output_url": "",
        "input_mappings": Found(Mappings((a_mapping(),))),
        "output_mappings": Found(Mappings(())),
    }
    return Stage(**(given | changes))


def unknown(kind: Any) -> Unknown:
    return Unknown(kind, "")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, None),
        ({"input": ABSENT, "input_mappings": NotTried("queues.input", "")}, None),
        ({"input_mappings": unknown("not-ready")}, None),
        ({"function": ABSENT, "output": ABSENT}, NotTried.after("functions.sum", ABSENT)),
        ({"function": FAILED, "output": ABSENT}, NotTried.after("queues.output", ABSENT)),
        (
            {"function": unknown("permission"), "output": ABSENT},
            NotTried.after("queues.output", ABSENT),
        ),
        (
            {"function": unknown("permission"), "output": unknown("throttled")},
            unknown("permission"),
        ),
        ({"output": unknown("throttled"), "input": unknown("unreachable")}, unknown("throttled")),
        (
            {"input": unknown("unreachable"), "output_mappings": unknown("not-ready")},
            unknown("unreachable"),
        ),
        ({"output_mappings": unknown("not-ready"), "function_ready": False}, unknown("not-ready")),
        ({"input_mappings": unknown("permission"), "function_ready": False}, unknown("permission")),
    ],
)
def test_what_is_certain_comes_before_what_is_unknown(changes: Any, found: Any) -> None:
    assert obstacle(stage(**changes)) == found


def test_a_function_in_state_failed_stands_in_the_way_of_everything_unknown() -> None:
    found = obstacle(stage(function=FAILED, output=unknown("throttled"), function_ready=False))
    assert isinstance(found, NotTried)
    assert (found.because, found.reason) == ("functions.sum", "adder is in state Failed.")


def test_a_function_that_aws_could_not_make_ready_is_not_known() -> None:
    function = a_function(state="Failed", state_code="InternalError", state_reason="Try again.")
    found = obstacle(stage(function=Found(function)))
    assert isinstance(found, Unknown)
    assert found.kind == "not-ready"
    assert "(InternalError): Try again." in found.detail


def test_a_function_that_is_still_pending_is_not_ready() -> None:
    found = obstacle(stage(function_ready=False, input_mappings=unknown("not-ready")))
    assert isinstance(found, Unknown)
    assert (found.kind, found.detail) == ("not-ready", "The function was being updated.")


@pytest.mark.parametrize(
    ("state", "loops"),
    [("Enabled", True), ("Enabling", True), ("Disabling", True), ("Disabled", False)],
)
def test_whatever_may_feed_on_the_output_queue_is_a_loop(state: str, loops: bool) -> None:
    fed = Found(Mappings((a_mapping("other"), a_mapping(state=state))))
    found = loop(stage(output_mappings=fed))
    assert (found is not None) is loops
    assert not loops or str(found).startswith("totals triggers adder, so")


@pytest.mark.parametrize(
    ("state", "takes"),
    [("Enabled", True), ("Enabling", True), ("Disabling", True), ("Disabled", False)],
)
def test_another_function_that_feeds_on_the_output_queue_takes_the_answers(
    state: str, takes: bool
) -> None:
    fed = stage(output_mappings=Found(Mappings((a_mapping("other", state=state),))))
    assert loop(fed) is None
    taken = consumer(fed)
    assert (taken is not None) is takes
    assert taken is None or taken.kind == "disturbed"
    assert taken is None or taken.detail.startswith("totals triggers other, which takes")


def test_one_queue_for_both_ends_is_a_loop_and_a_missing_input_queue_is_none() -> None:
    both = Found(a_queue("numbers"))
    assert str(loop(stage(output=both))) == "numbers is both the input and the output queue."
    assert loop(stage(output=both, input=ABSENT)) is None
