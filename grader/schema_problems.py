"""Says in plain words, and by line, how a YAML document differs from its JSON Schema."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from grader.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import ValidationError

    from grader.yaml_lines import Document, Place

# JSON Schema takes 5.0 for an integer; whoever writes it in a rubric meant something else.
_Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)

_KINDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a block of “key: value” lines",
    "null": "empty",
}
_QUOTES = {
    "string": "Put quotes around it.",
    "integer": "Write it as a number, without quotes.",
    "number": "Write it as a number, without quotes.",
}
_COUNTS = {
    "minItems": "at least",
    "maxItems": "at most",
    "minProperties": "at least",
    "maxProperties": "at most",
}
_LIMITS = _COUNTS | {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}
_KIND_OF = {str: "string", bool: "boolean", int: "number", float: "number", list: "array"}


def schema_problems(
    document: Document,
    schema: Mapping[str, Any],
    file: str,
    *,
    value: object = None,
    at: Place = (),
) -> list[Problem]:
    """Every way the document, or its part ``value`` that stands ``at`` a place, breaks ``schema``.

    A remedy is the ``description`` that the schema gives for the thing at fault.
    """
    instance = value if at else document.value
    problems = []
    for error in _Validator(dict(schema)).iter_errors(instance):
        place = (*at, *error.absolute_path)
        if place in document.unread:
            continue
        for where, message, remedy in _explain(error, place):
            problems.append(Problem(file, document.line(where), message, remedy))
    return problems


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy for an unknown word: the nearest known one, or all of them."""
    choices = sorted(known)
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f"Did you mean “{near[0]}”?"
    return f"Known here: {', '.join(choices)}." if choices else ""


def place_name(place: Place) -> str:
    """What a person would call a place: “points” of criterion 3, entry 2 of “message”."""
    if not place:
        return "The file"
    last = place[-1]
    if isinstance(last, str):
        return f"“{last[:60]}”"
    if place[:-1] == ("criteria",):
        return f"Criterion {last + 1}"
    return f"Entry {last + 1} of “{place[-2] if len(place) > 1 else 'the list'}”"


def shown(value: object) -> str:
    """A value as a person would write it, cut to one short line."""
    if isinstance(value, bool) or value is None:
        return "empty" if value is None else str(value).lower()
    if isinstance(value, list | dict):
        return kind_of(value)
    text = str(value)
    text = text if len(text) <= 60 else text[:59] + "…"
    return f"“{text}”" if isinstance(value, str) else text


def kind_of(value: object) -> str:
    """What kind of thing a value is, in words."""
    if value is None:
        return _KINDS["null"]
    return _KINDS[_KIND_OF.get(type(value), "object")]


def _explain(error: ValidationError, place: Place) -> Iterator[tuple[Place, str, str]]:
    """The place, message and remedy of each fault that one schema error stands for."""
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    limit: Any = error.validator_value
    value: Any = error.instance
    name = place_name(place)
    description = str(schema.get("description", ""))
    match error.validator:
        case "additionalProperties":
            known = schema.get("properties", {})
            for key in value:
                if key not in known:
                    message = f"There is no such key as “{key[:60]}” here."
                    yield (*place, key), message, did_you_mean(key, known)
        case _ if "propertyNames" in error.absolute_schema_path:
            yield (*place, value), f"The name {shown(value)} cannot be used.", description
        case "required":
            # jsonschema reports one missing key at a time and names it only in its own sentence.
            key = next(k for k in limit if error.message.startswith(f"{k!r} "))
            about = schema.get("properties", {}).get(key, {}).get("description", "")
            yield place, f"{name} has no “{key}”.", str(about)
        case "type":
            kinds = [limit] if isinstance(limit, str) else limit
            wanted = " or ".join(_KINDS.get(kind, kind) for kind in kinds)
            is_ = "is empty" if value is None else f"is {shown(value)}"
            quotes = (
                ""
                if value is None or isinstance(value, list | dict)
                else _QUOTES.get(str(limit), "")
            )
            yield place, f"{name} {is_}; it must be {wanted}.", description or quotes
        case "const":
            yield place, f"{name} is {shown(value)}; it must be {shown(limit)}.", description
        case "enum":
            message = f"{name} is {shown(value)}, which is not known."
            yield place, message, did_you_mean(str(value), map(str, limit))
        case word if word in _LIMITS:
            of = f"{len(value)} entries" if word in _COUNTS else shown(value)
            verb = "has" if word in _COUNTS else "is"
            must = "have" if word in _COUNTS else "be"
            message = f"{name} {verb} {of}; it must {must} {_LIMITS[word]} {limit}."
            yield place, message, description
        case "uniqueItems":
            yield place, f"{name} names the same thing twice.", description
        case _ if value == "":
            yield place, f"{name} is empty.", description
        case _:
            yield place, f"{name} is {shown(value)}, which cannot be used.", description
