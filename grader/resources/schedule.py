"""What may run a function periodically: EventBridge rules, and schedules of EventBridge Scheduler."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from grader.i18n.language import N_
from grader.model.fact import Fact, Found, Missing, Unknown, untried
from grader.model.kind import Kind
from grader.model.observation import Function, Schedule, Trigger, check_part
from grader.model.timestamps import answered_at, iso
from grader.resources.lab_access import unless_gone
from grader.resources.listing import MOST_LISTED, to_the_end
from grader.resources.policy import Decision, decide, invoked_by_rule
from grader.safety.redact import bounded, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from types_boto3_events.type_defs import DescribeRuleResponseTypeDef, TargetOutputTypeDef

    from grader.resources.lab_access import AwsAccount, PermissionProbe

T = TypeVar("T")

Service: TypeAlias = Literal["rule", "scheduler"]
_MORE: dict[Service, str] = {
    "rule": N_("The account has more than {most} EventBridge rules."),
    "scheduler": N_("The account has more than {most} Scheduler schedules."),
}

_LISTING: dict[Service, str] = {
    "rule": "events:ListRuleNamesByTarget",
    "scheduler": "scheduler:ListSchedules",
}

MOST_SCHEDULES = 100
"""Rules or schedules that are looked into: an account of a lab has a few."""

MOST_TARGETS = 100
"""Targets of one rule: AWS allows five, or a hundred if asked."""

UNREADABLE_POLICY = N_("The function's policy could not be read: it is not JSON.")

UNIVERSAL_TARGET = "aws-sdk:lambda:invoke"

_YEARS = re.compile(r"[12]\d{3}(?:[,-][12]\d{3})*")
"""A field of years of a ``cron(…)`` that has an end: years and ranges of years."""

_ONE_MINUTE = re.compile(
    r"cron\(\s*\d+\s+\d+\s+\d+\s+(?:\d+|[A-Z]{3})\s+\?\s+\d{4}\s*\)", re.IGNORECASE
)
"""A ``cron(…)`` that runs once: each of its fields is a single value."""

NOBODY = "grader-doctor-asks-only"
"""A name that nothing bears: AWS says *not found* to who may ask, and *denied* to who may not."""


def observe_schedule(aws: AwsAccount, role: str, function: Fact[Function]) -> Fact[Schedule]:
    """The triggers of ``function``, which the rubric calls ``role``, in both services."""
    if not isinstance(function, Found):
        return untried(function, f"functions.{role}")
    search = _TriggerSearch(aws, function.value)
    search.at("rule", search.at_rules)
    search.at("scheduler", search.at_schedules)
    return Found(Schedule(tuple(search.triggers), search.denied))


class _TriggerSearch:
    """The search for triggers in both services: what was found, and what could not be read of either."""

    def __init__(self, aws: AwsAccount, function: Function) -> None:
        self._aws, self._function = aws, function
        self.triggers: list[Trigger] = []
        self.denied: dict[str, Unknown] = {}

    def at(self, kind: Service, look: Callable[[], None]) -> None:
        """Look at one service until it refuses an answer; what was found before that, stays."""
        fact = self._aws.query(_LISTING[kind], look)
        if isinstance(fact, Unknown):
            self.denied.setdefault(kind, fact)

    def at_rules(self) -> None:
        """Source: EventBridge ListRuleNamesByTarget, ListRules."""
        named = self._ask(_LISTING["rule"], self._rules_by_target) or []
        for name in self._first("rule", named, MOST_SCHEDULES):
            self._rule(name)
        if any(t.running and t.permitted for t in self.triggers):
            return
        # A rule on a version or an alias is not listed under the function's own ARN.
        scheduled = self._ask("events:ListRules", self._scheduled_rules) or []
        for name in self._first("rule", [n for n in scheduled if n not in named], MOST_SCHEDULES):
            self._rule(name)

    def _rules_by_target(self) -> list[str]:
        paginator = self._aws.events.get_paginator("list_rule_names_by_target")
        pages = paginator.paginate(TargetArn=self._function.arn)
        names = (name for page in pages for name in page.get("RuleNames", []))
        return self._first("rule", names, MOST_LISTED)

    def _scheduled_rules(self) -> list[str]:
        pages = self._aws.events.get_paginator("list_rules").paginate()
        rules = (rule for page in pages for rule in page.get("Rules", []))
        listed = self._first("rule", rules, MOST_LISTED)
        return [rule["Name"] for rule in listed if rule.get("ScheduleExpression")]

    def _rule(self, name: str) -> None:
        """Source: EventBridge ListTargetsByRule, DescribeRule."""
        events, action = self._aws.events, "events:ListTargetsByRule"

        def targets() -> list[TargetOutputTypeDef]:
            pages = events.get_paginator("list_targets_by_rule").paginate(Rule=name)
            every = (target for page in pages for target in page.get("Targets", []))
            return list(to_the_end(action, every, MOST_TARGETS))

        listed = self._ask(action, targets) or []
        ours = [target for target in listed if _is_target(target["Arn"], self._function)]
        if not ours:
            return
        rule = self._ask("events:DescribeRule", lambda: events.describe_rule(Name=name))
        if rule is not None:
            for target in ours:
                self._add(self._of_rule(name, rule, target))

    def _add(self, trigger: Trigger) -> None:
        """Keep one, if it can be kept. Raises what :func:`check_part` raises, if not."""
        check_part(trigger)
        self.triggers.append(trigger)

    def _of_rule(
        self, name: str, rule: DescribeRuleResponseTypeDef, target: TargetOutputTypeDef
    ) -> Trigger:
        decision = (
            Decision(True) if target.get("RoleArn") else self._decided(target["Arn"], rule["Arn"])
        )
        ends, expression = ends_at(rule), rule.get("ScheduleExpression", "")
        return Trigger(
            kind="rule",
            name=bounded(name, 100),
            expression=bounded(expression, 100),
            enabled=str(rule.get("State", "")).startswith("ENABLED"),
            permitted=decision.allowed,
            target_arn=target["Arn"],
            refusal=decision.refusal,
            refused_by=_quoted(decision),
            ends_at=iso(ends) if ends else None,
            ended=has_ended(rule),
            once=_ONE_MINUTE.fullmatch(expression) is not None,
        )

    def _decided(self, target_arn: str, rule_arn: str) -> Decision:
        decision = may_invoke(self._aws, target_arn, rule_arn)
        if isinstance(decision, Unknown):
            self.denied.setdefault("policy", decision)
            return Decision(None)
        return decision

    def at_schedules(self) -> None:
        """Source: EventBridge Scheduler ListSchedules."""
        ours = self._ask(_LISTING["scheduler"], self._schedules) or []
        for name, group in self._first("scheduler", ours, MOST_SCHEDULES):
            self._schedule(name, group)

    def _schedules(self) -> list[tuple[str, str]]:
        pages = self._aws.scheduler.get_paginator("list_schedules").paginate()
        summaries = (summary for page in pages for summary in page.get("Schedules", []))
        return [
            (summary["Name"], summary.get("GroupName", "default"))
            for summary in self._first("scheduler", summaries, MOST_LISTED)
            if _may_target(summary.get("Target", {}).get("Arn", ""), self._function)
        ]

    def _schedule(self, name: str, group: str) -> None:
        """Source: EventBridge Scheduler GetSchedule."""
        scheduler = self._aws.scheduler
        schedule = self._ask(
            "scheduler:GetSchedule", lambda: scheduler.get_schedule(Name=name, GroupName=group)
        )
        if schedule is None:
            return
        target = schedule["Target"]
        arn = target["Arn"]
        created, ends = schedule.get("CreationDate"), ends_at(schedule)
        expression = schedule.get("ScheduleExpression", "")
        if arn.endswith(UNIVERSAL_TARGET) and not _invokes(target.get("Input"), self._function):
            return
        self._add(
            Trigger(
                kind="scheduler",
                name=bounded(name, 100),
                expression=bounded(expression, 100),
                enabled=schedule.get("State", "ENABLED") == "ENABLED",
                permitted=bool(target.get("RoleArn")),
                target_arn=arn,
                created_at=iso(created) if created else None,
                ends_at=iso(ends) if ends else None,
                ended=has_ended(schedule),
                once=_ONE_MINUTE.fullmatch(expression) is not None,
            )
        )

    def _ask(self, action: str, call: Callable[[], T]) -> T | None:
        """The answer, ``None`` for what is no longer there. Raises :class:`FactUnknown`."""
        return unless_gone(self._aws, action, call)

    def _first(self, kind: Service, things: Iterable[T], most: int) -> list[T]:
        """The first ``most`` things. If there are more, the service is noted as not read to its end."""
        first = list(islice(things, most + 1))
        if len(first) > most:
            unread = Unknown.saying("unexpected", _MORE[kind], most=most)
            self.denied.setdefault(kind, unread)
        return first[:most]


def _is_target(arn: str, function: Function) -> bool:
    """``arn`` is the function, or a version or alias of it."""
    return arn == function.arn or arn.startswith(f"{function.arn}:")


def _may_target(arn: str, function: Function) -> bool:
    return _is_target(arn, function) or arn.endswith(UNIVERSAL_TARGET)


def _invokes(given: str | None, function: Function) -> bool:
    """The input of a universal target names the function."""
    invoked, account_id = function_in(given), function.arn.split(":")[4]
    name = invoked.removeprefix(f"{account_id}:function:").partition(":")[0]
    return _is_target(invoked, function) or name == function.name


def ends_at(answer: Mapping[str, Any]) -> datetime | None:
    """When a rule or a schedule runs for the last time, if it has an end: by what GetSchedule,
    DescribeRule or ListRules answered of it."""
    ends = [end for end in (answer.get("EndDate"), _end_of_years(answer)) if end is not None]
    return min(ends, default=None)


def has_ended(answer: Mapping[str, Any]) -> bool:
    """It had an end, which was over when AWS answered."""
    now = answered_at(answer) or datetime.now(UTC)
    end, years = answer.get("EndDate"), _end_of_years(answer)
    if end is not None and end <= now:
        return True
    # The years are those of whatever time zone the schedule has.
    return years is not None and years + timedelta(days=1) <= now


def _end_of_years(answer: Mapping[str, Any]) -> datetime | None:
    expression = answer.get("ScheduleExpression", "")
    fields = expression.removeprefix("cron(").removesuffix(")").split()
    if len(fields) != 6 or not _YEARS.fullmatch(fields[5]):
        return None
    return datetime(max(map(int, re.findall(r"\d+", fields[5]))), 12, 31, 23, 59, 59, tzinfo=UTC)


def function_in(given: str | None) -> str:
    """What the input of a universal target, JSON, calls the function: name or ARN, or a part of that."""
    try:
        asked = json.loads(given or "{}")
    except (ValueError, RecursionError):
        return ""
    return str(asked.get("FunctionName", "")) if isinstance(asked, dict) else ""


def may_invoke(aws: AwsAccount, target_arn: str, rule_arn: str) -> Decision | Unknown:
    """Whether the function's policy lets EventBridge invoke it for this rule, as far as it can be read.

    Source: Lambda GetPolicy.
    """
    # No policy can be given to $LATEST by that name: the function's own is what counts.
    function_arn = target_arn.removesuffix(":$LATEST")
    fact = aws.query(
        "lambda:GetPolicy",
        lambda: aws.lambda_.get_policy(FunctionName=function_arn).get("Policy", ""),
    )
    if isinstance(fact, Missing):
        return Decision(False)
    if not isinstance(fact, Found):
        return fact
    try:
        policy = json.loads(fact.value or "{}")
    except (ValueError, RecursionError):
        policy = None
    if not isinstance(policy, dict):
        return Unknown.saying("unexpected", UNREADABLE_POLICY)
    return decide(policy, invoked_by_rule(function_arn, rule_arn))


def _quoted(decision: Decision) -> str:
    """What stands in the way, as the student wrote it."""
    statement = decision.statement or {}
    if decision.refusal == "denied":
        return redact(str(statement.get("Sid", "")), 100)
    return redact(json.dumps(statement["Condition"]), 300) if "Condition" in statement else ""


def _probe_permissions(probe: PermissionProbe, role: str) -> None:
    aws, name = probe.aws, probe.name(role)
    probe.ask("lambda:GetPolicy", lambda: aws.lambda_.get_policy(FunctionName=name))
    partition = probe.identity.arn.split(":")[1]
    place = f"{aws.region}:{probe.identity.account_id}"
    arn = f"arn:{partition}:lambda:{place}:function:{NOBODY}"
    probe.ask(
        _LISTING["rule"], lambda: aws.events.list_rule_names_by_target(TargetArn=arn, Limit=1)
    )
    probe.ask("events:ListRules", lambda: aws.events.list_rules(Limit=1))
    probe.ask("events:DescribeRule", lambda: aws.events.describe_rule(Name=NOBODY))
    probe.ask("events:ListTargetsByRule", lambda: aws.events.list_targets_by_rule(Rule=NOBODY))
    probe.ask(_LISTING["scheduler"], lambda: aws.scheduler.list_schedules(MaxResults=1))
    probe.ask("scheduler:GetSchedule", lambda: aws.scheduler.get_schedule(Name=NOBODY))


SCHEDULES = Kind(
    fact="schedules",
    word="function",
    type=Schedule,
    fixtures={"schedule": "target"},
    observe=lambda lab, role: observe_schedule(lab.aws, role, lab.fact("functions", role)),
    actions=(
        "lambda:GetPolicy",
        *_LISTING.values(),
        "events:ListRules",
        "events:DescribeRule",
        "events:ListTargetsByRule",
        "scheduler:GetSchedule",
    ),
    probe_permissions=_probe_permissions,
    after=("functions",),
)
