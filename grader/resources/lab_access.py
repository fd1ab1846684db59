"""What a kind of resource is given to look with, and to ask with whether it may look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from grader.model.ended_early import FactUnknown
from grader.model.fact import Unknown, value_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from types_boto3_events import EventBridgeClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_scheduler import EventBridgeSchedulerClient
    from types_boto3_sqs import SQSClient

    from grader.model.fact import Fact, Found, Missing
    from grader.model.kind import Word
    from grader.model.observation import Function, Identity
    from grader.resources.ready import Waits
    from grader.rubric.needs import Needs

T = TypeVar("T")


class AwsAccount(Protocol):
    """The part of :class:`~grader.aws.account_client.Aws` that only reads."""

    region: str
    lab_region: str | None

    @property
    def lambda_(self) -> LambdaClient: ...  # noqa: D102 - as there
    @property
    def sqs(self) -> SQSClient: ...  # noqa: D102
    @property
    def events(self) -> EventBridgeClient: ...  # noqa: D102
    @property
    def scheduler(self) -> EventBridgeSchedulerClient: ...  # noqa: D102
    @property
    def logs(self) -> CloudWatchLogsClient: ...  # noqa: D102

    def once_in(self, region: str) -> AbstractContextManager[AwsAccount]:
        """The same account in another region, asked but once and without patience."""

    def query(self, action: str, call: Callable[[], T]) -> Found[T] | Missing | Unknown:
        """What AWS says to ``call``, which takes the IAM action ``action``, sorted."""


def unless_gone(aws: AwsAccount, action: str, call: Callable[[], T]) -> T | None:
    """What AWS answers to ``call``; ``None`` where there is no such thing, though a list names it.

    AWS goes on listing what was deleted for a minute or two. Raises :class:`FactUnknown`.
    """
    fact = aws.query(action, call)
    if isinstance(fact, Unknown):
        raise FactUnknown(fact)
    return value_of(fact)


class LabAccess(Protocol):
    """The account, and the rubric's names in it. A *role* is the rubric's own name of a resource."""

    aws: AwsAccount

    def name(self, role: str) -> str:
        """AWS's name of the resource."""

    def variables(self, role: str) -> tuple[str, ...]:
        """The variables of the function's environment that the checks ask about; ``*`` is any."""

    def held(self, role: str) -> dict[str, str]:
        """AWS's names of the queues that the checks ask a variable to hold, by the rubric's."""


class EnvironmentNeeds(LabAccess, Protocol):
    """What of a function's environment the ``_needs`` of the checks ask about."""

    _needs: Needs

    def variables(self, role: str) -> tuple[str, ...]:
        """The variables of the function's environment that the checks ask about."""
        return self._needs.variables[role]

    def held(self, role: str) -> dict[str, str]:
        """The queues that a variable of the function may be asked to hold, by the rubric's names."""
        return {queue: self.name(queue) for queue in self._needs.held.get(role, ())}


class LabView(LabAccess, Protocol):
    """One look at one account."""

    waits: Waits
    urls: dict[str, str | None]
    """The URL of each queue: good for asking, never kept."""
    pending: set[str]
    """Functions that were still being changed when the wait for them ended."""
    began: float
    """When the kinds that are looked at together were begun: a time of ``time.monotonic()``."""

    def fact(self, fact: str, role: str) -> Fact[Any]:
        """What was seen before: ``functions`` of ``sum``."""

    def others(self, word: Word, role: str) -> tuple[str, ...]:
        """The rubric's names of the functions or queues but that of ``role``."""

    def fed_by(self, role: str) -> str | None:
        """AWS's name of the function that the exchange feeds from the queue; ``None`` if none."""

    def exercised(self, role: str) -> bool:
        """The exchange runs this function."""


class PermissionProbe(LabAccess, Protocol):
    """Asking one account what may be asked of it; the answers are kept by IAM action."""

    identity: Identity
    functions: dict[str, Fact[Function]]
    urls: dict[str, str]

    def ask(self, action: str, call: Callable[[], T]) -> T | None:
        """What AWS answers, if it does. That there is no such thing is an answer too."""
        fact = self.aws.query(action, call)
        self.note(action, fact)
        return value_of(fact)

    def note(self, action: str, fact: Fact[Any]) -> None:
        """Keep what a fact tells of an action."""
