"""Calls that may never be answered, each with a time after which it is given up."""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    T = TypeVar("T")


class Unanswered(Exception):  # noqa: N818 - nothing went wrong here; it did not come
    """What was asked for did not come in time. Unlike ``TimeoutError``, nobody else raises it."""


def call_with_timeout(call: Callable[[], T], *, within_s: float) -> T:
    """What ``call`` gives. Raises what it raises, or :class:`Unanswered` after ``within_s`` seconds.

    What was not answered is left to itself, in a thread that no end of the program waits for.
    """
    given: Future[T] = Future()

    def ask() -> None:
        try:
            given.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again where it was asked for
            given.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    if not wait([given], within_s).done:
        raise Unanswered
    return given.result()


def try_within(seconds: float, call: Callable[[], object]) -> None:
    """Call it, for at most so many ``seconds``; whether it answers or fails is not told.

    For what is asked of a cluster that may be gone or busy.
    """
    with suppress(Exception):
        call_with_timeout(call, within_s=seconds)
