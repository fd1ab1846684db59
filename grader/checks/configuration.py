"""What a function's and a queue's settings are compared by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from grader.checks import fail, message, required, shown, ungrade
from grader.checks.variables import NOT_LOOKED_AT
from grader.i18n.language import N_
from grader.model.observation import Missing

if TYPE_CHECKING:
    from grader.checks import Message
    from grader.checks.case import Case
    from grader.model.observation import Fact, Function, Queue

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
        hint=N_("Set runtime in your stack, then deploy again."),
    )


def check_environment(function: Function, path: str, expect: dict[str, str]) -> None:
    """Fail if a variable is absent or has another value; what is certain comes first."""
    fact = function.environment
    if isinstance(fact, Missing):
        fail(
            N_("expected {expected}, but the variables cannot be read. {reason}"),
            expected=expect,
            reason=fact.words,
            hint=N_("Enable the KMS key of the variables or choose another, then deploy again."),
        )
    # Not what checks are given: this one says itself what was not looked at, after what is certain.
    found = dict(dict.items(required(fact, path)))
    for name, value in expect.items():
        if name in found and found[name] is None:
            fail(
                N_("expected {name} = {value}, but the variable {name} is not set."),
                expected=expect,
                actual={name: None},
                hint=message(N_("Add {name} to the function's environment variables."), name=name),
                name=name,
                value=value,
            )
        if name in found and found[name] != value:
            fail(
                N_("expected {name} = {value}, found {name} = {found}."),
                expected=expect,
                actual={name: shown(found[name])},
                hint=message(N_("Change the environment variable {name}."), name=name),
                name=name,
                value=value,
                found=shown(found[name]),
            )
    for name in expect:
        if name not in found:
            ungrade("not-observed", message(NOT_LOOKED_AT, name=name))


def check_standard(queue: Queue) -> None:
    """Fail if the queue is FIFO: messages to it need a group, and the lab's have none."""
    if queue.fifo:
        fail(
            N_("expected {queue} to be a standard queue, found a FIFO queue."),
            expected=message(N_("a standard queue")),
            actual="FIFO",
            hint=N_("Delete the queue, and create a standard one under the name of the lab."),
            queue=queue.name,
        )


def check_visibility(case: Case, queue: Queue, fed: Fact[Function] | None) -> None:
    """Fail if the queue shows a message again while the function it feeds may still be at work.

    Where there is no function, the timeout that the rubric expects of it counts. A queue that feeds
    none passes.
    """
    if fed is None:
        return
    if isinstance(fed, Missing):
        timeout_s = _expected_timeout(case)
    else:
        timeout_s = required(fed, f"functions.{case.bound.fed}").timeout_s
    if timeout_s is None or queue.visibility_timeout_s >= timeout_s:
        return
    fail(
        N_(
            "expected a visibility timeout of at least {expected} s (the function's timeout),"
            " found {actual} s."
        ),
        expected=timeout_s,
        actual=queue.visibility_timeout_s,
        hint=N_("Set visibility_timeout_seconds of the queue to the function's timeout or more."),
    )


def _expected_timeout(case: Case) -> int | None:
    for criterion in case.bound.rubric.criteria:
        if criterion.check == "function_timeout" and criterion.on == case.bound.fed:
            return criterion.expect if isinstance(criterion.expect, int) else None
    return None
