"""The cohort is complete, deploys, and expects what the rubric can give."""

from __future__ import annotations

import csv
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from grader.sandbox.cohort import COHORT, DEMO, deploy_all, write_cohort_roster
from grader.sandbox.layout import INPUT_QUEUE, OUTPUT_QUEUE, PERIODIC_FUNCTION, SUM_FUNCTION

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox
    from grader.sandbox.submission import DemoSubmission

RUBRIC: dict[str, Any] = YAML(typ="safe").load(Path(__file__).parents[2] / "rubric.yaml")
POINTS: dict[str, float] = {c["id"]: c["points"] for c in RUBRIC["criteria"]}
BY_NAME = {submission.name: submission for submission in COHORT}


@pytest.fixture(scope="module")
def accounts(aws_sandbox: Sandbox) -> dict[str, str]:
    return deploy_all(aws_sandbox, COHORT)


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(COHORT)
    assert len(set(DEMO)) == len(DEMO)


def test_the_demo_is_part_of_the_cohort_and_whole() -> None:
    assert set(DEMO) <= set(BY_NAME)
    assert {BY_NAME[name].shares_account_with for name in DEMO} <= {*DEMO, None}


@pytest.mark.parametrize("submission", COHORT, ids=lambda s: s.name)
def test_expected_points_are_those_of_the_criteria_left(submission: DemoSubmission) -> None:
    assert not submission.failed & submission.blocked
    lost = submission.failed | submission.blocked
    assert lost <= POINTS.keys()
    if submission.points is not None:
        assert submission.points == sum(POINTS.values()) - sum(POINTS[c] for c in lost)


@pytest.mark.parametrize("criterion", sorted(POINTS))
def test_a_submission_fails_this_criterion_and_nothing_else(criterion: str) -> None:
    assert any(submission.failed == {criterion} for submission in COHORT)


@pytest.mark.parametrize("submission", COHORT, ids=lambda s: s.name)
def test_the_account_holds_what_the_submission_says(
    aws_sandbox: Sandbox, accounts: dict[str, str], submission: DemoSubmission
) -> None:
    account_id = accounts[submission.name]
    functions = aws_sandbox.client("lambda", account_id)
    found = {f["FunctionName"]: f for f in functions.list_functions()["Functions"]}
    if submission.untouched or submission.endpoint_url:
        assert found == {}
        return
    name = submission.function or SUM_FUNCTION
    assert (name in found) == ("function" not in submission.lacks)
    assert (PERIODIC_FUNCTION in found) == (submission.periodic != "absent")
    function = found.get(name)
    assert function is None or (
        function["MemorySize"],
        function["Timeout"],
        function["Runtime"],
    ) == (
        submission.memory_mb,
        submission.timeout_s,
        submission.runtime,
    )
    sqs = aws_sandbox.client("sqs", account_id)
    queue = sqs.get_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName=INPUT_QUEUE)["QueueUrl"],
        AttributeNames=["VisibilityTimeout"],
    )
    assert queue["Attributes"] == {"VisibilityTimeout": str(submission.input_visibility_s)}
    queues = [url.rsplit("/", 1)[1] for url in sqs.list_queues()["QueueUrls"]]
    output = submission.output_queue or OUTPUT_QUEUE
    assert (output in queues) == ("output-queue" not in submission.lacks)
    if output in queues:
        held = sqs.get_queue_attributes(
            QueueUrl=sqs.get_queue_url(QueueName=output)["QueueUrl"],
            AttributeNames=["ApproximateNumberOfMessages"],
        )
        assert held["Attributes"] == {"ApproximateNumberOfMessages": str(submission.old_messages)}
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    of_input = [m for m in mappings if not m["EventSourceArn"].endswith(OUTPUT_QUEUE)]
    assert [m["State"] for m in of_input] == {
        "enabled": ["Enabled"],
        "other-queue": ["Enabled"],
        "disabled": ["Disabled"],
        "absent": [],
    }["absent" if "function" in submission.lacks else submission.mapping]


@pytest.mark.parametrize(
    ("name", "expected"), [("reference", "bar"), ("foo-baz", "baz"), ("foo-absent", None)]
)
def test_the_environment_is_the_submissions(
    aws_sandbox: Sandbox, accounts: dict[str, str], name: str, expected: str | None
) -> None:
    functions = aws_sandbox.client("lambda", accounts[name])
    function = functions.get_function_configuration(FunctionName=SUM_FUNCTION)
    assert function["Environment"]["Variables"].get("foo") == expected


def test_the_roster_names_every_submission_and_how_to_reach_it(
    aws_sandbox: Sandbox, accounts: dict[str, str], tmp_path: Path
) -> None:
    path = write_cohort_roster(tmp_path / "roster.csv", aws_sandbox, COHORT, accounts)
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert rows.keys() == BY_NAME.keys()
    assert all(row["account_id"] == row["aws_access_key_id"] for row in rows.values())
    assert len({row["account_id"] for row in rows.values()}) == len(rows) - 1
    reference, shared = rows["reference"], rows["shared-account"]
    assert reference["account_id"] == shared["account_id"]
    assert reference["group"] != shared["group"]
    assert reference["endpoint_url"] == aws_sandbox.endpoint_url
    assert rows["unreachable"]["endpoint_url"] == BY_NAME["unreachable"].endpoint_url
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
