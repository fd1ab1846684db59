"""Faults at the wire: what AWS or the network answers instead, injected at botocore's before-send."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session
from tenacity import wait_none

from grader.observe import concurrency, exercise, hidden, repeat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DENIED = "User is not authorized to perform this action"

Given = Exception | tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Done:
    """AWS does what it is asked; ``instead`` is what arrives of its answer."""

    instead: Given


Answer = Given | Done | None


@contextmanager
def asked_again_at_once() -> Iterator[None]:
    """Nothing waits before it asks again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None))
        patch.setattr(repeat, "wait_exponential", lambda **_how: wait_none())
        for name, seconds in {
            "FIRST_PAUSE_S": 0.01,
            "LONGEST_PAUSE_S": 0.1,
            "MOST_THROTTLED_WAIT_S": 1,
        }.items():
            patch.setattr(concurrency, name, seconds)
        patch.setattr(hidden, "LAG_S", 0.5)
        patch.setattr(exercise, "ENDS_S", 0.5)
        patch.setattr(hidden, "HIDDEN_EVERY_S", 0.1)
        yield


class Wire:
    """A boto3 session whose clients get the answers that a test plays, in order, per operation.

    ``play("lambda.Invoke", a, b)``: the first request gets ``a``, the second ``b``, the next ones go
    through. ``None`` lets a request through; ``always`` repeats the last answer for ever.
    """

    def __init__(self) -> None:
        self.session = boto3.Session()
        self.requests: list[str] = []
        self.session.events.register("request-created", self._note)

    def _note(self, event_name: str, **_given: Any) -> None:
        self.requests.append(event_name.removeprefix("request-created."))

    def play(self, operation: str, *answers: Answer, always: bool = False) -> None:
        queue = list(answers)

        def answer(request: Any, **_given: Any) -> AWSResponse | None:
            if not queue:
                return None
            given = queue[0] if always and len(queue) == 1 else queue.pop(0)
            if isinstance(given, Done):
                URLLib3Session().send(request)
                given = given.instead
            if isinstance(given, Exception):
                raise given
            return None if given is None else _response(request.url, *given)

        self.session.events.register(f"before-send.{operation}", answer)

    def change(self, operation: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Let requests through, and change what AWS answered before the grader sees it."""

        def changed(parsed: dict[str, Any], **_given: Any) -> None:
            change(parsed)

        self.session.events.register(f"after-call.{operation}", changed)


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_given: Any, **_options: Any) -> Iterator[bytes]:
        yield self._body

    def read(self, *_given: Any) -> bytes:
        body, self._body = self._body, b""
        return body

    def close(self) -> None:
        pass


def _response(url: str, status: int, headers: Mapping[str, str], body: bytes) -> AWSResponse:
    return AWSResponse(url, status, dict(headers), _Raw(body))


def rest(status: int, code: str, message: str = "said so", **more: Any) -> Answer:
    """An error as Lambda and Scheduler (REST-JSON) answer it."""
    body = json.dumps({"message": message, "Message": message, **more}).encode()
    return status, {"x-amzn-ErrorType": code, "content-type": "application/json"}, body


def rpc(status: int, code: str, message: str = "said so") -> Answer:
    """An error as SQS and EventBridge (JSON) answer it."""
    body = json.dumps({"__type": f"com.amazonaws#{code}", "message": message}).encode()
    return status, {"content-type": "application/x-amz-json-1.0"}, body


def query(status: int, code: str, message: str = "said so") -> Answer:
    """An error as STS (query, XML) answers it."""
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return status, {"content-type": "text/xml"}, f"<ErrorResponse>{error}</ErrorResponse>".encode()
