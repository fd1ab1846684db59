"""Repeating what a fault of AWS or of the network undid, where the client must not."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from grader.aws.errors import classify_error
from grader.model.fact import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

PAIR_ATTEMPTS = 3


def repeated(once: Callable[[], T], may_pass: Callable[[BaseException], bool] | None = None) -> T:
    """What ``once`` returns, tried up to :data:`PAIR_ATTEMPTS` times while what it raises ``may_pass``.

    That is :func:`is_fault` unless given. What invokes or sends is not idempotent: it takes new pairs
    every time. Raises what the last try raised.
    """
    return Retrying(
        retry=retry_if_exception(may_pass or is_fault),
        stop=stop_after_attempt(PAIR_ATTEMPTS),
        wait=wait_exponential(multiplier=0.5, max=4),
        reraise=True,
    )(once)


def is_fault(error: BaseException) -> bool:
    """Whether it was AWS's or the network's fault: throttling, 5xx, or a lost connection."""
    said = classify_error(error, "") if isinstance(error, Exception) else None
    return isinstance(said, Unknown) and said.kind in {"throttled", "unreachable"}
