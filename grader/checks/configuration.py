"""What a function's and a queue's settings are compared by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from grader.checks import fail, message, required, ungrade
from grader.checks.numbers import Number, check_number, nearest, number_in_words
from grader.i18n.language import N_
from grader.model.fact import Missing

if TYPE_CHECKING:
    from grader.checks import Message
    from grader.checks.case import Case
    from grader.model.fact import Fact
    from grader.model.observation import Function, Queue

_PYTHON = re.compile(r"python(\d+)\.(\d+)")


class AtLeast(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A runtime, or any later one."""

    at_least: str

    @property
    def said(self) -> Message:
        """In words, for any language."""
        return message(N_("{runtime} or later"), runtime=self.at_least)

    def __str__(self) -> str:
        return str(self.said)


def python_version(runtime: str) -> tuple[int, int] | None:
    """``python3.10`` as numbers, which order as versions do; ``None`` for anything else."""
    found = _PYTHON.fullmatch(runtime)
    return (int(found[1]), int(found[2])) if found else None


def check_runtime(function: Function, expect: AtLeast) -> None:
    """Fail unless the function runs on that Python or a later one."""
    found, least = python_version(function.runtime), python_version(expect.at_least)
    if least is None:
        unfit = N_("The rubric asks for “{runtime}”, which is no Python runtime.")
        ungrade("unexpected", message(unfit, runtime=expect.at_least))
    if found is not None and found >= least:
        return
    if not function.runtime:
        fail(
            N_("expected {expected}, found a container image."),
            expected=expect.said,
            hint=N_("Deploy the function as a zip file with a Python runtime."),
        )
    fail(
        N_("expected {expected}, found {actual}."),
        expected=expect.said,
        actual=function.runtime,
        hint=message(
            N_(
                "Choose {runtime} or later: runtime in your stack, then deploy again; or, in the Lambda"
                " console, Code, Runtime settings, Edit."
            ),
            runtime=expect.at_least,
        ),
    )


def check_standard(queue: Queue) -> None:
    """Fail if the queue is FIFO: messages to it need a group, and the lab's have none."""
    if queue.fifo:
        fail(
            N_("expected {queue} to be a standard queue, found a FIFO queue."),
            expected=message(N_("a standard queue")),
            actual="FIFO",
            hint=N_("Delete the queue, and create a standard one in its place."),
            queue=queue.name,
        )


class Visible(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``visibility_timeout`` is the queue's in seconds, if a particular one is asked for."""

    visibility_timeout: Number | None = None


def check_visibility(
    case: Case, queue: Queue, fed: Fact[Function] | None, expect: Visible | None
) -> None:
    """Fail if the visibility timeout is not what the rubric asks for, or if the queue shows a message
    again while the function it feeds may still be at work.

    Where there is no function, the timeout that the rubric expects of it counts. A queue that feeds
    none passes.
    """
    if expect is not None and expect.visibility_timeout is not None:
        check_number(
            queue.visibility_timeout_s,
            expect.visibility_timeout,
            what=N_("visibility timeout"),
            unit=N_("s"),
            hint=message(
                N_(
                    "Set it to {expected} s: visibility_timeout_seconds in your stack, then deploy"
                    " again; or, in the SQS console, the queue, Edit, Visibility timeout."
                ),
                expected=number_in_words(expect.visibility_timeout),
            ),
        )
    if fed is None:
        return
    if isinstance(fed, Missing):
        timeout_s = _expected_timeout(case)
    else:
        timeout_s = required(fed, f"functions.{case.bound.fed}").timeout_s
    if timeout_s is None or queue.visibility_timeout_s >= timeout_s:
        return
    expected = N_(
        "expected a visibility timeout of at least {expected} s (the function's timeout),"
        " found {actual} s."
    )
    hint: str | Message = N_(
        "Set visibility_timeout_seconds of the queue to the function's timeout or more (in the SQS"
        " console: the queue, Edit, Visibility timeout)."
    )
    if isinstance(fed, Missing):
        expected = N_(
            "expected a visibility timeout of at least {expected} s (the timeout that the lab asks of"
            " the function), found {actual} s."
        )
        at_least = N_(
            "Set visibility_timeout_seconds of the queue to {seconds} or more (in the SQS console: the"
            " queue, Edit, Visibility timeout)."
        )
        hint = message(at_least, seconds=timeout_s)
    fail(expected, expected=timeout_s, actual=queue.visibility_timeout_s, hint=hint)


def _expected_timeout(case: Case) -> int | None:
    asked = case.bound.timeout_asked_of(case.bound.fed)
    return None if asked is None else nearest(asked.expect, 0) or None
