"""Invoking the function directly, with an event as Lambda makes it of SQS messages."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError, ReadTimeoutError

from grader.aws.errors import is_functions_fault
from grader.model.ended_early import Lost
from grader.model.fact import Fact, Found, Unknown
from grader.model.observation import Invocation
from grader.observe.event import sqs_event
from grader.observe.failure import (
    caught_made_up_handle,
    function_error,
    lambda_said,
    log_tail,
    made_up_handle,
    reports_failure,
    returned,
    timed_out,
)
from grader.observe.output import ANOTHER_READER
from grader.observe.patience import TOO_MANY_OLD
from grader.observe.repeat import PAIR_ATTEMPTS, repeated
from grader.observe.room import unless_not_run, when_it_may_run
from grader.observe.sent import Sent
from grader.resources.runs import started_since

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from grader.aws.account_client import Aws
    from grader.observe.output import OutputQueue
    from grader.observe.target import Target
    from grader.resources.ready import Waits
    from grader.rubric.pairs import Pairs

    Beside = Callable[[Sequence[Sent]], object]

GRACE_S = 10
"""How much longer than the function may run its answer is waited for."""

ANSWER_APPEARS_S = 5
"""How long after the function returned its messages may take to be received."""

RAISED_APPEARS_S = 2
"""The same of a function that raised: it sent what it sent before."""

BESIDE_S = 2
"""After so much of that wait, or half, what stays silent is looked for elsewhere, in the rest of it.

After an exception that look is made in addition to the wait.
"""

AFTER_BESIDE_S = 1
"""However long that look took, the output queue is polled once more after it."""

AGAIN_LONGER = 2
"""How much longer than the first a second invocation is waited for, where both are silent."""

HELD_S = 150
"""At least so long too: a gateway was seen to hold an invocation for 145 s before it gave up."""

PAYLOAD_LIMIT = 256 * 1024

NEVER_RAN = frozenset({"broken", "refused"})
"""Failures of an invocation in which no line of the function ran."""


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
    def silent(self) -> bool:
        """Nothing came back for any of its pairs, right or wrong."""
        return all(sent.silent for sent in self.sent)

    @property
    def late_s(self) -> float:
        """How long after the function returned its last answer came."""
        times = [s.since + answer.after_s for s in self.sent for answer in s.answers]
        return max(0.0, max(times, default=self.returned_at) - self.returned_at)


class Invoker:
    """Invokes ``target`` on behalf of one run, and waits for what it sends to ``output``."""

    def __init__(
        self, aws: Aws, target: Target, pairs: Pairs, output: OutputQueue, waits: Waits
    ) -> None:
        self._aws, self._target, self._pairs = aws, target, pairs
        self._output, self._waits = output, waits

    def invoke(self, records: int, slow_s: float, beside: Beside | None = None) -> Direct:
        """Invoke with ``records`` pairs in one event, and wait for their sums.

        A fault of AWS or of the network is repeated with new pairs, and so is an invocation whose
        answer may have been missed; what the function does wrong is not. ``slow_s`` is how much longer
        than usual answers may take to appear. ``beside`` is done for what stays silent while its answers
        may still appear.
        Source: Lambda Invoke, LogType Tail.
        """
        direct = Direct(Unknown("unexpected", "not invoked"), [])
        try:
            made = self._heard(direct, records, slow_s, beside)
        except Exception as error:
            fact = self._aws.classify_in_run(error, "lambda:InvokeFunction")
            if fact is None:
                raise
            direct.made = fact
        else:
            direct.made = Found(msgspec.structs.replace(made, others=self._output.quotes))
        return direct

    def _heard(
        self, direct: Direct, records: int, slow_s: float, beside: Beside | None
    ) -> Invocation:
        """The invocation, its answers waited for. Raises :class:`Lost` where one may be missed."""
        attempts = PAIR_ATTEMPTS
        while True:
            began = time.monotonic()
            made = self._run(direct, records, self._target.timeout_s + GRACE_S)
            self._wait_for(direct, made, slow_s, beside)
            if made.failure == "timed-out" and made.error is None and direct.silent:
                made = self._after_silence(direct, records, slow_s)
            silent = any(s.silent for s in direct.sent) and made.failure not in NEVER_RAN
            # With several records the single one was answered, and so is not at the event's mercy.
            if records == 1 and silent and direct.silent and caught_made_up_handle(made):
                made = msgspec.structs.replace(made, inconclusive=True)
            missed = self._output.missed_since(began) if silent else None
            if missed is None:
                return made
            attempts -= 1
            if made.failure is not None or not attempts or missed == TOO_MANY_OLD:
                raise Lost(missed)
            if missed == ANOTHER_READER:
                self._output.leave_alone(ANSWER_APPEARS_S * (PAIR_ATTEMPTS - attempts))

    def _wait_for(
        self, direct: Direct, made: Invocation, slow_s: float, beside: Beside | None
    ) -> None:
        """Wait for the sums of what was invoked just now."""
        direct.returned_at = time.monotonic()
        raised = made.failure == "raised" and not made.inconclusive
        appears_s, least_s = (RAISED_APPEARS_S if raised else ANSWER_APPEARS_S) + slow_s, 0

        def answered() -> bool:
            return all(s.answered for s in direct.sent)

        if beside is not None:
            self._output.wait_for(answered, min(BESIDE_S, appears_s / 2))
            if direct.silent:
                began = time.monotonic()
                beside(direct.sent)
                least_s = AFTER_BESIDE_S
                if raised:  # so short a wait has no time for that in it
                    appears_s += time.monotonic() - began
        left_s = max(least_s, appears_s - (time.monotonic() - direct.returned_at))
        if left_s > 0:
            self._output.wait_for(answered, left_s)

    def _run(self, direct: Direct, records: int, patience_s: float) -> Invocation:
        """The function's next run, when Lambda has room for it and has woken it."""
        target, unused = self._target, list[Sent]()

        def once() -> Invocation | ClientError:
            for sent in unused:
                sent.reset_sent_time()
            direct.sent = [*unused, *self._fresh(range(len(unused), records))]
            unused.clear()
            return unless_not_run(
                lambda: self._once(direct.sent, patience_s), lambda: unused.extend(direct.sent)
            )

        return when_it_may_run(
            lambda: repeated(once), self._aws, self._waits, target.name, target.timeout_s
        )

    def _after_silence(self, direct: Direct, records: int, slow_s: float) -> Invocation:
        """What the silence of the wire meant, for as long as the function may at most be waited for.

        That the function ran and did not end shows in its log, or where a second invocation is silent
        too, for longer, and AWS answers everything else. Raises what the second one raises: a gateway
        gives up in the end, and Lambda does not.
        """
        cut_off = Invocation((), failure="timed-out", duration_s=self._target.timeout_s)
        since = self._output.aws_time(direct.sent[0])
        if started_since(self._aws, self._target.function, since, self._waits.stop):
            return cut_off
        patience_s = self._target.timeout_s + GRACE_S
        direct.sent = self._fresh(range(records))
        again = self._once(direct.sent, max(HELD_S, AGAIN_LONGER * patience_s))
        self._wait_for(direct, again, slow_s, None)
        if again.failure == "timed-out" and again.error is None and direct.silent:
            self._aws.query_or_raise(
                "lambda:GetFunctionConfiguration",
                lambda: self._aws.lambda_.get_function_configuration(
                    FunctionName=self._target.name
                ),
            )
        return again

    def _fresh(self, places: Iterable[int]) -> list[Sent]:
        """New messages for these places of an event."""
        return [self._output.expect(self._pairs.draw(place)) for place in places]

    def _once(self, sent: list[Sent], patience_s: float) -> Invocation:
        bodies = [s.drawn.body for s in sent]
        return invoked(self._aws, self._target, bodies, patience_s, self._output.was_sent)


def invoked(
    aws: Aws,
    target: Target,
    bodies: Sequence[str],
    patience_s: float,
    answered: Callable[[Mapping[str, object]], object],
) -> Invocation:
    """What came of one invocation with a message of each of ``bodies``, waited for ``patience_s``.

    ``answered`` is given Lambda's answer. Raises botocore's exceptions where the function is not at
    fault. Source: Lambda Invoke, LogType Tail.
    """
    event = sqs_event(
        bodies,
        queue_arn=target.queue_arn,
        region=aws.region,
        now_ms=int(time.time() * 1000),
    )
    qualifier = {"Qualifier": target.qualifier} if target.qualifier else {}
    started = time.monotonic()

    def ended(**what: Any) -> Invocation:
        return Invocation(pairs=(), duration_s=round(time.monotonic() - started, 3), **what)

    try:
        response = aws.invoker(patience_s).invoke(
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
        if not (is_functions_fault(error) or (qualifier and _is_gone(error))):
            raise
        return ended(failure="broken", error=lambda_said(error))
    answered(response)
    payload = response["Payload"].read(PAYLOAD_LIMIT)
    response["Payload"].close()
    log = _decoded(response.get("LogResult", ""))
    if not response.get("FunctionError"):
        failed = target.reports_failures and reports_failure(payload)
        return ended(
            failure="reported" if failed else None,
            log_tail=log_tail(log),
            returned=returned(payload),
        )
    raised = function_error(payload, log)
    return ended(
        failure="timed-out" if timed_out(raised) else "raised",
        error=raised,
        inconclusive=made_up_handle(raised),
        log_tail=log_tail(log),
    )


def _decoded(log: str) -> str:
    """The log's last lines; nothing where what came is no base64: no grade rests on it."""
    try:
        return base64.b64decode(log).decode("utf-8", "replace")
    except ValueError:
        return ""


def _is_gone(error: ClientError) -> bool:
    """The version or alias that the mapping names is gone; the function itself was there just now."""
    return error.response.get("Error", {}).get("Code") == "ResourceNotFoundException"
