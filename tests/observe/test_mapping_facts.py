"""Each thing that AWS says of a mapping, and what it is where AWS leaves it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.model.fact import Found
from grader.model.observation import Mapping, Mappings
from grader.safety.redact import redact
from tests.observing import observe_sandbox_account
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire

QUEUE = "arn:aws:sqs:us-east-1:111111111111:input_queue"
FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:first_lambda"


def test_a_mapping_is_read_as_it_is_and_needs_to_say_only_what_it_joins(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    sparse = {"UUID": "a", "EventSourceArn": QUEUE, "FunctionArn": FUNCTION}
    full = {
        "UUID": "b",
        "EventSourceArn": QUEUE,
        "FunctionArn": f"{FUNCTION}:live",
        "State": "Enabled",
        "BatchSize": 1,
        "MaximumBatchingWindowInSeconds": 5,
        "FilterCriteria": {"Filters": [{"Pattern": f"{{{n}}}"} for n in range(7)]},
        "StateTransitionReason": "USER_INITIATED " + "x" * 30 + " " + "y" * 300,
        "LastProcessingResult": "PROBLEM: AWS_SECRET_ACCESS_KEY=abc",
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }

    def say(parsed: dict[str, Any]) -> None:
        parsed["EventSourceMappings"] = [sparse, full]

    wire.change("lambda.ListEventSourceMappings", say)
    found = observe_sandbox_account(
        aws_sandbox, reference_account, wire=wire, may_exercise=False
    ).mappings["input"]
    assert isinstance(found, Found)
    assert found.value.of_queue == (
        Mapping(
            uuid="a",
            queue_arn=QUEUE,
            function_arn=FUNCTION,
            function_name="first_lambda",
            qualifier=None,
            state="",
            batch_size=10,
            window_s=0,
            filters=(),
        ),
        Mapping(
            uuid="b",
            queue_arn=QUEUE,
            function_arn=f"{FUNCTION}:live",
            function_name="first_lambda",
            qualifier="live",
            state="Enabled",
            batch_size=1,
            window_s=5,
            filters=("{0}", "{1}", "{2}", "{3}", "{4}"),
            state_reason=redact("USER_INITIATED " + "x" * 30 + " " + "y" * 300, 300),
            last_result="PROBLEM: AWS_SECRET_ACCESS_KEY=[redacted]",
            reports_failures=True,
        ),
    )
    assert found.value.elsewhere == ()


@pytest.mark.parametrize(
    ("state", "named"),
    first_only_when_quick(
        [("Enabled", True), ("Enabling", True), ("Disabled", False), ("Deleting", False)]
    ),
)
def test_where_another_function_is_fed_the_queues_that_feed_the_labs_own_are_named(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, state: str, named: bool
) -> None:
    of_queue = {"UUID": "a", "EventSourceArn": QUEUE, "FunctionArn": f"{FUNCTION}s"}
    of_function = {"UUID": "b", "EventSourceArn": QUEUE, "FunctionArn": FUNCTION, "State": state}
    asked: list[bool] = []

    def note(request: Any, **_given: Any) -> None:
        asked.append("FunctionName=first_lambda" in request.url)

    wire.session.events.register("before-send.lambda.ListEventSourceMappings", note)
    wire.change(
        "lambda.ListEventSourceMappings",
        lambda parsed: parsed.update(EventSourceMappings=[of_function if asked[-1] else of_queue]),
    )
    found = observe_sandbox_account(
        aws_sandbox, reference_account, wire=wire, may_exercise=False
    ).mappings["input"]
    assert isinstance(found, Found)
    assert found.value.elsewhere == (("input_queue",) if named else ())
    assert asked[:2] == [False, True]


def test_a_list_of_mappings_that_is_left_out_is_empty(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    empty = (200, {"content-type": "application/json"}, b"{}")
    wire.play("lambda.ListEventSourceMappings", empty, always=True)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire, may_exercise=False)
    assert seen.mappings["input"] == Found(Mappings(()))


def test_mappings_are_read_to_the_last_page(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    page = b'{"EventSourceMappings": [], "NextMarker": "m"}'
    wire.play("lambda.ListEventSourceMappings", (200, {"content-type": "application/json"}, page))
    found = observe_sandbox_account(
        aws_sandbox, reference_account, wire=wire, may_exercise=False
    ).mappings["input"]
    assert isinstance(found, Found)
    assert [one.state for one in found.value.of_queue] == ["Enabled"]


def test_a_mapping_of_the_newest_version_by_name_is_of_the_function(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    def latest(parsed: dict[str, Any]) -> None:
        for one in parsed["EventSourceMappings"]:
            one["FunctionArn"] += ":$LATEST"

    wire.change("lambda.ListEventSourceMappings", latest)
    found = observe_sandbox_account(
        aws_sandbox, reference_account, wire=wire, may_exercise=False
    ).mappings["input"]
    assert isinstance(found, Found)
    assert [one.function_name for one in found.value.of_queue] == ["first_lambda"]
