"""What one account answers to each question that a batch will ask; nothing is run, sent or changed.

What would act on a queue is asked for in batches of one entry that no queue can accept: SQS allows or
denies a batch as a whole, and answers what it allows entry by entry. There is no such way to ask for
``ReceiveMessage``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from grader.aws.account_client import Aws, value_of
from grader.model.observation import Fact, Found, Function, Identity, Missing, Unknown
from grader.observe.account import INPUT, OUTPUT, RUNS_CHECK, SUM, needs_exercise
from grader.observe.function import observe_function
from grader.observe.identity import observe_identity
from grader.rubric.load import environment_names
from grader.safety.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.aws.clients import Clients
    from grader.model.access import Access
    from grader.rubric.load import Rubric

T = TypeVar("T")

LIMIT_S = 60
"""Seconds after which an account is asked nothing more."""

LEARNER_LAB_REGIONS = ("us-east-1", "us-west-2")

_NOBODY = "grader-doctor-asks-only"
"""A name that nothing bears: AWS says *not found* to who may ask, and *denied* to who may not."""

_TOO_LONG_S = 901


@dataclass(frozen=True)
class Seen:
    """What AWS said through one way to an account.

    ``functions`` are the lab's, by AWS's name. ``unknown`` holds what each IAM action met that was
    not answered, ``untold`` the actions of which the answer does not tell whether they are allowed.
    ``elsewhere`` is the other region in which the lab's functions stand.
    """

    identity: Fact[Identity]
    functions: dict[str, Fact[Function]] = field(default_factory=dict)
    unknown: dict[str, Unknown] = field(default_factory=dict)
    untold: tuple[str, ...] = ()
    elsewhere: str | None = None

    @property
    def refused(self) -> Unknown | None:
        """What AWS said when it refused the credentials; it may have said before whose they are."""
        all_of_it = [self.identity, *self.unknown.values()]
        return next(
            (u for u in all_of_it if isinstance(u, Unknown) and u.kind == "credentials"), None
        )

    @property
    def denied(self) -> list[str]:
        """The IAM actions that were denied."""
        return [action for action, said in self.unknown.items() if said.kind == "permission"]


def ask_everything(
    clients: Clients,
    rubric: Rubric,
    access: Access,
    account_id: str | None,
    region: str,
    endpoint_url: str | None,
) -> Seen:
    """What AWS says of everything that ``rubric`` asks of the account behind ``access``.

    Nothing else is asked of an account that is not ``account_id``, the roster's.
    """
    aws = Aws(clients, access, region, endpoint_url)
    aws.ends_at = time.monotonic() + LIMIT_S
    try:
        identity = observe_identity(aws, None)
        if not isinstance(identity, Found) or account_id not in {None, identity.value.account_id}:
            return Seen(identity)
        look = _Look(aws, rubric, identity.value)
        look.at_everything()
        elsewhere = None
        if look.functions and all(isinstance(f, Missing) for f in look.functions.values()):
            others = [other for other in LEARNER_LAB_REGIONS if other != region]
            elsewhere = _elsewhere(clients, access, others, endpoint_url, list(look.functions))
    except Exception as error:  # noqa: BLE001 - one account's surprise must not end the class
        return Seen(Unknown("unexpected", redact(f"{type(error).__name__}: {error}")))
    finally:
        aws.close()
    return Seen(identity, look.functions, look.unknown, tuple(look.untold), elsewhere)


def _elsewhere(
    clients: Clients, access: Access, regions: list[str], endpoint_url: str | None, names: list[str]
) -> str | None:
    """The first of ``regions`` in which one of the functions stands."""
    for region in regions:
        aws = Aws(clients, access, region, endpoint_url)
        aws.ends_at = time.monotonic() + LIMIT_S

        try:
            for name in names:
                client = aws.lambda_
                asked = partial(client.get_function_configuration, FunctionName=name)
                if isinstance(aws.ask("lambda:GetFunctionConfiguration", asked), Found):
                    return region
        finally:
            aws.close()
    return None


class _Look:
    """Asks, once each, what a batch asks; what is not there is an answer too."""

    def __init__(self, aws: Aws, rubric: Rubric, identity: Identity) -> None:
        self._aws, self._rubric, self._identity = aws, rubric, identity
        self.functions: dict[str, Fact[Function]] = {}
        self.unknown: dict[str, Unknown] = {}
        self.untold: dict[str, None] = {}

    def at_everything(self) -> None:
        """Functions, queues, mappings and, where a criterion asks for them, schedules and logs."""
        variables = environment_names(self._rubric)
        for role, name in self._rubric.lab.functions.items():
            self._function(role, name, variables.get(role, ()))
        for role, name in self._rubric.lab.queues.items():
            self._queue(role, name)
        if any(c.check.startswith("schedule") for c in self._rubric.criteria):
            self._schedules()

    def _ask(self, action: str, call: Callable[[], T]) -> T | None:
        fact = self._aws.ask(action, call)
        self._note(action, fact)
        return value_of(fact)

    def _note(self, action: str, fact: Fact[Any]) -> None:
        if isinstance(fact, Unknown):
            self.unknown.setdefault(action, fact)

    def _function(self, role: str, name: str, variables: Iterable[str]) -> None:
        aws = self._aws
        fact = self.functions[name] = observe_function(self._aws, name, variables)
        self._note("lambda:GetFunctionConfiguration", fact)
        if isinstance(fact, Found):
            self._note("kms:Decrypt", fact.value.environment)
        self._ask("lambda:GetPolicy", lambda: aws.lambda_.get_policy(FunctionName=name))
        self._ask(
            "lambda:ListEventSourceMappings",
            lambda: aws.lambda_.list_event_source_mappings(FunctionName=name, MaxItems=1),
        )
        if role == SUM and isinstance(fact, Found) and needs_exercise(self._rubric):
            # Only asks whether it would be allowed to. Source: Lambda API, Invoke.
            self._ask(
                "lambda:InvokeFunction",
                lambda: aws.lambda_.invoke(FunctionName=name, InvocationType="DryRun"),
            )

        if any(c.check == RUNS_CHECK and c.on == role for c in self._rubric.criteria):
            group = fact.value.log_group if isinstance(fact, Found) else f"/aws/lambda/{name}"
            self._ask(
                "logs:FilterLogEvents",
                lambda: aws.logs.filter_log_events(logGroupName=group, limit=1),
            )

    def _queue(self, role: str, name: str) -> None:
        aws = self._aws
        url = self._ask(
            "sqs:GetQueueUrl", lambda: aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        )
        if url is not None:
            self._ask(
                "sqs:GetQueueAttributes",
                lambda: aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]),
            )
            if role in {INPUT, OUTPUT} and needs_exercise(self._rubric):
                self._acting_on(role, url)

    def _acting_on(self, role: str, url: str) -> None:
        """Whether messages may be sent to the input queue, and be deleted and hidden in both."""
        sqs = self._aws.sqs
        if role == INPUT:
            # A body has a character at least, a delay 900 s at most. Source: SQS API, SendMessageBatch.
            never_sent: Any = {"Id": "a", "MessageBody": "", "DelaySeconds": _TOO_LONG_S}
            self._ask_in_vain(
                "sqs:SendMessage",
                lambda: sqs.send_message_batch(QueueUrl=url, Entries=[never_sent]),
            )
        no_message: Any = {"Id": "a", "ReceiptHandle": _NOBODY}
        self._ask_in_vain(
            "sqs:DeleteMessage",
            lambda: sqs.delete_message_batch(QueueUrl=url, Entries=[no_message]),
        )
        not_shown = no_message | {"VisibilityTimeout": 0}
        self._ask_in_vain(
            "sqs:ChangeMessageVisibility",
            lambda: sqs.change_message_visibility_batch(QueueUrl=url, Entries=[not_shown]),
        )

    def _ask_in_vain(self, action: str, call: Callable[[], object]) -> None:
        """Ask for what AWS refuses to do to the end, if it allows to ask."""
        fact = self._aws.ask(action, call)
        if isinstance(fact, Unknown) and fact.kind == "unexpected":
            # It may have looked at the entry before it looked at who asks.
            self.untold[action] = None
        else:
            self._note(action, fact)

    def _schedules(self) -> None:
        aws = self._aws
        partition = self._identity.arn.split(":")[1]
        place = f"{self._aws.region}:{self._identity.account_id}"
        arn = f"arn:{partition}:lambda:{place}:function:{_NOBODY}"
        self._ask(
            "events:ListRuleNamesByTarget",
            lambda: aws.events.list_rule_names_by_target(TargetArn=arn, Limit=1),
        )
        self._ask("events:ListRules", lambda: aws.events.list_rules(Limit=1))
        self._ask("events:DescribeRule", lambda: aws.events.describe_rule(Name=_NOBODY))
        self._ask("events:ListTargetsByRule", lambda: aws.events.list_targets_by_rule(Rule=_NOBODY))
        self._ask("scheduler:ListSchedules", lambda: aws.scheduler.list_schedules(MaxResults=1))
        self._ask("scheduler:GetSchedule", lambda: aws.scheduler.get_schedule(Name=_NOBODY))
