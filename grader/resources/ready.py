"""Waiting for what AWS is still creating, updating or waking: bounded each, and all together."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

from grader.model.ended_early import Interrupted

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tenacity.stop import stop_base
    from tenacity.wait import wait_base

    from grader.i18n.message import Message

T = TypeVar("T")

READY_S = 60
READY_EVERY_S = 2
TOGETHER_S = 240
"""All waits of one run for what is not ready, or has no room, together."""


def tell_nobody(_why: Message, _longest_s: float) -> None:
    """Nobody is told what a run waits for."""


class Waits:
    """What one run waits for: :data:`TOGETHER_S` seconds in all, until ``stop`` is set.

    ``tell`` hears what is waited for, and how many seconds it may take at most. ``confirm_s`` is the
    pause before a silence that costs points is looked into once more, and ``aside`` what such a pause
    is spent in: it lets others go on. ``step`` hears what the run does next, and how many seconds that
    may take at most.
    """

    def __init__(
        self,
        stop: threading.Event,
        tell: Callable[[Message, float], None] = tell_nobody,
        *,
        confirm_s: float = 0,
        aside: Callable[[], AbstractContextManager[None]] = nullcontext,
        step: Callable[[Message, float], None] = tell_nobody,
    ) -> None:
        self.stop, self.confirm_s, self.aside, self.step = stop, confirm_s, aside, step
        self._tell, self._left_s = tell, float(TOGETHER_S)

    def until(
        self,
        look: Callable[[], T],
        pending: Callable[[T], bool],
        why: Message,
    ) -> tuple[T, bool]:
        """What ``look`` sees once it is no longer ``pending``, or when its time is over.

        ``why`` says what is waited for, :data:`READY_S` seconds at most.
        Returns what was seen, and whether it is ready. Raises :class:`Interrupted`.
        """
        return self.wait_from(look(), look, pending, why)

    def wait_from(
        self,
        seen: T,
        look: Callable[[], T],
        pending: Callable[[T], bool],
        why: Message,
        longest_s: float | None = None,
        wait: wait_base | None = None,
    ) -> tuple[T, bool]:
        """As :meth:`until`, where ``seen`` was seen just now: the next look comes after a ``wait``.

        The time is ``longest_s`` (:data:`READY_S` unless given), or what is left of all waits; it looks
        again after each ``wait`` (:data:`READY_EVERY_S`).
        """
        from tenacity import stop_after_delay, wait_fixed

        if not pending(seen):
            return seen, True
        longest_s = min(READY_S if longest_s is None else longest_s, self._left_s)
        if longest_s <= 0:
            return seen, False
        self._tell(why, longest_s)
        began = time.monotonic()
        enough = stop_after_delay(longest_s)
        try:
            at_first = [seen]
            seen = last_seen(
                lambda: at_first.pop() if at_first else look(),
                pending,
                self.stop,
                enough,
                wait or wait_fixed(READY_EVERY_S),
            )
        finally:
            self._left_s -= time.monotonic() - began
        return seen, not pending(seen)


def last_seen(
    look: Callable[[], T],
    pending: Callable[[T], bool],
    stop: threading.Event,
    enough: stop_base,
    wait: wait_base,
) -> T:
    """What ``look`` sees once it is no longer ``pending``, or when it was waited for ``enough``.

    Raises :class:`Interrupted` where ``stop`` is set before that.
    """
    # Only who waits needs it: a judge knows the kinds of resources too, and waits for nothing.
    from tenacity import RetryError, Retrying, retry_if_result, sleep_using_event, stop_any
    from tenacity.stop import stop_when_event_set

    waiting = Retrying(
        retry=retry_if_result(pending),
        stop=stop_any(enough, stop_when_event_set(stop)),
        wait=wait,
        sleep=sleep_using_event(stop),
    )
    try:
        return waiting(look)
    except RetryError as error:
        if stop.is_set():
            raise Interrupted from None
        last: T = error.last_attempt.result()
        return last
