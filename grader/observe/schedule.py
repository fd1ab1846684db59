"""What may run a function periodically: EventBridge rules, and schedules of EventBridge Scheduler."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING, Any

from grader.aws import value_of
from grader.observation import (
    Fact,
    Found,
    Function,
    Missing,
    NotTried,
    Schedule,
    Trigger,
    Unknown,
)
from grader.redact import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grader.aws import Aws

MOST = 100
"""Rules or schedules of an account that are looked through."""

_UNIVERSAL_TARGET = "aws-sdk:lambda:invoke"


def observe_schedule(aws: Aws, role: str, function: Fact[Function]) -> Fact[Schedule]:
    """The triggers of ``function``, which the rubric calls ``role``.

    Scheduler is only asked where no rule was found: a rule found decides alone.
    """
    if isinstance(function, Unknown | NotTried):
        return function
    if isinstance(function, Missing):
        return NotTried(f"functions.{role}", function.reason)
    denied: dict[str, Unknown] = {}
    triggers: tuple[Trigger, ...] = ()
    for kind, look in (("rule", _rules), ("scheduler", _schedules)):
        fact = look(aws, function.value)
        if isinstance(fact, Unknown):
            denied[kind] = fact
        triggers = value_of(fact) or ()
        if triggers:
            break
    return Found(Schedule(triggers, denied))


def _is_target(arn: str, function: Function) -> bool:
    """``arn`` is the function, or a version or alias of it."""
    return arn == function.arn or arn.startswith(f"{function.arn}:")


def _rules(aws: Aws, function: Function) -> Fact[tuple[Trigger, ...]]:
    """Source: EventBridge ListRuleNamesByTarget, DescribeRule, ListTargetsByRule."""

    def ask() -> tuple[Trigger, ...]:
        named = aws.events.list_rule_names_by_target(TargetArn=function.arn)["RuleNames"]
        # A rule on a version or an alias is not listed under the function's own ARN.
        names = named or list(_scheduled_rules(aws))
        found = (_rule(aws, name, function) for name in names[:MOST])
        return tuple(trigger for trigger in found if trigger is not None)

    return aws.ask("events:ListRuleNamesByTarget", ask)


def _scheduled_rules(aws: Aws) -> Iterator[str]:
    pages = aws.events.get_paginator("list_rules").paginate()
    rules = (rule for page in pages for rule in page["Rules"] if rule.get("ScheduleExpression"))
    return (rule["Name"] for rule in islice(rules, MOST))


def _rule(aws: Aws, name: str, function: Function) -> Trigger | None:
    targets = aws.events.list_targets_by_rule(Rule=name)["Targets"]
    target = next((t for t in targets if _is_target(t["Arn"], function)), None)
    if target is None:
        return None
    rule = aws.events.describe_rule(Name=name)
    permitted = True if target.get("RoleArn") else _may_invoke(aws, target["Arn"], rule["Arn"])
    return Trigger(
        kind="rule",
        name=bounded(name, 100),
        expression=bounded(rule.get("ScheduleExpression", ""), 100),
        enabled=str(rule.get("State", "")).startswith("ENABLED"),
        permitted=permitted,
        target_arn=target["Arn"],
    )


def _may_invoke(aws: Aws, target_arn: str, rule_arn: str) -> bool | None:
    """The function's policy lets EventBridge invoke it for this rule. Source: Lambda GetPolicy."""
    fact = aws.ask(
        "lambda:GetPolicy", lambda: aws.lambda_.get_policy(FunctionName=target_arn)["Policy"]
    )
    if isinstance(fact, Missing):
        return False
    if not isinstance(fact, Found):
        return None
    policy = json.loads(fact.value or "{}")
    return any(_permits(statement, rule_arn) for statement in policy.get("Statement", []))


def _permits(statement: Mapping[str, Any], rule_arn: str) -> bool:
    principal = statement.get("Principal", {})
    services = principal.get("Service", "") if isinstance(principal, dict) else principal
    actions = statement.get("Action", "")
    if (
        statement.get("Effect") != "Allow"
        or not {"events.amazonaws.com", "*"}.intersection(_several(services))
        or not any(fnmatchcase("lambda:InvokeFunction", action) for action in _several(actions))
    ):
        return False
    conditions = statement.get("Condition") or {}
    sources = [
        pattern
        for condition in conditions.values()
        for key, patterns in condition.items()
        if key.lower() == "aws:sourcearn"
        for pattern in _several(patterns)
    ]
    return not sources or any(fnmatchcase(rule_arn, pattern) for pattern in sources)


def _several(value: Any) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def _schedules(aws: Aws, function: Function) -> Fact[tuple[Trigger, ...]]:
    """Source: EventBridge Scheduler ListSchedules, GetSchedule."""

    def ask() -> tuple[Trigger, ...]:
        pages = aws.scheduler.get_paginator("list_schedules").paginate()
        listed = islice((s for page in pages for s in page["Schedules"]), MOST)
        found = (
            _schedule(aws, summary["Name"], summary.get("GroupName", "default"), function)
            for summary in listed
            if _may_target(summary.get("Target", {}).get("Arn", ""), function)
        )
        return tuple(trigger for trigger in found if trigger is not None)

    return aws.ask("scheduler:ListSchedules", ask)


def _may_target(arn: str, function: Function) -> bool:
    return _is_target(arn, function) or arn.endswith(_UNIVERSAL_TARGET)


def _schedule(aws: Aws, name: str, group: str, function: Function) -> Trigger | None:
    schedule = aws.scheduler.get_schedule(Name=name, GroupName=group)
    target = schedule["Target"]
    arn = target["Arn"]
    if arn.endswith(_UNIVERSAL_TARGET):
        try:
            invoked = str(json.loads(target.get("Input", "{}")).get("FunctionName", ""))
        except (ValueError, AttributeError):
            return None
        if invoked != function.name and not _is_target(invoked, function):
            return None
    return Trigger(
        kind="scheduler",
        name=bounded(name, 100),
        expression=bounded(schedule.get("ScheduleExpression", ""), 100),
        enabled=schedule.get("State", "ENABLED") == "ENABLED",
        permitted=bool(target.get("RoleArn")),
        target_arn=arn,
    )
