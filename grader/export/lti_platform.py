"""The LMS at the other end of LTI: a token by a signed assertion, and posts that are tried again.

Source: 1EdTech's Security Framework 1.0, §4 (OAuth 2 client credentials, RFC 7523) and LTI-AGS 2.0.
The signature is PyJWT's and the transport requests': two libraries that are kept and typed. A whole LTI
tool library brings launches, sessions and key sets, none of which a grader has.
"""

from __future__ import annotations

import math
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import jwt
import msgspec
import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from tenacity import (
    Retrying,
    retry_if_exception_type,
    wait_random_exponential,
)

from grader.export.lti import PlatformError, encode_lti_score
from grader.export.lti_answer import Extent, Meaning, PlatformAnswer
from grader.i18n.language import _
from grader.results.directory import UNREADABLE
from grader.safety.printable import printable
from grader.safety.secret import Secret
from grader.safety.wall_clock import cut_at, that_can_be_cut

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

    from grader.export.lti import Score

SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
MEDIA_TYPE = "application/vnd.ims.lis.v1.score+json"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

PUSH_ATTEMPTS = 5
_LONGEST_WAIT_S = 300.0
_LONGEST_WAITS_S = 1800.0
"""Seconds of waiting, in total, since the last score was taken, after which the push ends."""
_TIMEOUT_S = 30
_PARTS = 3
"""How many times as long as it may take to begin, an answer may take to end."""
_ASSERTION_LASTS_S = 300
_MARGIN_S = 30
_LIMIT_BYTES = 64 * 1024
_TOLD = 200
_TOKEN_LASTS_S = 3600.0
_NO_DATE = (ValueError, OverflowError, TypeError)
"""The exceptions that the standard library raises for a text that is no date."""
_FATAL = frozenset({401, 405, 410, 415})
_MAY_BE_ALL = frozenset({403, 404})
"""HTTP statuses that platforms give both for a user they do not know and for a line item that is
not ours."""


class _TryAgain(Exception):  # noqa: N818 - it says what to do
    """The platform may take the score later. ``after_s`` is the platform's own word on when;
    ``by_score``: what was sent may be the cause."""

    def __init__(
        self, message: str, after_s: float | None = None, *, by_score: bool = False
    ) -> None:
        super().__init__(message)
        self.after_s, self.by_score = after_s, by_score


@dataclass(frozen=True)
class Client:
    """How the grader is registered as a tool. ``key`` is an RSA private key in PEM.

    ``audience`` is whom the assertion is for: the token URL, unless the platform asks for another.
    """

    client_id: str
    token_url: str
    key: Secret
    key_id: str | None = None
    audience: str | None = None


class _Bearer(AuthBase):
    """The token, given as authorisation itself: a ``.netrc`` would replace a plain header."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request


class _NoAuth(AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class Platform:
    """Posts scores to one line item. ``sleep`` waits between attempts; an answer may take
    ``timeout_s`` to begin, and three times as long to end."""

    def __init__(
        self,
        client: Client,
        line_item: str,
        sleep: Callable[[float], None] = time.sleep,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._client, self._url, self._sleep = client, scores_url(line_item), sleep
        self._timeout_s = timeout_s
        self._session = requests.Session()
        # Packed, an answer of a few bytes may be one of gigabytes.
        self._session.headers["Accept-Encoding"] = "identity"
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _CanBeCut())
        self._token: Secret | None = None
        self._token_ends = 0.0
        self._waited_s = 0.0

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def post(self, make: Callable[[], Score]) -> Score:
        """Post a score until it is taken: that score.

        ``make`` gives it for each attempt, because a platform that took an attempt whose answer was
        lost takes no second score of the same time. Raises :class:`PlatformError`.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(_TryAgain),
            stop=self._gives_up,
            wait=_wait,
            sleep=self._pause,
            reraise=True,
        )
        try:
            taken = retrying(self._attempt, make)
        except _TryAgain as error:
            raise self._given_up(error, retrying.statistics["attempt_number"]) from None
        # A class of 10,000 meets a busy platform a hundred times, and still gets on.
        self._waited_s = 0.0
        return taken

    def _given_up(self, error: _TryAgain, count: int) -> PlatformError:
        # With a token in hand, the server's error may be of this one score's making.
        alone = error.by_score and self._token is not None and count == PUSH_ATTEMPTS
        message = _("{error}, {count} times", error=error, count=count) if count > 1 else str(error)
        if not alone and (minutes := round(self._waited_s / 60)):
            message = _(
                "{error}. No score was taken in {minutes} min of waiting; "
                "the same command goes on with the rest",
                error=message,
                minutes=minutes,
            )
        return PlatformError(message, fatal=not alone, may_be_all=True)

    def _gives_up(self, state: RetryCallState) -> bool:
        too_long = self._waited_s + state.upcoming_sleep > _LONGEST_WAITS_S
        return too_long or state.attempt_number >= PUSH_ATTEMPTS

    def _pause(self, seconds: float) -> None:
        self._waited_s += seconds
        self._sleep(seconds)

    def _attempt(self, make: Callable[[], Score]) -> Score:
        had_token = self._token is not None and time.monotonic() < self._token_ends
        score, answer, said = self._post_once(make)
        if answer.status == 401 and had_token:
            # It may have ended before its time.
            self._token = None
            score, answer, said = self._post_once(make)
        status = answer.status
        if not 200 <= status < 300:
            raise PlatformError(
                f"HTTP {status}{said}",
                fatal=status in _FATAL or 300 <= status < 400,
                may_be_all=status in _MAY_BE_ALL,
            )
        match answer.meaning:
            case Meaning.TAKEN:
                return score
            case Meaning.PAGE:
                message = _("HTTP {status} and a web page: no answer to a score", status=status)
                raise PlatformError(message, fatal=True)
            case Meaning.UNCLEAR:
                # Harmless where it was taken: the next attempt is the same score, with a later time.
                raise _no_answer(self._url)

    def _post_once(self, make: Callable[[], Score]) -> tuple[Score, PlatformAnswer, str]:
        """What was sent, the answer, and what it says as it may be told."""
        token = self._bearer()
        score = make()  # with a token in hand: what is made counts as sent
        headers = {"Content-Type": MEDIA_TYPE, "Accept": "application/json"}
        answer = self._send(
            self._url, encode_lti_score(score), headers, _Bearer(token), may_be_cut=True
        )
        text = answer.body.decode("utf-8", "replace").replace(token.reveal(), "***").strip()
        return score, answer, f": {printable(text, _TOLD)}" if text else ""

    # -- the token ----------------------------------------------------------------------------

    def _bearer(self) -> Secret:
        if self._token is None or time.monotonic() >= self._token_ends:
            self._token = None
            self._token, lasts_s = self._new_token()
            self._token_ends = time.monotonic() + lasts_s - _MARGIN_S
        return self._token

    def _new_token(self) -> tuple[Secret, float]:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": self._assertion(),
            "scope": SCOPE,
        }
        headers = {"Accept": "application/json"}
        answer = self._send(self._client.token_url, form, headers, _NoAuth())
        status = answer.status
        try:
            given: Any = msgspec.json.decode(answer.body)
        except UNREADABLE:
            given = None
        given = given if isinstance(given, dict) else {}
        if status != 200:
            words = [given.get("error"), given.get("error_description")]
            said = printable(" ".join(word for word in words if isinstance(word, str)), _TOLD)
            told = f"HTTP {status} {said}".rstrip()
            raise PlatformError(_("No token: {answer}", answer=told), fatal=True)
        token, scope = given.get("access_token"), given.get("scope")
        if not (isinstance(token, str) and token and token.isascii() and token.isprintable()):
            raise PlatformError(_("No token: the answer holds none"), fatal=True)
        if isinstance(scope, str) and SCOPE not in scope.split():
            raise PlatformError(_("The token is not for posting scores"), fatal=True)
        return Secret(token), _seconds(given.get("expires_in"))

    def _assertion(self) -> str:
        now = int(time.time())
        client = self._client
        claims = {
            "iss": client.client_id,
            "sub": client.client_id,
            "aud": client.audience or client.token_url,
            "iat": now,
            "exp": now + _ASSERTION_LASTS_S,
            "jti": secrets.token_urlsafe(24),
        }
        headers = {"kid": client.key_id} if client.key_id else None
        return jwt.encode(claims, client.key.reveal(), algorithm="RS256", headers=headers)

    # -- the wire -----------------------------------------------------------------------------

    def _send(
        self,
        url: str,
        data: bytes | dict[str, str],
        headers: dict[str, str],
        auth: AuthBase,
        *,
        may_be_cut: bool = False,
    ) -> PlatformAnswer:
        """The answer, with the beginning of its body. Redirects are not followed: they would take the
        token along. ``may_be_cut``: a 2xx is an answer though the connection was lost in its body."""
        try:
            with (
                cut_at(time.monotonic() + _PARTS * self._timeout_s) as question,
                self._session.post(
                    url,
                    data=data,
                    headers=headers,
                    auth=auth,
                    timeout=self._timeout_s,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                status, named = response.status_code, response.headers.get("Content-Type", "")
                if status == 429 or status >= 500:
                    after = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
                    raise _TryAgain(f"HTTP {status}", after, by_score=status >= 500)
                body = bytearray()
                try:
                    extent = _read_beginning(response, body)
                except requests.RequestException:
                    if question.is_over or not (may_be_cut and 200 <= status < 300):
                        raise
                    extent = Extent.CUT
                question.raise_if_over()
        except requests.exceptions.SSLError:
            message = _("{host} does not prove who it is (TLS)", host=urlsplit(url).hostname)
            raise PlatformError(message, fatal=True) from None
        except (
            requests.exceptions.ConnectionError,
            requests.exceptions.Timeout,
            requests.exceptions.ChunkedEncodingError,
            TimeoutError,
        ):
            raise _no_answer(url) from None
        except requests.RequestException as error:
            message = _(
                "No conversation with {host} ({error})",
                host=urlsplit(url).hostname,
                error=type(error).__name__,
            )
            raise PlatformError(message, fatal=True) from None
        return PlatformAnswer(status, named.partition(";")[0].strip().lower(), bytes(body), extent)


def _no_answer(url: str) -> _TryAgain:
    return _TryAgain(_("{host} does not answer", host=urlsplit(url).hostname))


class _CanBeCut(HTTPAdapter):
    """Connections that end when the time of their question is over."""

    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        super().init_poolmanager(*given, **named)
        manager: Any = self.poolmanager
        manager.pool_classes_by_scheme = that_can_be_cut(manager.pool_classes_by_scheme)

    def proxy_manager_for(self, proxy: Any, **named: Any) -> Any:
        known = proxy in self.proxy_manager
        manager: Any = super().proxy_manager_for(proxy, **named)
        if not known:
            manager.pool_classes_by_scheme = that_can_be_cut(manager.pool_classes_by_scheme)
        return manager


def _read_beginning(response: requests.Response, into: bytearray) -> Extent:
    """Read the body, or so much of it as an answer may hold."""
    for part in response.iter_content(_LIMIT_BYTES):
        into += part
        if len(into) >= _LIMIT_BYTES:
            return Extent.TOO_LONG
    return Extent.WHOLE


def _seconds(expires_in: object) -> float:
    """How many seconds a token lasts. A platform that does not say so answers 401 when it is over."""
    try:
        seconds = float(expires_in)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return _TOKEN_LASTS_S
    return seconds if math.isfinite(seconds) else _TOKEN_LASTS_S


def scores_url(line_item: str) -> str:
    """Where a line item's scores are posted: ``/scores`` after its path, its query kept."""
    parts = urlsplit(line_item)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/scores", fragment=""))


def retry_after(header: str | None, now: datetime) -> float | None:
    """The seconds that a ``Retry-After`` asks for, whichever of its two forms it has.

    ``None`` where it says nothing that a clock knows, such as the year 10^20.
    """
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - now).total_seconds())
    except _NO_DATE:
        return None


_backing_off = wait_random_exponential(multiplier=1, max=60)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    if isinstance(error, _TryAgain) and error.after_s is not None:
        return min(error.after_s, _LONGEST_WAIT_S)
    return _backing_off(state)
