"""The account's functions, queues, mappings and schedules, each listed once, to find renamed ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from grader.i18n.language import N_
from grader.model.ended_early import FactUnknown
from grader.model.fact import Found, Missing, Unknown
from grader.resources.lab_access import unless_gone
from grader.resources.listing import LONGER_THAN_READ, to_the_end
from grader.resources.redrive_policy import read_policy
from grader.resources.schedule import NOBODY, UNIVERSAL_TARGET, function_in, has_ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from grader.resources.lab_access import AwsAccount

T = TypeVar("T")

MOST_QUEUES = 200
"""Queues that are asked for their dead-letter queue."""

ENABLED_OR_SOON = frozenset({"Enabled", "Enabling", "Creating", "Updating"})
"""States of an event source mapping that hands messages over or soon will. One that is on its way to
be disabled or deleted is *live* (``Mapping.live``), and is none of these."""

OF_AWS_ACADEMY = frozenset(
    {
        "lightsailmonitoringfunction",
        "mainmonitoringfunction",
        "modlabrole",
        "redapistreamline",
        "redshifteventsubscription",
        "redshiftoverwatch",
        "rolecreationfunction",
    }
)
"""Functions that AWS Academy puts into every account, in lower case."""


FINDING: dict[str, Callable[[AwsAccount], object]] = {
    "lambda:ListFunctions": lambda aws: aws.lambda_.list_functions(MaxItems=1),
    "lambda:ListEventSourceMappings": lambda aws: aws.lambda_.list_event_source_mappings(
        MaxItems=1
    ),
    "sqs:ListQueues": lambda aws: aws.sqs.list_queues(MaxResults=1),
    "events:ListRules": lambda aws: aws.events.list_rules(Limit=1),
    "events:ListTargetsByRule": lambda aws: aws.events.list_targets_by_rule(Rule=NOBODY),
    "scheduler:ListSchedules": lambda aws: aws.scheduler.list_schedules(MaxResults=1),
}
"""The IAM actions that finding takes beside those of looking, each with a question that needs it."""


@dataclass(frozen=True)
class Feed:
    """An event source mapping from an SQS queue of the account to a function of it."""

    queue: str
    function: str
    enabled_or_soon: bool


LONGEST_NAME = 200
"""Characters of a name that a list holds. AWS allows a function 140, and a queue 80."""


@dataclass(frozen=True)
class Runner:
    """A rule or a schedule with an expression, and a function that it runs."""

    name: str
    expression: str
    function: str
    enabled: bool = True


class Inventory:
    """The functions, queues, mappings and schedules of one account in one region.

    Every list is asked for when it is first needed. What cannot be listed is Unknown.
    """

    def __init__(self, aws: AwsAccount, account_id: str) -> None:
        self._aws, self._account_id = aws, account_id
        self._kept: dict[str, Any] = {}

    def functions(self) -> tuple[str, ...] | Unknown:
        """Names of the functions that somebody made. Source: Lambda ListFunctions."""

        action = "lambda:ListFunctions"

        def names() -> tuple[str, ...]:
            every = map(name_in, to_the_end(action, function_names(self._aws)))
            return tuple(name for name in every if not is_of_academy(name))

        return self._once("functions", action, names)

    def feeds(self) -> tuple[Feed, ...] | Unknown:
        """What SQS queues feed which functions. Source: Lambda ListEventSourceMappings."""

        action = "lambda:ListEventSourceMappings"

        def ask() -> tuple[Feed, ...]:
            pages = _pages(self._aws.lambda_, "list_event_source_mappings")
            every = (mapping for page in pages for mapping in page.get("EventSourceMappings", []))
            feeds = map(self._feed, to_the_end(action, every))
            return tuple(feed for feed in feeds if feed is not None)

        return self._once("feeds", action, ask)

    def _feed(self, given: dict[str, Any]) -> Feed | None:
        queue = self._own(given.get("EventSourceArn"), "sqs")
        function = self._own(given.get("FunctionArn"), "lambda")
        if not queue or not function or is_of_academy(function) or queue.endswith(".fifo"):
            return None
        return Feed(queue, function, given.get("State") in ENABLED_OR_SOON)

    def queues(self) -> dict[str, str] | Unknown:
        """The URLs of the queues by their names. Source: SQS ListQueues."""

        action = "sqs:ListQueues"

        def ask() -> dict[str, str]:
            urls = to_the_end(action, queue_urls(self._aws))
            return {name_in(url.rsplit("/", 1)[-1]): url for url in urls}

        return self._once("queues", action, ask)

    def arn_of_queue(self, name: str) -> str:
        """The ARN of a queue of this account, in the region's own partition."""
        partition = self._aws.sqs.meta.partition
        return f"arn:{partition}:sqs:{self._aws.region}:{self._account_id}:{name}"

    def message_queues(self) -> tuple[str, ...] | Unknown:
        """Names of the standard queues that are no other's dead-letter queue.

        Source: SQS GetQueueAttributes, RedrivePolicy.
        """
        queues = self.queues()
        if isinstance(queues, Unknown):
            return queues
        if len(queues) > MOST_QUEUES:
            return Unknown.saying("unexpected", LONGER_THAN_READ, action="sqs:ListQueues")

        def ask() -> tuple[str, ...]:
            answers = {name: self._dead_letters(url) for name, url in queues.items()}
            dead = {*answers.values()}
            return tuple(
                name
                for name, answer in answers.items()
                if answer is not None and name not in dead and not name.endswith(".fifo")
            )

        return self._once("message_queues", "sqs:GetQueueAttributes", ask)

    def _dead_letters(self, url: str) -> str | None:
        """The dead-letter queue of a queue, empty if it has none; ``None`` where the queue is gone."""
        given = unless_gone(
            self._aws,
            "sqs:GetQueueAttributes",
            lambda: self._aws.sqs.get_queue_attributes(
                QueueUrl=url, AttributeNames=["RedrivePolicy"]
            ),
        )
        if given is None:
            return None
        try:
            return read_policy(given.get("Attributes", {}).get("RedrivePolicy", "")).target
        except ValueError:
            return ""

    def variables(self, function: str) -> dict[str, str] | Unknown:
        """The environment of a function. Its values are compared, and never kept.

        Source: Lambda GetFunctionConfiguration.
        """

        def ask() -> dict[str, str]:
            given = self._aws.lambda_.get_function_configuration(FunctionName=function)
            environment: Any = given.get("Environment", {})
            if environment.get("Error"):
                unreadable = N_("The variables of {function} cannot be read.")
                raise FactUnknown(Unknown.saying("permission", unreadable, function=function))
            given_values = environment.get("Variables", {})
            return {name: str(value) for name, value in given_values.items()}

        return self._once(f"variables {function}", "lambda:GetFunctionConfiguration", ask)

    def rules(self) -> tuple[Runner, ...] | Unknown:
        """The rules with an expression. Source: EventBridge ListRules and ListTargetsByRule."""
        return self._once("rules", "events:ListRules", lambda: tuple(self._rules()))

    def schedules(self) -> tuple[Runner, ...] | Unknown:
        """The schedules that run functions. Source: Scheduler ListSchedules and GetSchedule."""
        return self._once("schedules", "scheduler:ListSchedules", lambda: tuple(self._schedules()))

    def _rules(self) -> Iterator[Runner]:
        pages = _pages(self._aws.events, "list_rules")
        rules = (rule for page in pages for rule in page.get("Rules", []))
        for rule in to_the_end("events:ListRules", rules):
            expression = rule.get("ScheduleExpression")
            if not expression:
                continue
            for target in self._targets(rule["Name"]):
                if function := self._own(target.get("Arn"), "lambda"):
                    enabled = str(rule.get("State", "")).startswith("ENABLED")
                    enabled = enabled and not has_ended(rule)
                    yield Runner(rule["Name"], str(expression), function, enabled)

    def _targets(self, rule: str) -> list[dict[str, Any]]:
        action = "events:ListTargetsByRule"

        def ask() -> list[dict[str, Any]]:
            pages = _pages(self._aws.events, "list_targets_by_rule", Rule=rule)
            targets = (target for page in pages for target in page.get("Targets", []))
            return list(to_the_end(action, targets))

        return unless_gone(self._aws, action, ask) or []

    def _schedules(self) -> Iterator[Runner]:
        pages = _pages(self._aws.scheduler, "list_schedules")
        schedules = (schedule for page in pages for schedule in page.get("Schedules", []))
        for schedule in to_the_end("scheduler:ListSchedules", schedules):
            arn = str(schedule.get("Target", {}).get("Arn"))
            if not (self._own(arn, "lambda") or arn.endswith(UNIVERSAL_TARGET)):
                continue
            given = self._schedule(schedule["Name"], schedule.get("GroupName", "default"))
            if given is None:
                continue
            function = self._run_by(given.get("Target", {}))
            expression = given.get("ScheduleExpression", "")
            if function and not expression.startswith("at("):
                enabled = given.get("State", "ENABLED") == "ENABLED" and not has_ended(given)
                yield Runner(schedule["Name"], expression, function, enabled)

    def _schedule(self, name: str, group: str) -> Mapping[str, Any] | None:
        return unless_gone(
            self._aws,
            "scheduler:GetSchedule",
            lambda: self._aws.scheduler.get_schedule(Name=name, GroupName=group),
        )

    def _run_by(self, target: Mapping[str, Any]) -> str:
        """The name of this account's function that a schedule invokes; empty where it is none."""
        arn = str(target.get("Arn"))
        if not arn.endswith(UNIVERSAL_TARGET):
            return self._own(arn, "lambda")
        given = function_in(target.get("Input"))
        try:
            if given.startswith("arn:"):
                return self._own(given, "lambda")
            return name_in(given.removeprefix(f"{self._account_id}:function:").partition(":")[0])
        except ValueError:
            return ""  # It is whatever somebody wrote: no list of AWS's that cannot be read.

    def _own(self, arn: object, service: str) -> str:
        """The name in an ARN of this account and region; empty where it is another's."""
        parts = str(arn).split(":")
        place = [service, self._aws.region, self._account_id]
        if len(parts) < 6 or parts[2:5] != place:
            return ""
        # arn:aws:lambda:region:account:function:name[:qualifier], arn:aws:sqs:region:account:name
        return name_in(parts[6] if service == "lambda" and len(parts) > 6 else parts[5])

    def _once(self, what: str, action: str, ask: Callable[[], T]) -> T | Unknown:
        if what not in self._kept:
            fact = self._aws.query(action, ask)
            if isinstance(fact, Missing):
                fact = Unknown("not-ready", fact.reason, fact.said)
            self._kept[what] = fact.value if isinstance(fact, Found) else fact
        return self._kept[what]  # type: ignore[no-any-return]


def _pages(client: Any, operation: str, **given: Any) -> Iterator[dict[str, Any]]:
    return iter(client.get_paginator(operation).paginate(**given))


def function_names(aws: AwsAccount) -> Iterator[str]:
    """The names of all functions, page by page. Source: Lambda ListFunctions."""
    pages = aws.lambda_.get_paginator("list_functions").paginate()
    return (function["FunctionName"] for page in pages for function in page.get("Functions", []))


def queue_urls(aws: AwsAccount) -> Iterator[str]:
    """The URLs of all queues, page by page. Source: SQS ListQueues."""
    # Without a size of its pages SQS gives the first 1000 queues and no token for the others.
    pages = aws.sqs.get_paginator("list_queues").paginate(PaginationConfig={"PageSize": 1000})
    return (url for page in pages for url in page.get("QueueUrls", []))


def name_in(listed: object) -> str:
    """The name that a list of AWS's holds. Raises :class:`ValueError` where it can be none."""
    if not isinstance(listed, str) or len(listed) > LONGEST_NAME:
        raise ValueError("no name of AWS's")
    # An observation is kept as JSON: one name that is no Unicode, and none of it could be.
    listed.encode()
    return listed


def is_of_academy(name: str) -> bool:
    """A function of that name is AWS Academy's, in every account."""
    return name.casefold() in OF_AWS_ACADEMY
