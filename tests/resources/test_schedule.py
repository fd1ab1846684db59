"""What may run a function periodically, as it is found in both services."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.fact import Found, Unknown
from grader.model.timestamps import iso
from grader.resources.listing import MOST_LISTED
from grader.resources.schedule import MOST_SCHEDULES, MOST_TARGETS, observe_schedule
from grader.safety.secret import Secret
from grader.sandbox.layout import PERIODIC_FUNCTION
from tests.observations import a_function
from tests.observing import hand_in
from tests.quick_run import first_only_when_quick
from tests.wire_faults import DENIED, rpc

if TYPE_CHECKING:
    from grader.model.observation import Schedule, Trigger
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire

ARN = "arn:aws:lambda:us-east-1:{}:function:periodic_lambda"
EVERY = {"ScheduleExpression": "rate(1 day)", "State": "ENABLED"}


def target(account: str, qualifier: str = "") -> str:
    return ARN.format(account) + qualifier


def seen(
    aws_sandbox: Sandbox, account: str, wire: Wire | None = None, *, clean: bool = True
) -> Schedule:
    keys = Keys(Secret(account), Secret("test"), None)
    clients = Clients(wire.session if wire else None)
    aws = Aws(clients, keys, aws_sandbox.region, aws_sandbox.endpoint_url)
    function = a_function(PERIODIC_FUNCTION, arn=target(account))
    fact = observe_schedule(aws, "periodic", Found(function))
    aws.close()
    assert isinstance(fact, Found)
    assert not (clean and fact.value.denied)
    return fact.value


@pytest.fixture
def unscheduled(aws_sandbox: Sandbox, fresh_account: str) -> str:
    """An account whose periodic function nothing runs yet."""
    hand_in(aws_sandbox, fresh_account, periodic="unscheduled")
    return fresh_account


def add_rule(
    sandbox: Sandbox, account: str, name: str, qualifier: str = "", **differences: Any
) -> str:
    events = sandbox.client("events", account)
    arn = events.put_rule(**{"Name": name, **EVERY, **differences})["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": target(account, qualifier)}])
    return arn


def permit(sandbox: Sandbox, account: str, rule_arn: str) -> None:
    sandbox.client("lambda", account).add_permission(
        FunctionName=PERIODIC_FUNCTION,
        StatementId=rule_arn.rpartition("/")[2],
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule_arn,
    )


def add_schedule(
    sandbox: Sandbox, account: str, name: str, given: dict[str, str] | None = None, **more: Any
) -> None:
    role = {"RoleArn": f"arn:aws:iam::{account}:role/LabRole"}
    sandbox.client("scheduler", account).create_schedule(
        **{
            "Name": name,
            "ScheduleExpression": "rate(1 day)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {**role, **(given or {"Arn": target(account)})},
            **more,
        }
    )


def summary(trigger: Trigger) -> tuple[str, str, bool, bool | None]:
    return trigger.name, trigger.expression, trigger.enabled, trigger.permitted


def test_a_rule_costs_one_question_to_scheduler_and_no_more(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    (trigger,) = seen(aws_sandbox, reference_account, wire).triggers
    assert summary(trigger) == ("periodic", "rate(1 day)", True, True)
    assert wire.requests == [
        "eventbridge.ListRuleNamesByTarget",
        "eventbridge.ListTargetsByRule",
        "eventbridge.DescribeRule",
        "lambda.GetPolicy",
        "scheduler.ListSchedules",
    ]


@pytest.mark.parametrize(
    "rule",
    [
        {"ScheduleExpression": "", "EventPattern": '{"source": ["aws.s3"]}'},
        {"State": "DISABLED"},
        {},
    ],
    ids=["pattern", "disabled", "without permission"],
)
def test_a_schedule_is_found_beside_any_rule(
    aws_sandbox: Sandbox, unscheduled: str, rule: dict[str, str]
) -> None:
    add_rule(aws_sandbox, unscheduled, "there", **rule)
    add_schedule(aws_sandbox, unscheduled, "good")
    found = seen(aws_sandbox, unscheduled).triggers
    assert [(one.kind, one.name) for one in found] == [("rule", "there"), ("scheduler", "good")]
    assert found[0].expression == rule.get("ScheduleExpression", "rate(1 day)")


@pytest.mark.parametrize(
    "rule",
    [{"ScheduleExpression": "", "EventPattern": '{"source": ["aws.s3"]}'}, {"State": "DISABLED"}],
    ids=["pattern", "disabled"],
)
def test_a_rule_on_an_alias_is_found_beside_one_on_the_function(
    aws_sandbox: Sandbox, unscheduled: str, rule: dict[str, str]
) -> None:
    permit(aws_sandbox, unscheduled, add_rule(aws_sandbox, unscheduled, "bad", **rule))
    permit(aws_sandbox, unscheduled, add_rule(aws_sandbox, unscheduled, "good", ":live"))
    found = seen(aws_sandbox, unscheduled).triggers
    assert [one.name for one in found] == ["bad", "good"]
    assert found[1].target_arn.endswith(":live")


def test_rules_of_the_function_are_read_to_the_last_page(
    aws_sandbox: Sandbox, unscheduled: str, wire: Wire
) -> None:
    permit(aws_sandbox, unscheduled, add_rule(aws_sandbox, unscheduled, "second"))
    page = json.dumps({"RuleNames": [], "NextToken": "next"}).encode()
    json_type = {"content-type": "application/x-amz-json-1.1"}
    wire.play("events.ListRuleNamesByTarget", (200, json_type, page))
    wire.play("events.ListRules", (200, json_type, b'{"Rules": []}'), always=True)
    assert [one.name for one in seen(aws_sandbox, unscheduled, wire).triggers] == ["second"]


def test_a_rule_of_another_function_is_none_of_this(aws_sandbox: Sandbox, unscheduled: str) -> None:
    add_rule(aws_sandbox, unscheduled, "other", "_too")
    assert seen(aws_sandbox, unscheduled).triggers == ()


def test_a_permission_for_another_rule_is_none(aws_sandbox: Sandbox, unscheduled: str) -> None:
    mine = add_rule(aws_sandbox, unscheduled, "mine")
    permit(aws_sandbox, unscheduled, f"{mine}-of-old")
    (trigger,) = seen(aws_sandbox, unscheduled).triggers
    assert trigger.permitted is False


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"State": "DISABLED"}, ("rate(1 day)", False)),
        ({"ScheduleExpression": "at(2030-01-01T00:00:00)"}, ("at(2030-01-01T00:00:00)", True)),
    ],
)
def test_a_schedule_is_told_as_it_is(
    aws_sandbox: Sandbox, unscheduled: str, given: dict[str, str], expected: tuple[str, bool]
) -> None:
    add_schedule(aws_sandbox, unscheduled, "mine", **given)
    (trigger,) = seen(aws_sandbox, unscheduled).triggers
    assert summary(trigger) == ("mine", *expected, True)


@pytest.mark.parametrize(
    ("ends_in_s", "date", "ended"),
    [
        (-60, True, True),
        (3600, False, False),
        *(
            pytest.param(*more, marks=pytest.mark.slow)
            for more in ((None, True, False), (3600, True, False), (-60, False, True))
        ),
    ],
)
def test_a_schedule_that_has_ended_is_told_by_awss_clock(
    aws_sandbox: Sandbox,
    unscheduled: str,
    wire: Wire,
    ends_in_s: int | None,
    date: bool,
    ended: bool,
) -> None:
    add_schedule(aws_sandbox, unscheduled, "mine", StartDate=datetime.now(UTC) + timedelta(days=1))
    # AWS's clock is a year behind this machine's, where it tells.
    now = datetime.now(UTC) - timedelta(days=365 if date else 0)
    ends = None if ends_in_s is None else now + timedelta(seconds=ends_in_s)

    def end(answer: dict[str, Any]) -> None:
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        headers["date"] = format_datetime(now, usegmt=True) if date else "soon"
        if ends is not None:
            answer["EndDate"] = ends

    wire.change("scheduler.GetSchedule", end)
    (trigger,) = seen(aws_sandbox, unscheduled, wire).triggers
    assert summary(trigger) == ("mine", "rate(1 day)", True, True)
    assert (trigger.ended, trigger.running) == (ended, not ended)
    assert trigger.ends_at == (None if ends is None else iso(ends))


def add_statement(sandbox: Sandbox, account: str, wire: Wire, **changes: Any) -> None:
    """Let the function's policy have one more statement."""

    def more(answer: dict[str, Any]) -> None:
        policy = json.loads(answer["Policy"])
        (first,) = policy["Statement"]
        policy["Statement"] = [*changes.pop("before", [first]), {**first, **changes}]
        answer["Policy"] = json.dumps(policy)

    wire.change("lambda.GetPolicy", more)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "permitted", "refusal", "refused_by"),
    [
        ({"Effect": "Deny", "Principal": "*", "Sid": "never"}, False, "denied", "never"),
        (
            {"before": [], "Condition": {"StringEquals": {"AWS:SourceAccount": "9" * 12}}},
            False,
            "condition",
            '{"StringEquals": {"AWS:SourceAccount": "999999999999"}}',
        ),
        (
            {"before": [], "Condition": {"StringEquals": {"aws:SourceOrgID": "o-1"}}},
            None,
            "no-statement",
            "",
        ),
        ({"Effect": "Deny", "Action": "lambda:GetFunction"}, True, "no-statement", ""),
    ],
)
def test_why_a_rule_may_not_invoke_is_told(
    aws_sandbox: Sandbox,
    reference_account: str,
    wire: Wire,
    changes: dict[str, Any],
    permitted: bool | None,
    refusal: str,
    refused_by: str,
) -> None:
    add_statement(aws_sandbox, reference_account, wire, **changes)
    (trigger,) = seen(aws_sandbox, reference_account, wire).triggers
    assert trigger.permitted is permitted
    assert (trigger.refusal, trigger.refused_by) == (refusal, refused_by)


def test_each_target_of_a_rule_that_is_the_function_counts(
    aws_sandbox: Sandbox, unscheduled: str
) -> None:
    permit(aws_sandbox, unscheduled, add_rule(aws_sandbox, unscheduled, "mine", ":live"))
    targets = [{"Id": "2", "Arn": target(unscheduled)}]
    aws_sandbox.client("events", unscheduled).put_targets(Rule="mine", Targets=targets)
    found = {one.target_arn: one.permitted for one in seen(aws_sandbox, unscheduled).triggers}
    assert found[target(unscheduled)] is True


def test_a_rule_that_also_takes_cloudtrails_events_is_enabled(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    wire.change("events.DescribeRule", lambda answer: answer.update(State=state))
    (trigger,) = seen(aws_sandbox, reference_account, wire).triggers
    assert trigger.running


@pytest.mark.parametrize("targets", [True, False])
def test_a_list_that_is_left_out_is_empty(
    aws_sandbox: Sandbox, unscheduled: str, wire: Wire, targets: bool
) -> None:
    add_rule(aws_sandbox, unscheduled, "mine", ":live")
    lists = ("events.ListRuleNamesByTarget", "events.ListRules", "scheduler.ListSchedules")
    for operation in ("events.ListTargetsByRule",) if targets else lists:
        wire.play(operation, (200, {"content-type": "application/json"}, b"{}"), always=True)
    assert seen(aws_sandbox, unscheduled, wire).triggers == ()  # and nothing is unread


UNIVERSAL = "arn:aws:scheduler:::aws-sdk:lambda:invoke"


@pytest.mark.parametrize(
    ("given", "found"),
    first_only_when_quick(
        [
            ({"Arn": "live"}, True),
            ({"Arn": UNIVERSAL, "Input": '{"FunctionName": "periodic_lambda"}'}, True),
            ({"Arn": UNIVERSAL, "Input": '{"FunctionName": "periodic_lambda:live"}'}, True),
            ({"Arn": UNIVERSAL, "Input": '{"FunctionName": "periodic"}'}, False),
            ({"Arn": UNIVERSAL, "Input": '["periodic_lambda"]'}, False),
            ({"Arn": UNIVERSAL, "Input": "[" * 100_000}, False),
            ({"Arn": UNIVERSAL, "Input": "no JSON"}, False),
            ({"Arn": UNIVERSAL}, False),
        ]
    ),
    ids=lambda value: str(value)[:60],
)
def test_a_schedules_target_may_be_an_alias_or_lambda_itself(
    aws_sandbox: Sandbox, unscheduled: str, given: dict[str, str], found: bool
) -> None:
    if given["Arn"] == "live":
        given = {"Arn": target(unscheduled, ":live")}
    add_schedule(aws_sandbox, unscheduled, "mine", given)
    assert bool(seen(aws_sandbox, unscheduled).triggers) is found


def listing(wire: Wire, count: int, arn: str) -> None:
    """Let Scheduler list ``count`` schedules on ``arn`` before those that there are."""

    def more(answer: dict[str, Any]) -> None:
        many = [{"Name": f"s{n}", "GroupName": "g", "Target": {"Arn": arn}} for n in range(count)]
        answer["Schedules"] = [*many, *answer["Schedules"]]

    wire.change("scheduler.ListSchedules", more)


def test_schedules_of_other_targets_do_not_hide_the_functions_own(
    aws_sandbox: Sandbox, unscheduled: str, wire: Wire
) -> None:
    add_schedule(aws_sandbox, unscheduled, "mine")
    listing(wire, MOST_LISTED - 1, target("2" * 12))
    assert [one.name for one in seen(aws_sandbox, unscheduled, wire).triggers] == ["mine"]


@pytest.mark.parametrize(("count", "arn"), [(MOST_LISTED, "other"), (MOST_SCHEDULES, "mine")])
def test_what_was_not_listed_to_the_end_is_not_known(
    aws_sandbox: Sandbox, unscheduled: str, wire: Wire, count: int, arn: str
) -> None:
    add_schedule(aws_sandbox, unscheduled, "mine")
    listing(wire, count, target(unscheduled if arn == "mine" else "2" * 12))
    found = seen(aws_sandbox, unscheduled, wire, clean=False)
    assert found.triggers == ()
    assert found.denied["scheduler"].kind == "unexpected"
    assert "more than" in found.denied["scheduler"].detail


@pytest.mark.slow
def test_more_rules_than_are_looked_into_are_not_known(
    aws_sandbox: Sandbox, unscheduled: str, wire: Wire
) -> None:
    def many(answer: dict[str, Any]) -> None:
        answer["Rules"] = [{"Name": f"r{n}", **EVERY} for n in range(MOST_SCHEDULES + 1)]

    wire.change("events.ListRules", many)
    found = seen(aws_sandbox, unscheduled, wire, clean=False)
    assert found.denied["rule"].kind == "unexpected"


@pytest.mark.parametrize("more", [0, 1])
def test_targets_of_a_rule_are_read_to_a_limit_and_unknown_beyond(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, more: int
) -> None:
    def many(answer: dict[str, Any]) -> None:
        (mine,) = answer["Targets"]
        others = [{"Id": str(n), "Arn": f"{mine['Arn']}:v{n}"} for n in range(MOST_TARGETS - 1)]
        answer["Targets"] = [*others, mine, *[mine] * more]

    wire.change("events.ListTargetsByRule", many)
    found = seen(aws_sandbox, reference_account, wire, clean=not more)
    assert len(found.triggers) == (0 if more else MOST_TARGETS)
    assert ("rule" in found.denied) is bool(more)


@pytest.mark.parametrize(
    ("expression", "once"),
    [
        ("cron(0 12 1 1 ? 2999)", True),
        ("cron(0 12 1 JAN ? 2999)", True),
        ("cron(0 12 1 1 ? *)", False),
        ("cron(0 12 1,15 1 ? 2999)", False),
    ],
)
def test_a_cron_expression_of_one_minute_runs_once(
    aws_sandbox: Sandbox, unscheduled: str, expression: str, once: bool
) -> None:
    rule = add_rule(aws_sandbox, unscheduled, "rule", ScheduleExpression=expression)
    permit(aws_sandbox, unscheduled, rule)
    add_schedule(aws_sandbox, unscheduled, "schedule", ScheduleExpression=expression)
    found = seen(aws_sandbox, unscheduled).triggers
    assert [(one.once, one.running) for one in found] == [(once, not once)] * 2


@pytest.mark.parametrize(
    ("expression", "ends"),
    [
        ("cron(0 12 * * ? 2019-2020)", "2020-12-31T23:59:59.000Z"),
        ("cron(0 12 * * ? 2020,2019)", "2020-12-31T23:59:59.000Z"),
        ("cron(0 12 * * ? 2020/2)", None),
        ("cron(0 12 * * ? *)", None),
    ],
)
def test_a_cron_expression_whose_last_year_is_past_has_ended(
    aws_sandbox: Sandbox, unscheduled: str, expression: str, ends: str | None
) -> None:
    rule = add_rule(aws_sandbox, unscheduled, "rule", ScheduleExpression=expression)
    permit(aws_sandbox, unscheduled, rule)
    add_schedule(aws_sandbox, unscheduled, "schedule", ScheduleExpression=expression)
    found = seen(aws_sandbox, unscheduled).triggers
    assert len(found) == 2
    assert {(one.ended, one.running, one.ends_at) for one in found} == {
        (ends is not None, ends is None, ends)
    }


@pytest.mark.parametrize(
    "operation",
    first_only_when_quick(
        ["ListRuleNamesByTarget", "ListRules", "ListTargetsByRule", "DescribeRule"]
    ),
)
def test_a_refusal_of_one_service_is_noted_and_the_other_is_asked(
    aws_sandbox: Sandbox, unscheduled: str, wire: Wire, operation: str
) -> None:
    add_rule(aws_sandbox, unscheduled, "mine", ":live")
    add_schedule(aws_sandbox, unscheduled, "good")
    wire.play(f"events.{operation}", rpc(403, "AccessDeniedException", DENIED), always=True)
    found = seen(aws_sandbox, unscheduled, wire, clean=False)
    assert [one.name for one in found.triggers] == ["good"]
    assert found.denied.keys() == {"rule"}
    assert f"events:{operation} was denied" in found.denied["rule"].detail


def test_what_was_found_before_a_refusal_stays(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    add_rule(aws_sandbox, reference_account, "zzz")
    wire.play("events.DescribeRule", None, rpc(403, "AccessDeniedException"), always=True)
    found = seen(aws_sandbox, reference_account, wire, clean=False)
    assert [one.name for one in found.triggers] == ["periodic"]


def test_an_answer_of_another_shape_is_not_known(
    aws_sandbox: Sandbox, unscheduled: str, wire: Wire
) -> None:
    add_schedule(aws_sandbox, unscheduled, "mine")
    wire.change("scheduler.GetSchedule", lambda answer: answer.pop("Target"))
    found = seen(aws_sandbox, unscheduled, wire, clean=False)
    assert found.denied["scheduler"].kind == "unexpected"


def test_a_function_that_could_not_be_read_has_no_known_schedule() -> None:
    unread = Unknown("throttled", "slow down")
    aws = Aws(Clients(), Keys(Secret("1"), Secret("2"), None), "us-east-1", None)
    assert observe_schedule(aws, "periodic", unread) == unread


def test_a_schedule_in_a_group_of_ones_own_is_found(aws_sandbox: Sandbox, unscheduled: str) -> None:
    aws_sandbox.client("scheduler", unscheduled).create_schedule_group(Name="mine")
    add_schedule(aws_sandbox, unscheduled, "tick", GroupName="mine")
    (trigger,) = seen(aws_sandbox, unscheduled).triggers
    assert summary(trigger) == ("tick", "rate(1 day)", True, True)
