"""AWS for one account: its clients, and what it says to a question."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from grader.aws.bounds import AskedUntil, OutOfTimeError, asking_until
from grader.aws.clients import READ_TIMEOUT_S, REQUEST_ATTEMPTS, Clients, config_of
from grader.aws.errors import is_no_answer_of_aws, is_plain, sort_error
from grader.aws.own_configuration import asked_elsewhere, why_no_answer, why_no_keys
from grader.i18n.language import N_
from grader.model.access import HandedIn
from grader.model.ended_early import Interrupted, Lost
from grader.model.fact import Found, Missing, Unknown
from grader.model.machine_limit import limit_reached
from grader.model.observation import Part, check_part
from grader.safety.redact import redact
from grader.safety.trace import ShownFaults, trace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from types_boto3_events import EventBridgeClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_scheduler import EventBridgeSchedulerClient
    from types_boto3_sqs import SQSClient
    from types_boto3_sts import STSClient

    from grader.model.access import Access

T = TypeVar("T")

_log = logging.getLogger("grader")
_shown = ShownFaults()

_OF_NO_ANSWER = (Interrupted, AssertionError, ImportError, NameError, NotImplementedError)
"""What no answer raises, whatever is in it: the end of the run, and faults that are all ours."""

_HANDED_IN = N_(
    "What was handed in is no block that can be read: {why} Hand in the whole block as text, from"
    " [default] to the token's end (AWS Details, AWS CLI, Show)."
)

_ASKED_FOR_KEYS = {"GetRoleCredentials": "sso", "CreateToken": "sso-oauth"}
"""The IAM prefixes of what botocore asks for keys; all else it asks STS."""

TIME_IS_UP = Unknown.saying("time-limit", OutOfTimeError.fmt)

ASIDE_S = 5
"""Seconds to wait for an answer that only makes a sentence better."""

BEGUN_S, OVERTIME_S = 5, 12
"""Seconds of grace after the deadline: BEGUN_S for a request already sent, OVERTIME_S for clean-up."""


def vanished(missing: Missing) -> Unknown:
    """The fact about a resource that is missing now, though it existed when the run began."""
    gone = N_("It was there when the run began, and is gone: {reason}")
    return Unknown.saying("vanished", gone, reason=missing.words)


class Aws:
    """One account's AWS. Clients are made when first asked for; :meth:`close` lets them go.

    Once AWS has refused the credentials, or gave none for a role, the account is not asked again: every
    later question gets the same :class:`Unknown`. Nor is it after ``ends_at``, a time of
    ``time.monotonic()``, but for what leaves it as it was found (:meth:`ignore_deadline`).
    ``lab_region`` is the rubric's, where what is missing in ``region`` may be.
    """

    def __init__(
        self,
        clients: Clients,
        access: Access,
        region: str,
        endpoint_url: str | None,
        ends_at: float | None = None,
        lab_region: str | None = None,
    ) -> None:
        self.region, self.endpoint_url, self.ends_at = region, endpoint_url, ends_at
        self.lab_region = lab_region
        self._clients, self._access = clients, access
        self._overtime_ends_at: float | None = None
        self._keys: dict[str, str] | None = None
        self._made: dict[tuple[str, int, float], Any] = {}
        self._refused: Unknown | None = None
        self._attempts, self._read_timeout_s = REQUEST_ATTEMPTS, READ_TIMEOUT_S

    @contextmanager
    def once_in(self, region: str) -> Iterator[Aws]:
        """The same account in another region, asked but once and for :data:`ASIDE_S` at most.

        A denial there says nothing about this region: keys may be valid for one region only.
        """
        aside = Aws(self._clients, self._access, region, self.endpoint_url, self.ends_at)
        aside._keys, aside._refused = self._keys, self._refused
        aside._attempts, aside._read_timeout_s = 1, ASIDE_S
        try:
            yield aside
        finally:
            aside.close()

    def _client(
        self, service: str, *, attempts: int | None = None, read_timeout_s: float | None = None
    ) -> Any:
        attempts = attempts or self._attempts
        read_timeout_s = read_timeout_s or self._read_timeout_s
        if self.ends_at is not None and time.monotonic() > self.ends_at:
            raise Lost(TIME_IS_UP)
        if self._refused is not None:
            raise Lost(self._refused)
        key = (service, attempts, read_timeout_s)
        if key not in self._made:
            options = {
                "region_name": self.region,
                "endpoint_url": self.endpoint_url,
                **self._credentials(),
            }
            config = config_of(attempts, read_timeout_s)
            self._made[key] = self._clients.make(service, config, options, self._access)
        return AskedUntil(self._made[key], self._until)

    def _until(self) -> float | None:
        """When a question that is asked now has to end, a time of ``time.monotonic()``."""
        if self._overtime_ends_at is not None:
            return self._overtime_ends_at
        return None if self.ends_at is None else self.ends_at + BEGUN_S

    def _credentials(self) -> dict[str, str]:
        """The account's keys, asked for once, given or not. Raises :class:`Lost`."""
        if self._keys is None:
            if isinstance(self._access, HandedIn):
                self._refused = Unknown.saying("credentials", _HANDED_IN, why=self._access.why)
                raise Lost(self._refused)
            try:
                with asking_until(self._until()):
                    self._keys = self.query_or_raise("sts:AssumeRole", self._ask_for_keys)
            except Lost as lost:
                self._refused = lost.unknown
                raise
        return self._keys

    def _ask_for_keys(self) -> dict[str, str]:
        try:
            return self._clients.credentials(self._access, self.region, self.endpoint_url)
        except ClientError as error:
            # For a profile's keys botocore may also ask SSO.
            service = _ASKED_FOR_KEYS.get(error.operation_name, "sts")
            said = self.classify(error, f"{service}:{error.operation_name}")
            if said is None:
                raise
            if isinstance(said, Unknown) and said.kind != "unexpected":
                raise Lost(said) from None
            raise Lost(Unknown("credentials", str(said.words), said.words)) from None

    def elsewhere(self) -> tuple[str, ...]:
        """The addresses that are asked instead of AWS's own, of all services that are always asked."""
        return asked_elsewhere(str(self.sts.meta.endpoint_url), self.endpoint_url, self._access)

    @property
    def sts(self) -> STSClient:
        """STS, with the client's retries."""
        return self._client("sts")  # type: ignore[no-any-return]

    @property
    def lambda_(self) -> LambdaClient:
        """Lambda, with the client's retries: for everything but ``Invoke``."""
        return self._client("lambda")  # type: ignore[no-any-return]

    def invoker(self, read_timeout_s: float) -> LambdaClient:
        """Lambda for ``Invoke``, never retried by the client: an invocation is not idempotent."""
        return self._client("lambda", attempts=1, read_timeout_s=read_timeout_s)  # type: ignore[no-any-return]

    @property
    def sqs(self) -> SQSClient:
        """SQS, with the client's retries: for everything but ``SendMessage``."""
        return self._client("sqs")  # type: ignore[no-any-return]

    @property
    def sender(self) -> SQSClient:
        """SQS for ``SendMessage``, never retried by the client: a retry can put a message twice."""
        return self._client("sqs", attempts=1)  # type: ignore[no-any-return]

    @property
    def events(self) -> EventBridgeClient:
        """EventBridge, with the client's retries."""
        return self._client("events")  # type: ignore[no-any-return]

    @property
    def scheduler(self) -> EventBridgeSchedulerClient:
        """EventBridge Scheduler, with the client's retries."""
        return self._client("scheduler")  # type: ignore[no-any-return]

    @property
    def logs(self) -> CloudWatchLogsClient:
        """CloudWatch Logs, with the client's retries."""
        return self._client("logs")  # type: ignore[no-any-return]

    def query(self, action: str, call: Callable[[], T]) -> Found[T] | Missing | Unknown:
        """What AWS says to ``call``, sorted. ``action`` is the IAM action that it needs.

        An answer that ``call`` cannot translate, or translates into what cannot be kept of an account,
        costs that one fact, and is logged: it may be a fault of ours.
        """
        if self._refused is not None:
            return self._refused
        try:
            return Found(_checked(call()))
        except Exception as error:
            sorted_error = self.classify(error, action)
            if sorted_error is not None:
                return sorted_error
            surprise = _surprise(error, action)
            if surprise is None:
                raise
            return surprise

    def classify(self, error: Exception, action: str) -> Missing | Unknown | None:
        """:func:`sort_error`, remembering that the credentials were refused."""
        if isinstance(error, Lost):
            return error.unknown
        sorted_error = sort_error(error, action, self.region)
        if isinstance(sorted_error, Unknown):
            sorted_error = self._explained(sorted_error, error, action)
            if sorted_error.kind == "credentials":
                self._refused = sorted_error
        return sorted_error

    def _explained(self, unknown: Unknown, error: Exception, action: str) -> Unknown:
        """``unknown``, explained where this machine's own configuration is the cause."""
        why = None
        if unknown.kind == "credentials" and is_plain(unknown):
            why = why_no_keys(error, self._access)
        elif unknown.kind == "unreachable" or is_no_answer_of_aws(error):
            why = why_no_answer(error, action, self.endpoint_url, self._access)
        return unknown if why is None else Unknown(unknown.kind, str(why), why)

    def classify_in_run(self, error: Exception, action: str) -> Unknown | None:
        """:meth:`query`'s words for ``error``, of a resource that existed when the run began: what is
        missing has vanished. ``None`` for an error that ends the run.
        """
        fact = self.classify(error, action) or _surprise(error, action)
        return vanished(fact) if isinstance(fact, Missing) else fact

    def query_or_raise(self, action: str, call: Callable[[], T]) -> T:
        """What AWS answers to ``call``. Raises :class:`Lost` where it does not."""
        fact = self.query(action, call)
        if isinstance(fact, Found):
            return fact.value
        raise Lost(fact if isinstance(fact, Unknown) else vanished(fact))

    @contextmanager
    def ignore_deadline(self) -> Iterator[None]:
        """Allow questions after ``ends_at``: to leave an account as it was found."""
        ends_at, self.ends_at = self.ends_at, None
        if ends_at is not None:
            self._overtime_ends_at = ends_at + OVERTIME_S
        try:
            yield
        finally:
            self.ends_at = ends_at
            if ends_at is not None:  # the outer one, where one stands in another
                self._overtime_ends_at = None

    def close(self, *, but: Collection[str] = ()) -> None:
        """Let go the account's clients, but for those of services in ``but``, and close the connections
        that are its alone. Whoever asks again gets a new one.
        """
        for key in [key for key in self._made if key[0] not in but]:
            self._made.pop(key).close()


def _checked(answer: T) -> T:
    """``answer``, if it can be kept; raises what :func:`check_part` raises of a part of it."""
    for part in answer if isinstance(answer, tuple) else (answer,):
        if isinstance(part, Part):
            check_part(part)
    return answer


def _surprise(error: Exception, action: str) -> Unknown | None:
    """What translating an answer raised that has another shape than AWS documents, or ``None``.

    It may be anything: libraries turn a number that no date holds into a RuntimeError or an OSError.
    """
    if isinstance(error, _OF_NO_ANSWER) or limit_reached(error) is not None:
        return None
    if _shown.is_new(error):
        _log.error("The grader could not read the answer to %s.\n%s", action, trace_of(error))
    return Unknown.saying(
        "unexpected",
        N_("{action}: the answer could not be read: {error}"),
        action=action,
        error=redact(f"{type(error).__name__}: {error}"),
    )
