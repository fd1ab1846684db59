"""What one account answers to each question that a batch will ask; nothing is run, sent or changed.

What would act on a queue is asked for in batches of one entry that no queue can accept: SQS allows or
denies a batch as a whole, and answers what it allows entry by entry. There is no such way to ask for
``ReceiveMessage``.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from grader.aws.account_client import Aws
from grader.aws.errors import is_denial
from grader.model.fact import Fact, Found, Missing, Unknown, value_of
from grader.model.observation import FoundAs, Function, Identity
from grader.observe.identity import observe_identity
from grader.resources.elsewhere import LEARNER_LAB_REGIONS, is_there
from grader.resources.find import Finder
from grader.resources.inventory import FINDING, Inventory
from grader.resources.kinds import KINDS
from grader.resources.lab_access import EnvironmentNeeds, PermissionProbe
from grader.resources.schedule import NOBODY
from grader.rubric.parts import parts_of
from grader.safety.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from grader.aws.clients import Clients
    from grader.model.access import Access
    from grader.model.kind import Kind
    from grader.rubric.needs import Needs
    from grader.rubric.rubric import Rubric


DOCTOR_LIMIT_S = 60
"""Seconds after which an account is asked nothing more."""

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
        return [action for action, said in self.unknown.items() if is_denial(said)]


def ask_everything(
    clients: Clients,
    rubric: Rubric,
    needs: Needs,
    access: Access,
    account_id: str | None,
    region: str,
    endpoint_url: str | None,
    use: Iterable[tuple[str, str]] = (),
) -> Seen:
    """What AWS says of everything that the checks of ``rubric`` need of the account behind ``access``.

    Nothing else is asked of an account that is not ``account_id``, the roster's. ``use`` are names that
    the roster gives for resources of the rubric.
    """
    ends_at = time.monotonic() + DOCTOR_LIMIT_S
    try:
        with closing(Aws(clients, access, region, endpoint_url, ends_at)) as aws:
            identity = observe_identity(aws, None)
            found = value_of(identity)
            if found is None or account_id not in {None, found.account_id}:
                return Seen(identity)
            asking = _Asking(aws, rubric, needs, found, dict(use))
            asking.everything()
            elsewhere = None
            if asking.functions and all(isinstance(f, Missing) for f in asking.functions.values()):
                others = [*dict.fromkeys((rubric.lab.region, *LEARNER_LAB_REGIONS))]
                others = [other for other in others if other != region]
                names = list(asking.functions)
                elsewhere = _elsewhere(clients, access, others, endpoint_url, names)
    except Exception as error:  # noqa: BLE001 - one account's surprise must not end the class
        return Seen(Unknown("unexpected", redact(f"{type(error).__name__}: {error}")))
    return Seen(identity, asking.functions, asking.unknown, tuple(asking.untold), elsewhere)


def _elsewhere(
    clients: Clients, access: Access, regions: list[str], endpoint_url: str | None, names: list[str]
) -> str | None:
    """The first of ``regions`` in which one of the functions stands."""
    for region in regions:
        ends_at = time.monotonic() + DOCTOR_LIMIT_S
        with closing(Aws(clients, access, region, endpoint_url, ends_at)) as aws:
            for name in names:
                if is_there(aws, "function", name):
                    return region
    return None


class _Asking(EnvironmentNeeds, PermissionProbe):
    """Asks, once each, what a batch asks."""

    def __init__(
        self,
        aws: Aws,
        rubric: Rubric,
        needs: Needs,
        identity: Identity,
        use: Mapping[str, str],
    ) -> None:
        self.aws, self.identity = aws, identity
        self._needs, self._names = needs, {**rubric.lab.names, **use}
        self._may_be_found = {*rubric.lab.found} - use.keys()
        self._known: dict[str, str] = {}
        parts = parts_of(rubric, needs.facts["schedules"])
        self._finder = Finder(Inventory(aws, identity.account_id), parts, self._known)
        self._route = rubric.exchange.route
        self.functions: dict[str, Fact[Function]] = {}
        self.urls: dict[str, str] = {}
        self.unknown: dict[str, Unknown] = {}
        self.untold: dict[str, None] = {}

    def everything(self) -> None:
        """What looking takes for the checks, then what running the function and using queues does."""
        for kind in KINDS:
            if kind.probe_permissions is None:
                continue
            for role in self._finder.order(self._needs.facts[kind.fact]):
                if kind.always:
                    self._probe_kind(kind, role)
                else:
                    kind.probe_permissions(self, role)
        for action in FINDING if self._may_be_found else ():
            self.ask(action, partial(FINDING[action], self.aws))
        if not self._needs.exercise:
            return
        self.untold["sqs:ReceiveMessage"] = None  # only doing it would tell, and hide messages
        through = self.name(self._route.through)
        function = value_of(self.functions.get(through, Missing("")))
        if function is not None:
            # Only asks whether it would be allowed to. Source: Lambda API, Invoke.
            self.ask(
                "lambda:InvokeFunction",
                lambda: self.aws.lambda_.invoke(
                    FunctionName=function.name, InvocationType="DryRun"
                ),
            )
            # Asked where Lambda has no room for the function, or a pair stays silent.
            self.ask(
                "lambda:GetFunctionConcurrency",
                lambda: self.aws.lambda_.get_function_concurrency(FunctionName=function.name),
            )
        for role in (self._route.source, self._route.to):
            if role in self.urls:
                self._acting_on(role, self.urls[role])

    def _probe_kind(self, kind: Kind[Any], role: str) -> None:
        """Ask of the resource that is judged in a role: that of the rubric's name, or what is found."""
        probe = kind.probe_permissions
        if probe is None:
            return
        if self._names[role]:
            probe(self, role)
        if not self._is_there(role) and role in self._may_be_found:
            found = self._finder.find(role)
            if isinstance(found, FoundAs):
                self.functions.pop(self._names[role], None)
                self._names[role] = found.name
                probe(self, role)
        if self._is_there(role):
            self._known[role] = self._names[role]

    def _is_there(self, role: str) -> bool:
        return role in self.urls or isinstance(self.functions.get(self._names[role]), Found)

    def name(self, role: str) -> str:
        """AWS's name of the resource; nobody's where none is known."""
        return self._names[role] or NOBODY

    def note(self, action: str, fact: Fact[Any]) -> None:
        """Keep what a fact tells of an action."""
        if isinstance(fact, Unknown):
            self.unknown.setdefault(action, fact)

    def _acting_on(self, role: str, url: str) -> None:
        """Whether messages may be sent to the input queue, and be deleted and hidden in both."""
        aws = self.aws
        if role == self._route.source:
            # A body has a character at least, a delay 900 s at most. Source: SQS API, SendMessageBatch.
            never_sent: Any = {"Id": "a", "MessageBody": "", "DelaySeconds": _TOO_LONG_S}
            self._ask_in_vain(
                "sqs:SendMessage",
                lambda: aws.sqs.send_message_batch(QueueUrl=url, Entries=[never_sent]),
            )
        no_message: Any = {"Id": "a", "ReceiptHandle": NOBODY}
        self._ask_in_vain(
            "sqs:DeleteMessage",
            lambda: aws.sqs.delete_message_batch(QueueUrl=url, Entries=[no_message]),
        )
        not_shown = no_message | {"VisibilityTimeout": 0}
        self._ask_in_vain(
            "sqs:ChangeMessageVisibility",
            lambda: aws.sqs.change_message_visibility_batch(QueueUrl=url, Entries=[not_shown]),
        )

    def _ask_in_vain(self, action: str, call: Callable[[], object]) -> None:
        """Ask for what AWS refuses to do to the end, if it allows to ask."""
        fact = self.aws.query(action, call)
        if isinstance(fact, Unknown) and fact.kind == "unexpected":
            # It may have looked at the entry before it looked at who asks.
            self.untold[action] = None
        else:
            self.note(action, fact)
