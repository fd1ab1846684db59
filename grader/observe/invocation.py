"""Invoking the function directly, with an event as Lambda makes it of SQS messages."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError, ReadTimeoutError

from grader.model.ended_early import Lost
from grader.model.observation import Fact, Found, FunctionError, Invocation, Missing, Unknown
from grader.observe.event import sqs_event
from grader.observe.failure import function_error, log_tail, made_up_handle, timed_out
from grader.observe.repeat import ATTEMPTS, repeated
from grader.safety.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.aws.account_client import Aws
    from grader.observe.output import OutputQueue
    from grader.observe.pairs import Pairs
    from grader.observe.sent import Sent

GRACE_S = 10
"""How much longer than the function may run its answer is waited for."""

APPEARS_S = 5
"""How long after the function returned its messages may take to be received."""

PAYLOAD_LIMIT = 256 * 1024

_RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"
_BROKEN = frozenset(
    {
        "EC2AccessDeniedException",
        "InvalidRuntimeException",
        "InvalidSecurityGroupIDException",
        "InvalidSubnetIDException",
        "InvalidZipFileException",
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
    }
)
"""Lambda's 502s that the function's own configuration causes; the others are AWS's and pass."""

_NEVER_RAN = frozenset({"broken", "refused"})


@dataclass(frozen=True)
class Target:
    """The function that is invoked: which one, with what patience, under which queue's name.

    ``outlasts``: it may run for longer than its answer is waited for.
    """

    name: str
    qualifier: str | None
    timeout_s: float
    outlasts: bool
    queue_arn: str
    message: Callable[[int, int], str]


@dataclass
class Direct:
    """One direct invocation while the run lasts: answers may still arrive for what was sent."""

    made: Fact[Invocation]
    sent: list[Sent]
    returned_at: float = 0.0

    @property
    def fact(self) -> Fact[Invocation]:
        """What is known of it by now."""
        if not isinstance(self.made, Found):
            return self.made
        pairs = tuple(sent.as_pair() for sent in self.sent)
        return Found(msgspec.structs.replace(self.made.value, pairs=pairs))

    @property
    def value(self) -> Invocation | None:
        """The same, where it was made."""
        return self.fact.value if isinstance(self.fact, Found) else None

    @property
    def late_s(self) -> float:
        """How long after the function returned its last answer came."""
        times = [s.since + answer.after_s for s in self.sent for answer in s.answers]
        return max(0.0, max(times, default=self.returned_at) - self.returned_at)


def invoke(
    aws: Aws, target: Target, pairs: Pairs, records: int, output: OutputQueue, slow_s: float
) -> Direct:
    """Invoke ``target`` with ``records`` pairs in one event, and wait for their sums.

    A fault of AWS or of the network is repeated with new pairs, and so is an invocation whose answer
    may have been missed; what the function does wrong is not.
    ``slow_s`` is how much longer than usual answers may take to appear.
    Source: Lambda Invoke, LogType Tail.
    """
    direct = Direct(Unknown("unexpected", "not invoked"), [])

    def once() -> Invocation:
        direct.sent = [output.expect(*next(pairs)) for _ in range(records)]
        return _once(aws, target, direct.sent, output)

    try:
        made = _heard(once, direct, output, APPEARS_S + slow_s)
    except Exception as error:
        fact = aws.sort(error, "lambda:InvokeFunction")
        if fact is None:
            raise
        direct.made = Unknown("unexpected", fact.reason) if isinstance(fact, Missing) else fact
    else:
        direct.made = Found(msgspec.structs.replace(made, others=output.quotes))
    return direct


def _heard(
    once: Callable[[], Invocation],
    direct: Direct,
    output: OutputQueue,
    appears_s: float,
    attempts: int = ATTEMPTS,
) -> Invocation:
    """The invocation, its answers waited for. Raises :class:`Lost` where they may have been missed."""
    while True:
        began = time.monotonic()
        made = _repeated(once)
        direct.returned_at = time.monotonic()
        output.wait_for(lambda: all(s.answered for s in direct.sent), appears_s)
        silent = any(s.silent for s in direct.sent) and made.failure not in _NEVER_RAN
        missed = output.missed_since(began) if silent else None
        if missed is None:
            return made
        attempts -= 1
        if made.failure is not None or not attempts:
            raise Lost(missed)


def _repeated(once: Callable[[], Invocation]) -> Invocation:
    try:
        return repeated(once)
    except ClientError as error:
        if not _is_reserved(error):
            raise
        return Invocation((), failure="refused", error=_said(error))


def _once(aws: Aws, target: Target, sent: list[Sent], output: OutputQueue) -> Invocation:
    event = sqs_event(
        [target.message(s.number1, s.number2) for s in sent],
        queue_arn=target.queue_arn,
        region=aws.region,
        now_ms=int(time.time() * 1000),
    )
    qualifier = {"Qualifier": target.qualifier} if target.qualifier else {}
    started = time.monotonic()

    def ended(**what: Any) -> Invocation:
        return Invocation(pairs=(), duration_s=round(time.monotonic() - started, 3), **what)

    try:
        response = aws.invoker(target.timeout_s + GRACE_S).invoke(
            FunctionName=target.name,
            InvocationType="RequestResponse",
            LogType="Tail",
            Payload=json.dumps(event).encode(),
            **qualifier,
        )
    except ReadTimeoutError:
        if not target.outlasts:
            # Lambda has ended it and answered long before: the answer was lost on the way.
            raise
        return ended(failure="timed-out")
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in _BROKEN:
            raise
        return ended(failure="broken", error=_said(error))
    for s in sent:
        output.was_sent(s, response)
    payload = response["Payload"].read(PAYLOAD_LIMIT)
    response["Payload"].close()
    log = base64.b64decode(response.get("LogResult", "")).decode("utf-8", "replace")
    if not response.get("FunctionError"):
        return ended(log_tail=log_tail(log))
    raised = function_error(payload, log)
    return ended(
        failure="timed-out" if timed_out(raised) else "raised",
        error=raised,
        inconclusive=made_up_handle(raised),
        log_tail=log_tail(log),
    )


def _is_reserved(error: ClientError) -> bool:
    """The function's own reserved concurrency leaves it no room. It may be busy for a moment only."""
    response: Any = error.response
    return _RESERVED in {response.get("Reason"), response.get("Error", {}).get("Reason")}


def _said(error: ClientError) -> FunctionError:
    said: Any = error.response.get("Error", {})
    return FunctionError(str(said.get("Code", "")), redact(str(said.get("Message", "")), 300))
