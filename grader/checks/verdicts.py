"""What a check says: that it fails, or why it cannot say. Imports pytest where that is said only."""

from __future__ import annotations

from typing import Any, Literal, NoReturn, TypeVar

from grader.i18n.language import N_
from grader.i18n.message import Message, json_value, message, said, within_limit
from grader.model.evidence import Evidence
from grader.model.fact import NOT_OBSERVED, Fact, Found, Missing, NotTried, UnknownKind
from grader.model.outcome import Verdict

T = TypeVar("T")


def fail(
    what: str | Message,
    /,
    *,
    expected: Any = None,
    actual: Any = None,
    hint: str | Message = "",
    evidence: Any = None,
    **values: Any,
) -> NoReturn:
    """Fail, with a message for the student.

    In a template (``what``) ``{expected}``, ``{actual}`` and the names of ``values`` are filled in,
    once; a name for which no value is given stays as it is. Template and values are kept beside the
    text, so that it can be said in another language. Any value and the hint may be a :func:`message`,
    which has a template and values in its turn.
    ``evidence``, an :class:`Evidence`, is what the finding rests on.
    """
    given = what if isinstance(what, Message) else Message(what)
    if evidence is not None and not isinstance(evidence, Evidence):
        values["evidence"] = evidence  # an author's template may have a value of that name
        evidence = None
    template = within_limit(given.message_id)
    kept = {**json_value(given)["values"], **_safe(values)}
    both = {"expected": expected, "actual": actual}
    # Where neither is given, the words “{expected}” came with somebody's text.
    filled = kept if expected is actual is None else {**_safe(both), **kept}
    told = [*given.values.values(), *values.values()]
    said_of = {
        name for name, value in both.items() if isinstance(value, Message) and value not in told
    }
    advice = hint if isinstance(hint, Message) else Message(within_limit(hint))
    _say(
        Verdict(
            "failed",
            # Not `str.format`: in an f-string, what a student wrote is part of the template, and a
            # width would have it fill the memory.
            said(Message(template, filled)),
            hint=str(advice),
            expected=_neutral(expected),
            actual=_neutral(actual),
            template=template,
            values={name: filled[name] for name in filled if name in kept or name in said_of},
            advice=advice if hint else None,
            evidence=evidence,
        )
    )


def same(
    found: Any, expected: Any, *, what: str = "", unit: str = "", hint: str | Message = ""
) -> None:
    """Pass if ``found`` equals ``expected`` (``True`` is not 1); otherwise fail and say both."""
    if found != expected or isinstance(found, bool) != isinstance(expected, bool):
        say_both(found, expected, what=what, unit=unit, hint=hint)


def say_both(
    found: Any, expected: Any, *, what: str = "", unit: str = "", hint: str | Message = ""
) -> NoReturn:
    """Fail, and say what is expected and what was ``found``."""
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
    _say(_withheld("blocked", reason, because))


def ungrade(kind: UnknownKind, detail: str | Message) -> NoReturn:
    """Say nothing, because the grader could not find out."""
    _say(_withheld("ungraded", detail, kind))


def _say(verdict: Verdict) -> NoReturn:
    from grader.checks.raised import Failure, Withheld  # a check runs where pytest does

    raise Failure(verdict) if verdict.outcome == "failed" else Withheld(verdict)


def _withheld(outcome: Literal["blocked", "ungraded"], why: str | Message, because: str) -> Verdict:
    given = why if isinstance(why, Message) else Message(why)
    return Verdict(
        outcome,
        within_limit(str(given)),
        because=because,
        template=within_limit(given.message_id),
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


def observed(value: T | None, *, may_be_empty: bool = False) -> T:
    """A field's value. Ungrades where it is ``None``: an earlier version did not look at it.

    So it does where a text is empty, unless it ``may_be_empty``.
    """
    if value is None or (value == "" and not may_be_empty):
        ungrade("not-observed", NOT_OBSERVED)
    return value


def _neutral(value: Any) -> Any:
    return str(value) if isinstance(value, Message) else json_value(value)


def _safe(values: dict[str, Any]) -> dict[str, Any]:
    return {name: json_value(value) for name, value in values.items()}
