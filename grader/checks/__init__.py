"""The words a check is written with.

A check is a plain pytest test, bound to the criteria of a rubric by its name::

    @check("function_memory", on="function", expect=int, explains=None)
    def test_memory(function: Function, expect: int) -> None:
        '''The function has {expect} MB of memory.'''
        same(function.memory_mb, expect, unit="MB", hint="Set memory_size in your stack.")

Its docstring is the line a student reads. It asks for facts by fixture
(``grader.checks.fixtures``), so that its body runs only where they were found.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias, TypeVar

import msgspec
import pytest

from grader.i18n.language import N_
from grader.i18n.message import Message, bounded, kept, message, plain, shown
from grader.model.observation import Fact, Found, Missing, NotTried, UnknownKind
from grader.model.outcome import CheckInfo

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CheckInfo",
    "Family",
    "Message",
    "On",
    "block",
    "check",
    "fail",
    "message",
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
    advice: Message | None = None


def fail(
    what: str | Message,
    /,
    *,
    expected: Any = None,
    actual: Any = None,
    hint: str | Message = "",
    **values: Any,
) -> NoReturn:
    """Fail, with a message for the student.

    In a template (``what``) ``{expected}``, ``{actual}`` and the names of ``values`` are filled in,
    once. Template and values are kept beside the text, so that it can be said in another language. Any
    value and the hint may be a :func:`message`, which has a template and values in its turn.
    """
    said = what if isinstance(what, Message) else Message(what)
    template, values = said.message_id, {**said.values, **values}
    filled = {"expected": expected, "actual": actual, **values}
    advice = hint if isinstance(hint, Message) else Message(hint)
    raise Failure(
        Verdict(
            "failed",
            _filled(template, filled),
            hint=str(advice),
            expected=_neutral(expected),
            actual=_neutral(actual),
            template=template,
            values={
                name: kept(value)
                for name, value in filled.items()
                if name in values or (isinstance(value, Message) and value not in values.values())
            },
            advice=advice if hint else None,
        )
    )


def same(found: Any, expected: Any, *, what: str = "", unit: str = "", hint: str = "") -> None:
    """Pass if ``found`` equals ``expected`` (``True`` is not 1); otherwise fail and say both."""
    if found == expected and isinstance(found, bool) == isinstance(expected, bool):
        return
    values: dict[str, Any] = {"expected": expected, "actual": found, "hint": hint}
    if unit:
        values["unit"] = message(unit)
    if what:
        values["what"] = message(what)
    match bool(what), bool(unit):
        case True, True:
            fail(N_("{what}: expected {expected} {unit}, found {actual} {unit}."), **values)
        case True, False:
            fail(N_("{what}: expected {expected}, found {actual}."), **values)
        case False, True:
            fail(N_("expected {expected} {unit}, found {actual} {unit}."), **values)
    fail(N_("expected {expected}, found {actual}."), **values)


def block(because: str, reason: str | Message) -> NoReturn:
    """Say nothing, because of another fact: ``because`` is its path, ``functions.sum``."""
    raise Withheld(_withheld("blocked", reason, because))


def ungrade(kind: UnknownKind, detail: str | Message) -> NoReturn:
    """Say nothing, because the grader could not find out."""
    raise Withheld(_withheld("ungraded", detail, kind))


def _withheld(outcome: Literal["blocked", "ungraded"], why: str | Message, because: str) -> Verdict:
    given = why if isinstance(why, Message) else Message(why)
    return Verdict(
        outcome,
        bounded(str(given)),
        because=because,
        template=given.message_id,
        values=given.values,
    )


def required(fact: Fact[T], path: str) -> T:
    """The value of a fact that was found. Blocks or ungrades otherwise: ``path`` is the fact's."""
    if isinstance(fact, Found):
        return fact.value
    if isinstance(fact, Missing):
        block(path, fact.words)
    if isinstance(fact, NotTried):
        block(fact.because, fact.words)
    ungrade(fact.kind, fact.words)


def _neutral(value: Any) -> Any:
    return str(value) if isinstance(value, Message) else plain(value)


def _filled(template: str, values: dict[str, Any]) -> str:
    try:
        return bounded(template.format_map({key: shown(item, 500) for key, item in values.items()}))
    except (LookupError, ValueError, AttributeError, TypeError):
        return bounded(template)  # an author's message with braces of its own
