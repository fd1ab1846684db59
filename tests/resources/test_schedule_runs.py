"""The schedule, for real: a rule fires, the function's log shows it, and it earns its points."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.safety.secret import Secret
from grader.sandbox.layout import PERIODIC_FUNCTION
from tests.observing import hand_in
from tests.polling import wait_for
from tests.programs import environment, grader

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

RUBRIC = """\
schema: rubric/1
title: The schedule
lab:
  region: us-east-1
  functions: {periodic: periodic_lambda}
  queues: {}
criteria:
  - id: schedule
    title: A function runs periodically
    check: schedule_enabled
    on: periodic
    expect: {ways: [rule, scheduler]}
    points: 1
  - id: schedule-runs
    title: The schedule has run the function
    check: schedule_runs
    on: periodic
    points: 2
"""

EVERY_MINUTE = "rate(1 minute)"


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    path = tmp_path / "rubric.yaml"
    path.write_text(RUBRIC)
    return path


def checked(sandbox: Sandbox, account: str, rubric: Path) -> tuple[int, dict[str, Any]]:
    """The exit status of ``grader check``, and its report."""
    done = grader(
        *("check", "--rubric", rubric, "--json", "-"),
        cwd=rubric.parent,
        env=environment(sandbox, account),
    )
    assert done.stdout.strip(), done.stderr
    report = json.loads(done.stdout)
    criteria = {one["id"]: one for one in report["criteria"]}
    return done.returncode, criteria["schedule-runs"]


def log_lines(sandbox: Sandbox, account: str) -> list[str]:
    keys = Keys(Secret(account), Secret("test"), None)
    aws = Aws(Clients(), keys, sandbox.region, sandbox.endpoint_url)
    try:
        found = aws.logs.filter_log_events(logGroupName=f"/aws/lambda/{PERIODIC_FUNCTION}")
        return [event["message"] for event in found["events"]]
    except aws.logs.exceptions.ResourceNotFoundException:
        return []
    finally:
        aws.close()


def test_a_schedule_that_is_disabled_is_named_as_the_cause(
    aws_sandbox: Sandbox, fresh_account: str, rubric: Path
) -> None:
    hand_in(aws_sandbox, fresh_account, periodic="disabled-rule")
    status, runs = checked(aws_sandbox, fresh_account, rubric)
    assert (status, runs["status"], runs["points"]) == (1, "blocked", 0)
    assert runs["because"] == "schedule"


def test_a_schedule_that_did_not_run_yet_leaves_the_grade_open(
    aws_sandbox: Sandbox, reference_account: str, rubric: Path
) -> None:
    status, runs = checked(aws_sandbox, reference_account, rubric)
    assert (status, runs["status"], runs["points"]) == (3, "ungraded", None)
    assert "rate(1 day)" in runs["message"]


@pytest.fixture(scope="module")
def firing(aws_sandbox: Sandbox) -> dict[str, str]:
    """An account for each service whose schedule fires every minute from now on."""
    accounts = {service: aws_sandbox.new_account() for service in ("rule", "scheduler")}
    for service, account in accounts.items():
        hand_in(aws_sandbox, account, periodic=service)
        assert log_lines(aws_sandbox, account) == []
    events = aws_sandbox.client("events", accounts["rule"])
    events.put_rule(Name="periodic", ScheduleExpression=EVERY_MINUTE)
    scheduler = aws_sandbox.client("scheduler", accounts["scheduler"])
    scheduler.update_schedule(
        Name="periodic",
        ScheduleExpression=EVERY_MINUTE,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=scheduler.get_schedule(Name="periodic")["Target"],
    )
    return accounts


@pytest.mark.slow
@pytest.mark.parametrize("service", ["rule", "scheduler"])
def test_a_schedule_that_fires_earns_its_points(
    aws_sandbox: Sandbox, firing: dict[str, str], rubric: Path, service: str
) -> None:
    # The check waits until the schedule fires: nobody else runs the function.
    status, runs = checked(aws_sandbox, firing[service], rubric)
    assert (status, runs["status"], runs["points"]) == (0, "passed", 2)

    def the_functions_own_words() -> list[str]:
        lines = log_lines(aws_sandbox, firing[service])
        return [line for line in lines if line.startswith("periodic run:")]

    # What a function prints as its run ends, the sandbox may log with the next run, a minute later.
    wait_for(the_functions_own_words)
