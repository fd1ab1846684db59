"""Waiting until Lambda has room for the function, or has woken it: neither is the function's fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from botocore.exceptions import ClientError
from tenacity import wait_exponential, wait_random

from grader.aws.errors import is_concurrency_full, is_waking, reserved_without_room
from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Fact, Unknown, value_of
from grader.model.observation import Invocation
from grader.observe.failure import lambda_said

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.aws.account_client import Aws
    from grader.resources.ready import Waits

    Tried: TypeAlias = Invocation | ClientError
    """What came of an invocation, or why Lambda did not run the function."""

WAKING_S = 150
"""An idle function works again after 40 to 106 s."""

THROTTLED_WAIT_S, MOST_THROTTLED_WAIT_S = 60, 180
"""How long room is waited for: at least, and at most where the function may run for long."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 4

LEAST_CONCURRENCY = 5
"""Lambda polls a queue for five batches at first; a function with less concurrency may get none."""


def when_it_may_run(
    attempt: Callable[[], Tried], aws: Aws, waits: Waits, function: str, timeout_s: float
) -> Invocation:
    """What ``attempt`` makes of the function, once Lambda runs it.

    Where its own reserved concurrency is 0 Lambda never will, which only its owner can mend: refused.
    Raises the ``ClientError`` that says why it did not, when the time for that is over.
    """
    # Whoever takes the room at the same moments must not do so again and again.
    pauses = wait_exponential(FIRST_PAUSE_S, LONGEST_PAUSE_S) + wait_random(0, FIRST_PAUSE_S)
    tried: Tried = attempt()
    while isinstance(tried, ClientError):
        if reserved_without_room(tried) and reserved(aws, function) == 0:
            return Invocation((), failure="refused", error=lambda_said(tried))
        waking = is_waking(tried)
        template = (
            N_("AWS is waking your function")
            if waking
            else N_("Lambda has no room for {function} at this moment")
        )
        longest_s = (
            WAKING_S if waking else min(max(THROTTLED_WAIT_S, timeout_s), MOST_THROTTLED_WAIT_S)
        )

        def still(seen: Tried, waking: bool = waking) -> bool:
            return isinstance(seen, ClientError) and is_waking(seen) == waking

        why = message(template) if waking else message(template, function=function)
        seen: Tried = tried
        tried, ready = waits.wait_from(seen, attempt, still, why, longest_s, pauses)
        if not ready and isinstance(tried, ClientError):
            raise tried
    return tried


def unless_not_run(run: Callable[[], Invocation], not_run: Callable[[], object]) -> Tried:
    """What came of ``run``; where Lambda had no room or woke the function, ``not_run`` is called."""
    try:
        return run()
    except ClientError as error:
        if not (is_concurrency_full(error) or is_waking(error)):
            raise
        not_run()
        return error


def reserved(aws: Aws, function: str) -> int | None:
    """The function's reserved concurrency; ``None`` where it has none, or nobody may ask.

    Source: Lambda GetFunctionConcurrency.
    """

    def ask() -> int | None:
        answer = aws.lambda_.get_function_concurrency(FunctionName=function)
        return answer.get("ReservedConcurrentExecutions")

    return value_of(aws.query("lambda:GetFunctionConcurrency", ask))


def concurrency_shortage(aws: Aws, function: str, made: Fact[Invocation]) -> Unknown | None:
    """Why a silent pair may lie in the queue still; ``None`` where nothing says so.

    The function has little room, or it had none, or was not awake, for as long as the invocation that
    was to be ``made`` was waited for.
    """
    limit = reserved(aws, function)
    if limit is not None and limit < LEAST_CONCURRENCY:
        few = N_(
            "{function} may run {limit} times at once only (its reserved concurrency), and what finds"
            " no room waits in the queue."
        )
        return Unknown.saying("throttled", few, function=function, limit=limit)
    return made if isinstance(made, Unknown) and made.kind in {"throttled", "not-ready"} else None
