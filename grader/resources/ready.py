"""Waiting for what AWS is still creating or updating: up to a minute, then it is not ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, stop_any, wait_fixed
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set

from grader.model.ended_early import Interrupted

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

T = TypeVar("T")

READY_S = 60
EVERY_S = 2


def when_ready(
    look: Callable[[], T], pending: Callable[[T], bool], stop: threading.Event
) -> tuple[T, bool]:
    """What ``look`` sees once it is no longer ``pending``, or after :data:`READY_S` seconds.

    Returns it, and whether it is ready. Raises :class:`Interrupted`.
    """
    seen = look()
    if not pending(seen):
        return seen, True
    waiting = Retrying(
        retry=retry_if_result(pending),
        stop=stop_any(stop_after_delay(READY_S), stop_when_event_set(stop)),
        wait=wait_fixed(EVERY_S),
        sleep=sleep_using_event(stop),
    )
    try:
        return waiting(look), True
    except RetryError as error:
        if stop.is_set():
            raise Interrupted from None
        last: T = error.last_attempt.result()
        return last, False
