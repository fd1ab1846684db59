"""How an invocation failed, in words for its author, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.checks import message, shown
from grader.i18n.language import N_

if TYPE_CHECKING:
    from grader.checks import Message
    from grader.model.observation import FunctionError, Invocation


def failure_of(invocation: Invocation) -> Message:
    """How it failed."""
    error = invocation.error
    if invocation.failure == "timed-out":
        return message(N_("Your function was still running when its time was over."))
    if invocation.failure == "refused":
        return message(
            N_("Lambda refused to run your function: its reserved concurrency leaves it no room.")
        )
    if invocation.failure == "broken":
        if error is None:
            return message(N_("Lambda could not run your function."))
        it_says = N_("Lambda could not run your function. It says {error}")
        return message(it_says, error=_named(error))
    return said_by(error) or message(N_("Your function raised an exception."))


def said_by(error: FunctionError | None) -> Message | None:
    """What the function raised, and where."""
    if error is None:
        return None
    what = _named(error)
    if error.file is None:
        return message(N_("Your function raised {error}."), error=what)
    if error.line is None:
        return message(N_("Your function raised {error} ({file})."), error=what, file=error.file)
    return message(
        N_("Your function raised {error} ({file}, line {line})."),
        error=what,
        file=error.file,
        line=error.line,
    )


def _named(error: FunctionError) -> str:
    return f"{error.kind}: {shown(error.message, 200)}" if error.message else error.kind


_NOT_LOADED = ("ImportModuleError", "HandlerNotFound", "UserCodeSyntaxError", "Worker init failed")
_MISREAD = {"KeyError", "IndexError", "TypeError", "ValueError", "JSONDecodeError"}


def remedy_of(invocation: Invocation, *, numbers: bool) -> str:
    """What to do next about a failed invocation."""
    if invocation.failure == "timed-out":
        return N_("Look for a loop that never ends or a call that waits.")
    if invocation.failure == "refused":
        return N_("Remove the reserved concurrency of the function.")
    error = invocation.error
    if invocation.failure == "broken" or error is None:
        return N_("Look at the function's configuration in the console: it says what is wrong.")
    if any(name in _named(error) for name in _NOT_LOADED):
        return N_("Check the handler's name, the files in the package and what they import.")
    if error.kind in _MISREAD:
        if numbers:
            return N_("Read the two numbers from the JSON object in the record's body.")
        return N_("Read the fields of the message from the JSON object in the record's body.")
    return N_("Look at that line; the function's log in CloudWatch shows the whole traceback.")
