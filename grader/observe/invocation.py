"""Invoking the function directly, with an event as Lambda makes it of SQS messages."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ReadTimeoutError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from grader.aws import is_network
from grader.observation import Fact, Found, FunctionError, Invocation, Missing, Unknown
from grader.observe.event import sqs_event
from grader.observe.failure import function_error, log_tail, made_up_handle, timed_out
from grader.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grader.aws import Aws
    from grader.observe.output import OutputQueue, Sent
    from grader.observe.pairs import Pairs

ATTEMPTS = 3
GRACE_S = 10
"""How much longer than the function may run its answer is waited for."""

APPEARS_S = 5
"""How long after the function returned its messages may take to be received."""

PAYLOAD_LIMIT = 256 * 1024
_RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"


class Target:
    """The function that is invoked: which one, with what patience, under which queue's name."""

    def __init__(
        self,
        name: str,
        qualifier: str | None,
        *,
        timeout_s: float,
        queue_arn: str,
        message: Callable[[int, int], str],
    ) -> None:
        self.name, self.qualifier = name, qualifier
        self.timeout_s, self.queue_arn, self.message = timeout_s, queue_arn, message


def invoke(
    aws: Aws, target: Target, pairs: Pairs, records: int, output: OutputQueue, delay_s: float
) -> Fact[Invocation]:
    """Invoke ``target`` with ``records`` pairs in one event, and wait for their sums.

    A fault of AWS or of the network is repeated with new pairs, up to :data:`ATTEMPTS` times; what the
    function does wrong is not. ``delay_s`` is the output queue's own delay.
    Source: Lambda Invoke, LogType Tail.
    """
    sent: list[Sent] = []
    started = time.monotonic()

    def once() -> Invocation:
        nonlocal sent, started
        sent = [output.expect(*next(pairs)) for _ in range(records)]
        started = time.monotonic()
        return _once(aws, target, sent, output)

    try:
        made = Retrying(
            retry=retry_if_exception(is_fault),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=0.5, max=4),
            reraise=True,
        )(once)
        output.wait_for(lambda: all(s.answered for s in sent), APPEARS_S + delay_s)
    except Exception as error:
        fact = aws.sort(error, "lambda:InvokeFunction")
        if fact is None:
            raise
        return Unknown("unexpected", fact.reason) if isinstance(fact, Missing) else fact
    return Found(
        Invocation(
            pairs=tuple(s.as_pair() for s in sent),
            failure=made.failure,
            error=made.error,
            inconclusive=made.inconclusive,
            others=output.quotes,
            log_tail=made.log_tail,
            duration_s=made.duration_s,
        )
    )


def is_fault(error: BaseException) -> bool:
    """Whether it was AWS's or the network's fault, and worth another try with a new pair."""
    if isinstance(error, ClientError):
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        return status == 429 or status >= 500
    return is_network(error)


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
        return ended(failure="timed-out")
    except ClientError as error:
        failure = _their_failure(error)
        if failure is None:
            raise
        return ended(**failure)
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


def _their_failure(error: ClientError) -> Mapping[str, Any] | None:
    """What of Lambda's refusals is the function's own: it may not run, or cannot be run."""
    response: Any = error.response
    code = str(response.get("Error", {}).get("Code", ""))
    said = FunctionError(code, redact(str(response.get("Error", {}).get("Message", "")), 300))
    reason = response.get("Reason") or response.get("Error", {}).get("Reason")
    if reason == _RESERVED:
        return {"failure": "refused", "error": said}
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    # A gateway's own 502 carries a number or nothing; Lambda's names what is wrong with the function.
    if status == 502 and code.endswith("Exception") and code != "ServiceException":
        return {"failure": "broken", "error": said}
    return None
