"""A rubric's names for a lab, and what is deployed under them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.rubric.rubric import Lab
from grader.sandbox.deploy import deploy
from grader.sandbox.layout import SHIPPED, Layout
from grader.sandbox.submission import DemoSubmission
from tests.known_checks import needs_of_rubric
from tests.observations import lab_rubric

if TYPE_CHECKING:
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox


def rubric(functions: dict[str, str], queues: dict[str, str], **criterion: Any) -> Rubric:
    """A rubric over these resources, its criterion for the schedule changed."""
    given = lab_rubric(lab=Lab("us-east-1", functions, queues))
    *others, schedule = given.criteria
    changed = msgspec.structs.replace(schedule, **criterion)
    return msgspec.structs.replace(given, criteria=(*others, changed))


def layout_of(rubric: Rubric) -> Layout:
    return Layout.of(rubric, needs_of_rubric(rubric))


def test_the_names_are_the_rubrics() -> None:
    layout = layout_of(lab_rubric())
    assert (layout.region, layout.sum_function, layout.periodic_function) == (
        "eu-west-3",
        "adder",
        "ticker",
    )
    assert (layout.input_queue, layout.output_queue) == ("numbers", "totals")


def test_the_periodic_function_is_the_one_whose_schedule_is_judged() -> None:
    given = rubric({"sum": "adder", "timer": "my_timer"}, {}, on="timer")
    assert layout_of(given).periodic_function == "my_timer"


def test_what_the_rubric_does_not_name_takes_nobodys_name() -> None:
    layout = layout_of(rubric({"periodic": "first_lambda"}, {"input": "output_queue"}))
    assert (layout.sum_function, layout.periodic_function) == ("first_lambda-2", "first_lambda")
    assert (layout.input_queue, layout.output_queue) == ("output_queue", "output_queue-2")


def test_where_nothing_is_sent_the_way_is_the_one_to_which_the_criteria_lead() -> None:
    functions = {"hello": "my-hello", "totals": "my-totals"}
    queues = {"sums": "my-sums", "numbers": "my-numbers"}
    mapping = next(one for one in lab_rubric().criteria if one.id == "mapping")
    led = msgspec.structs.replace(mapping, on="numbers -> totals")
    layout = layout_of(lab_rubric(lab=Lab("us-east-1", functions, queues), criteria=(led,)))
    assert layout.sum_function == "my-totals"
    assert (layout.input_queue, layout.output_queue) == ("my-numbers", "my-sums")
    only = msgspec.structs.replace(led, check="queue_exists", on="numbers")
    alone = Lab("us-east-1", {"hello": "my-hello"}, {"numbers": "my-numbers"})
    layout = layout_of(lab_rubric(lab=alone, criteria=(only,)))
    assert (layout.sum_function, layout.input_queue) == ("my-hello", "my-numbers")
    assert layout.output_queue == "output_queue"


def test_what_is_misnamed_on_purpose_never_has_a_name_of_the_lab() -> None:
    layout = layout_of(rubric({"sum": "first-lambda", "second": "first-lambda-2"}, {}))
    assert layout.other("first-lambda") == "first-lambda-3"
    assert SHIPPED.other("first-lambda") == "first-lambda"


@pytest.mark.parametrize(
    ("least", "deployed"),
    [
        ("python3.8", "python3.13"),
        ("python3.13", "python3.13"),
        ("python3.99", "python3.99"),
        ("nodejs22.x", "nodejs22.x"),
    ],
)
def test_a_function_has_the_runtime_that_aws_creates_where_the_rubric_is_content_with_it(
    least: str, deployed: str
) -> None:
    given = lab_rubric()
    criteria = tuple(
        msgspec.structs.replace(one, expect={"at_least": least}) if one.id == "runtime" else one
        for one in given.criteria
    )
    layout = layout_of(msgspec.structs.replace(given, criteria=criteria))
    assert layout.exercised_configuration.runtime == deployed
    assert (
        layout.periodic_configuration.runtime
        == SHIPPED.periodic_configuration.runtime
        == "python3.13"
    )


@pytest.mark.parametrize(
    ("check", "schedule"),
    [("schedule_enabled", "rate(1 day)"), ("schedule_runs", "rate(1 minute)")],
)
def test_the_function_runs_often_where_somebody_waits_for_it(check: str, schedule: str) -> None:
    assert layout_of(rubric({"periodic": "ticker"}, {}, check=check)).schedule == schedule


def test_one_function_can_add_and_be_scheduled(aws_sandbox: Sandbox, fresh_account: str) -> None:
    layout = layout_of(rubric({"sum": "adder", "periodic": "adder"}, {}))
    deploy(
        aws_sandbox, fresh_account, DemoSubmission(name="x", description="x", points=None), layout
    )
    functions = aws_sandbox.client("lambda", fresh_account).list_functions()["Functions"]
    assert [function["FunctionName"] for function in functions] == ["adder"]
    events = aws_sandbox.client("events", fresh_account)
    arn = functions[0]["FunctionArn"]
    assert events.list_rule_names_by_target(TargetArn=arn)["RuleNames"] == ["periodic"]


def test_a_lab_of_another_region_is_not_in_this_one(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    layout = Layout(region="eu-west-3")
    deploy(
        aws_sandbox, fresh_account, DemoSubmission(name="x", description="x", points=None), layout
    )
    assert aws_sandbox.client("lambda", fresh_account).list_functions()["Functions"] == []
