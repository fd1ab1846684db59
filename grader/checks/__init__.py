"""The words a check is written with.

A check is a plain pytest test, bound to the criteria of a rubric by its name::

    @check("function_memory", on="function", expect=int, explains=None)
    def test_memory(function: Function, expect: int) -> None:
        '''The function has {expect} MB of memory.'''
        same(function.memory_mb, expect, unit="MB", hint="Set memory_size in your stack.")

Its docstring is the line a student reads. It asks for facts by fixture
(``grader.checks.facts``), so that its body runs only where they were found.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias, TypeVar

import msgspec
import pytest

from grader.judging.outcome import CheckInfo, bounded, plain
from grader.observation import Fact, Found, Missing, NotTried, UnknownKind

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CheckInfo",
    "Family",
    "On",
    "block",
    "check",
    "fail",
    "required",
    "same",
    "shown",
    "ungrade",
]

T = TypeVar("T")
F = TypeVar("F", bound="Callable[..., None]")

On: TypeAlias = Literal["function", "queue", "queue -> function", "queue -> queue"]
Family: TypeAlias = Literal["functions", "queues", "mappings", "schedules", "handler", "exchange"]

_MARK = "__grader_check__"


@dataclass(frozen=True)
class Declared:
    """What :func:`check` leaves on a test function."""

    info: CheckInfo
    expect: Any


def check(
    name: str, *, on: On, expect: Any = None, explains: Family | None = None
) -> Callable[[F], F]:
    """Bind a test to the criteria whose ``check`` is ``name``.

    ``on`` is the shape of the criterion's ``on``. ``expect`` is the type of the criterion's
    ``expect``, anything msgspec converts to; ``None`` takes none. ``explains`` names the family of
    facts whose absence is this check's to explain: what they block, names this check as the cause.
    """

    def bind(test: F) -> F:
        schema = None if expect is None else msgspec.json.schema(expect)
        code = inspect.unwrap(test).__code__
        info = CheckInfo(name, on, schema, explains, code.co_filename, code.co_firstlineno)
        setattr(test, _MARK, Declared(info, expect))
        return test

    return bind


def declared(test: object) -> Declared | None:
    """What :func:`check` said of ``test``, if it is a check."""
    found = getattr(test, _MARK, None)
    return found if isinstance(found, Declared) else None


class Failure(pytest.fail.Exception):  # type: ignore[name-defined,misc]
    """The check found something else than was expected. Carries a :class:`Verdict`."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message, pytrace=False)
        self.verdict = verdict


class Withheld(pytest.skip.Exception):  # type: ignore[name-defined,misc]
    """The check cannot say: blocked or ungraded. Carries a :class:`Verdict`."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict


class Verdict(msgspec.Struct, frozen=True):
    """What a check says, as data: it travels beside pytest's outcome, as metadata of the test."""

    outcome: Literal["failed", "blocked", "ungraded"]
    message: str
    hint: str = ""
    expected: Any = None
    actual: Any = None
    because: str | None = None
    template: str = ""
    values: dict[str, Any] = {}


def fail(
    message: str, *, expected: Any = None, actual: Any = None, hint: str = "", **values: Any
) -> NoReturn:
    """Fail, with a message for the student.

    ``message`` is a template: ``{expected}``, ``{actual}`` and the names of ``values`` are filled
    in, once. Template and values are kept beside the text, so that it can be said in another
    language.
    """
    filled = {"expected": expected, "actual": actual, **values}
    raise Failure(
        Verdict(
            "failed",
            _filled(message, filled),
            hint=hint,
            expected=plain(expected),
            actual=plain(actual),
            template=message,
            values={name: plain(value) for name, value in values.items()},
        )
    )


def same(found: Any, expected: Any, *, what: str = "", unit: str = "", hint: str = "") -> None:
    """Pass if ``found`` equals ``expected`` (``True`` is not 1); otherwise fail and say both."""
    if found == expected and isinstance(found, bool) == isinstance(expected, bool):
        return
    template = "expected {expected}{unit}, found {actual}{unit}."
    values = {"unit": f" {unit}" if unit else ""}
    if what:
        template, values["what"] = "{what}: " + template, what
    fail(template, expected=expected, actual=found, hint=hint, **values)


def block(because: str, reason: str) -> NoReturn:
    """Say nothing, because of another fact: ``because`` is its path, ``functions.sum``."""
    raise Withheld(Verdict("blocked", bounded(reason), because=because, template=reason))


def ungrade(kind: UnknownKind, detail: str) -> NoReturn:
    """Say nothing, because the grader could not find out."""
    raise Withheld(Verdict("ungraded", bounded(detail), because=kind, template=detail))


def required(fact: Fact[T], path: str) -> T:
    """The value of a fact that was found. Blocks or ungrades otherwise: ``path`` is the fact's."""
    if isinstance(fact, Found):
        return fact.value
    if isinstance(fact, Missing):
        block(path, fact.reason)
    if isinstance(fact, NotTried):
        block(fact.because, fact.reason)
    ungrade(fact.kind, fact.detail)


def shown(value: Any, limit: int = 100) -> str:
    """``value`` as a student reads it, in at most ``limit`` characters."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        text = ", ".join(f"{key} = {shown(item, limit)}" for key, item in value.items())
    elif isinstance(value, list | tuple):
        text = ", ".join(shown(item, limit) for item in value)
    else:
        text = str(value)
    return bounded(text, limit)


def _filled(template: str, values: dict[str, Any]) -> str:
    try:
        return bounded(template.format_map({key: shown(item, 500) for key, item in values.items()}))
    except (LookupError, ValueError, AttributeError, TypeError):
        return bounded(template)  # an author's message with braces of its own
