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

    from tenacity.stop import stop_base

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
    if pending(seen):
        seen = last_seen(look, pending, stop, stop_after_delay(READY_S), EVERY_S)
    return seen, not pending(seen)


def last_seen(
    look: Callable[[], T],
    pending: Callable[[T], bool],
    stop: threading.Event,
    enough: stop_base,
    every_s: float,
) -> T:
    """What ``look`` sees once it is no longer ``pending``, or when it was waited for ``enough``.

    Raises :class:`Interrupted` where ``stop`` is set before that.
    """
    waiting = Retrying(
        retry=retry_if_result(pending),
        stop=stop_any(enough, stop_when_event_set(stop)),
        wait=wait_fixed(every_s),
        sleep=sleep_using_event(stop),
    )
    try:
        return waiting(look)
    except RetryError as error:
        if stop.is_set():
            raise Interrupted from None
        last: T = error.last_attempt.result()
        return last
