"""How an invocation failed, in words for its author."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.checks import message
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
    if invocation.failure == "broken" or (error is not None and error.kind in _NEVER_RAN):
        if error is None:
            return message(N_("Lambda could not run your function."))
        it_says = N_("Lambda could not run your function. It says {error}.")
        return message(it_says, error=_named(error))
    return said_by(error) or message(N_("Your function raised an exception."))


_NEVER_RAN = frozenset(
    f"Runtime.{name}"
    for name in (
        *("ImportModuleError", "HandlerNotFound", "MalformedHandlerName", "UserCodeSyntaxError"),
        *("BuiltInModuleConflict", "InvalidEntrypoint"),
    )
)
"""Lambda's words for code that it could not load."""


def said_by(error: FunctionError | None) -> Message | None:
    """What the function raised, and where."""
    if error is None:
        return None
    what = _named(error)
    if error.kind.startswith(("Runtime.", "Function.", "Extension.")):
        return message(
            N_("Your function ended without an answer. Lambda says {error}."), error=what
        )
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
    """The exception and what it says. Of what is too long the middle is left out: a denial says its
    reason at the end."""
    text = error.message.rstrip(". ")
    if len(text) > _MOST:
        text = f"{text[: _MOST // 3]} … {text[-_MOST * 2 // 3 :]}"
    return f"{error.kind}: {text}" if text else error.kind


_MOST = 420
