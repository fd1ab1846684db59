"""AWS for one account: its clients, and what it says to a question."""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore import exceptions as failures
from botocore.config import Config
from botocore.parsers import ResponseParserError

from grader.aws_errors import is_network, sort_error
from grader.language import N_
from grader.observation import Fact, Found, Missing, Unknown
from grader.redact import redact
from grader.roster import Access, DefaultCredentials, Keys, Profile, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from types_boto3_events import EventBridgeClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_scheduler import EventBridgeSchedulerClient
    from types_boto3_sqs import SQSClient
    from types_boto3_sts import STSClient

__all__ = ["Aws", "Clients", "Lost", "answered_at", "is_network", "sort_error", "value_of"]

T = TypeVar("T")

_log = logging.getLogger("grader")
_TRACE_LIMIT = 8000

_SURPRISES = (LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""What translating an answer raises that has another shape than AWS documents."""

TIME_IS_UP = Unknown.saying(
    "time-limit", N_("The account took longer than it may (--account-timeout).")
)

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 30
"""Above the longest poll, which SQS answers after at most 20 s."""


class Lost(Exception):  # noqa: N818 - the account is lost to this run; it is not an error of ours
    """AWS could not be asked. Carries the :class:`Unknown` that a fact becomes."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.detail)
        self.unknown = unknown


def answered_at(response: Mapping[str, Any]) -> datetime | None:
    """When AWS answered, by its own clock, to the second. Source: the response's ``Date``."""
    date = response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except ValueError:
        return None


class Clients:
    """Makes clients for any number of accounts from one boto3 session.

    A session of its own costs an account some 140 ms and 13 MB, and sessions are not thread-safe; so
    there is one, used under a lock.
    """

    def __init__(self, session: boto3.Session | None = None) -> None:
        self._lock, self._profiles = threading.Lock(), threading.Lock()
        self._session = session

    def make(self, service: str, config: Config, options: dict[str, Any]) -> Any:
        """A client of ``service``; ``options`` are those of ``boto3.Session.client``."""
        with self._lock:
            if self._session is None:
                self._session = boto3.Session()
            # The service's name is data here, and the stubs know only literal names.
            make: Any = self._session.client
            client: Any = make(service, config=config, **options)
        client.meta.events.register("after-call", _whole)
        return client

    def credentials(self, access: Access, region: str, endpoint_url: str | None) -> dict[str, str]:
        """The keys that ``access`` stands for, as options of ``boto3.Session.client``.

        Raises botocore's exceptions where a profile or a role gives none.
        """
        if isinstance(access, DefaultCredentials):
            return {}
        if isinstance(access, Keys):
            token = access.session_token
            return _options(
                access.access_key_id.reveal(),
                access.secret_access_key.reveal(),
                token.reveal() if token else None,
            )
        if isinstance(access, Profile):
            # A profile may run a program for its keys: accounts that need none do not wait for it.
            with self._profiles:
                found = boto3.Session(profile_name=access.name).get_credentials()
            if found is None:
                raise failures.NoCredentialsError
            frozen = found.get_frozen_credentials()
            return _options(frozen.access_key, frozen.secret_key, frozen.token)
        return self._assume(access, region, endpoint_url)

    def _assume(self, role: Role, region: str, endpoint_url: str | None) -> dict[str, str]:
        options = {"region_name": region, "endpoint_url": endpoint_url}
        sts: STSClient = self.make("sts", _config(), options)
        asked: Any = {"RoleArn": role.arn, "RoleSessionName": "grader"}
        if role.external_id:
            asked["ExternalId"] = role.external_id.reveal()
        given = sts.assume_role(**asked)
        keys = given["Credentials"]
        return _options(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def _options(key: str | None, secret: str | None, token: str | None) -> dict[str, str]:
    if key is None or secret is None:
        raise failures.NoCredentialsError
    options = {"aws_access_key_id": key, "aws_secret_access_key": secret}
    return options | ({"aws_session_token": token} if token else {})


def _whole(http_response: Any, parsed: Mapping[str, Any], model: Any, **_given: Any) -> None:
    """Refuse an answer that is not what AWS says, such as a proxy's page: botocore reads it as empty.

    Raises ``ResponseParserError``. What a function returned is its own affair.
    """
    if http_response.status_code >= 300 or model.has_streaming_output or len(parsed) > 1:
        return
    text = http_response.content
    if not text or model.service_model.resolved_protocol not in {"json", "rest-json"}:
        return
    try:
        whole = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        whole = False
    if not whole:
        raise ResponseParserError("The answer is not a JSON object.")


def _config(*, attempts: int = 4, read_timeout_s: float = READ_TIMEOUT_S) -> Config:
    return Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": attempts},
        user_agent_extra="lambda-sqs-grader",
    )


class Aws:
    """One account's AWS. Clients are made when first asked for; :meth:`close` ends their connections.

    Once AWS has refused the credentials the account is not asked again: every later question gets the
    same :class:`Unknown`. Nor is it after ``ends_at``, a time of ``time.monotonic()``, but for what
    leaves it as it was found (:meth:`overtime`).
    """

    def __init__(
        self, clients: Clients, access: Access, region: str, endpoint_url: str | None
    ) -> None:
        self.region, self.endpoint_url = region, endpoint_url
        self.ends_at: float | None = None
        self._clients, self._access = clients, access
        self._keys: dict[str, str] | None = None
        self._made: dict[tuple[str, int, float], Any] = {}
        self._refused: Unknown | None = None

    def _client(
        self, service: str, *, attempts: int = 4, read_timeout_s: float = READ_TIMEOUT_S
    ) -> Any:
        if self.ends_at is not None and time.monotonic() > self.ends_at:
            raise Lost(TIME_IS_UP)
        if self._refused is not None:
            raise Lost(self._refused)
        key = (service, attempts, read_timeout_s)
        if key not in self._made:
            if self._keys is None:
                self._keys = self._clients.credentials(self._access, self.region, self.endpoint_url)
            options = {
                "region_name": self.region,
                "endpoint_url": self.endpoint_url,
                **self._keys,
            }
            config = _config(attempts=attempts, read_timeout_s=read_timeout_s)
            self._made[key] = self._clients.make(service, config, options)
        return self._made[key]

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

    def ask(self, action: str, call: Callable[[], T]) -> Found[T] | Missing | Unknown:
        """What AWS says to ``call``, sorted. ``action`` is the IAM action that it needs.

        An answer that ``call`` cannot translate costs that one fact, and is logged: it may be a fault
        of ours.
        """
        if self._refused is not None:
            return self._refused
        try:
            return Found(call())
        except Exception as error:
            sorted_error = self.sort(error, action)
            if sorted_error is not None:
                return sorted_error
            if not isinstance(error, _SURPRISES):
                raise
            return _surprise(error, action)

    def sort(self, error: Exception, action: str) -> Missing | Unknown | None:
        """:func:`sort_error`, remembering that the credentials were refused."""
        if isinstance(error, Lost):
            return error.unknown
        sorted_error = sort_error(error, action)
        if isinstance(sorted_error, Unknown) and sorted_error.kind == "credentials":
            self._refused = sorted_error
        return sorted_error

    def need(self, action: str, call: Callable[[], T]) -> T:
        """What AWS answers to ``call``. Raises :class:`Lost` where it does not."""
        fact = self.ask(action, call)
        if isinstance(fact, Found):
            return fact.value
        unknown = fact if isinstance(fact, Unknown) else Unknown("unexpected", fact.reason)
        raise Lost(unknown)

    @contextmanager
    def overtime(self) -> Iterator[None]:
        """Allow questions after ``ends_at``: to leave an account as it was found."""
        ends_at, self.ends_at = self.ends_at, None
        try:
            yield
        finally:
            self.ends_at = ends_at

    def close(self) -> None:
        """Close every connection that was opened for this account."""
        for client in self._made.values():
            client.close()
        self._made.clear()


def _surprise(error: Exception, action: str) -> Unknown:
    # The traceback can quote what the account answered.
    trace = redact("".join(traceback.format_exception(error)), _TRACE_LIMIT)
    _log.error("The grader could not read the answer to %s.\n%s", action, trace)
    return Unknown.saying(
        "unexpected",
        N_("{action}: the answer could not be read: {error}"),
        action=action,
        error=redact(f"{type(error).__name__}: {error}"),
    )


def value_of(fact: Fact[T]) -> T | None:
    """The value of a found fact, else ``None``."""
    return fact.value if isinstance(fact, Found) else None
