"""The words a check is written with.

A check is a plain pytest test, bound to the criteria of a rubric by its name::

    @check("function_memory", on="function", expect=int)
    def test_memory(function: Function, expect: int) -> None:
        '''The function has {expect} MB of memory.'''
        same(function.memory_mb, expect, unit="MB", hint="Set memory_size in your stack.")

Its docstring is the line a student reads. It asks for facts by fixture (``docs/checks.md`` lists
them), so that they are looked at, and its body runs only where they were found.
"""

from grader.checks.declare import Family, check
from grader.checks.verdicts import block, fail, observed, required, same, ungrade
from grader.i18n.message import Message, message, shown
from grader.model.evidence import Evidence
from grader.model.fact import Found, Missing, NotTried, Unknown
from grader.model.kind import On
from grader.model.outcome import CheckInfo

__all__ = [
    "CheckInfo",
    "Evidence",
    "Family",
    "Found",
    "Message",
    "Missing",
    "NotTried",
    "On",
    "Unknown",
    "block",
    "check",
    "fail",
    "message",
    "observed",
    "required",
    "same",
    "shown",
    "ungrade",
]
