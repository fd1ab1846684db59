"""What a student reads of a function that raised, ended, was refused or could not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.checks import message
from grader.checks.step_rule import without_middle
from grader.i18n.language import N_

if TYPE_CHECKING:
    from grader.checks import Message
    from grader.model.observation import Function, FunctionError, Invocation


_NEVER_RAN = frozenset(
    f"Runtime.{name}"
    for name in (
        *("ImportModuleError", "HandlerNotFound", "MalformedHandlerName", "UserCodeSyntaxError"),
        *("BuiltInModuleConflict", "InvalidEntrypoint"),
    )
)
"""Lambda's words for code that it could not load."""

_AFTER_RETURN = frozenset({"Runtime.MarshalError", "Function.ResponseSizeTooLarge"})
"""Lambda's words for what a function returned."""


def how_it_failed(
    invocation: Invocation, function: Function | None, qualifier: str = ""
) -> Message:
    """How a direct invocation of ``function``, as far as that was seen, failed, for the student.

    ``qualifier`` is the version or alias that was invoked, where it was not the newest code.
    """
    failed = _what_failed(invocation, function)
    if not qualifier or invocation.failure == "refused":  # which is so of every version
        return failed
    which = N_(
        "{failed} What ran is the version that the event source mapping names ({qualifier}), which your"
        " newest code may not be."
    )
    if _never_ran(invocation):
        which = N_(
            "{failed} What was to run is the version that the event source mapping names ({qualifier}),"
            " which your newest code may not be."
        )
    return message(which, failed=failed, qualifier=qualifier)


def _never_ran(invocation: Invocation) -> bool:
    """Lambda could not run the function, or could not load its code."""
    error = invocation.error
    return invocation.failure == "broken" or (error is not None and error.kind in _NEVER_RAN)


def _what_failed(invocation: Invocation, function: Function | None) -> Message:
    """What became of a direct invocation that failed, whichever version ran."""
    error = invocation.error
    if invocation.failure == "timed-out":
        waited_s = invocation.duration_s
        if error is None and function is not None and 0 < waited_s < function.timeout_s:
            waited = N_(
                "Your function was still running after {seconds} s, and is waited for no longer."
            )
            return message(waited, seconds=int(waited_s))
        return message(N_("Your function was still running when its time was over."))
    if invocation.failure == "refused":
        return message(
            N_("Lambda refused to run your function: its reserved concurrency leaves it no room.")
        )
    if invocation.failure == "reported":
        return message(N_("Your function says that it failed: it returned batchItemFailures."))
    if _never_ran(invocation):
        if error is None:
            return message(N_("Lambda could not run your function."))
        it_says = N_("Lambda could not run your function. It says {error}.")
        return message(it_says, error=error_in_words(error))
    if error is None:
        return message(N_("Your function raised an exception."))
    return _what_it_raised(error, answered=any(pair.answers for pair in invocation.pairs))


def _what_it_raised(error: FunctionError, *, answered: bool) -> Message:
    """What the function raised and where, or what Lambda says of its end."""
    what = error_in_words(error)
    if error.kind.startswith(("Runtime.", "Function.", "Extension.")):
        ended = N_("Your function ended without an answer. Lambda says {error}.")
        if answered:
            ended = N_("Your function ended before its return. Lambda says {error}.")
            if error.kind in _AFTER_RETURN:
                ended = N_("Lambda cannot take what your function returned. It says {error}.")
        return message(ended, error=what)
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


def error_in_words(error: FunctionError) -> str:
    """``KeyError: 'number1'``, with its reason whole."""
    text = without_middle(error.message.rstrip(". "))
    return f"{error.kind}: {text}" if text else error.kind
