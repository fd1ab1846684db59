"""What a kind of resource is given to look with, and to ask with whether it may look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from types_boto3_events import EventBridgeClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_scheduler import EventBridgeSchedulerClient
    from types_boto3_sqs import SQSClient

    from grader.model.fact import Fact, Found, Missing, Unknown
    from grader.model.kind import Word
    from grader.model.observation import Function, Identity
    from grader.resources.ready import Waits

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


class LabAccess(Protocol):
    """The account, and the rubric's names in it. A *role* is the rubric's own name of a resource."""

    aws: AwsAccount

    def name(self, role: str) -> str:
        """AWS's name of the resource."""

    def variables(self, role: str) -> tuple[str, ...]:
        """The variables of the function's environment that the checks ask about; ``*`` is any."""

    def held(self, role: str) -> dict[str, str]:
        """AWS's names of the queues that the checks ask a variable to hold, by the rubric's."""


class Look(LabAccess, Protocol):
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


class MayLook(LabAccess, Protocol):
    """Asking one account what may be asked of it; the answers are kept by IAM action."""

    identity: Identity
    functions: dict[str, Fact[Function]]
    urls: dict[str, str]

    def ask(self, action: str, call: Callable[[], T]) -> T | None:
        """What AWS answers, if it does. That there is no such thing is an answer too."""

    def note(self, action: str, fact: Fact[Any]) -> None:
        """Keep what a fact tells of an action."""
