"""Says in plain words, and by line, how a YAML document differs from its JSON Schema."""

from __future__ import annotations

import difflib
from functools import cache
from typing import TYPE_CHECKING, Any

from grader.i18n.language import N_, _, plural
from grader.inputs.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import ValidationError

    from grader.inputs.yaml_lines import Document, KeyPath

_KINDS = {
    "string": N_("text"),
    "number": N_("a number"),
    "integer": N_("a whole number"),
    "boolean": N_("true or false"),
    "array": N_("a list"),
    "object": N_("a block of “key: value” lines"),
    "null": N_("empty"),
}
_QUOTES = {
    "string": N_("Put quotes around it."),
    "integer": N_("Write it as a number, without quotes."),
    "number": N_("Write it as a number, without quotes."),
}
_FEW = N_("{place} has {value}; it must have at least {limit}.")
_MANY = N_("{place} has {value}; it must have at most {limit}.")
_COUNTS = {"minItems": _FEW, "maxItems": _MANY, "minProperties": _FEW, "maxProperties": _MANY}
_LIMITS = _COUNTS | {
    "minimum": N_("{place} is {value}; it must be at least {limit}."),
    "maximum": N_("{place} is {value}; it must be at most {limit}."),
    "exclusiveMinimum": N_("{place} is {value}; it must be more than {limit}."),
    "exclusiveMaximum": N_("{place} is {value}; it must be less than {limit}."),
}
_KIND_OF = {str: "string", bool: "boolean", int: "number", float: "number", list: "array"}


def schema_problems(
    document: Document,
    schema: Mapping[str, Any],
    file: str,
    *,
    value: object = None,
    at: KeyPath = (),
) -> list[Problem]:
    """Every way the document, or its part ``value`` that stands ``at`` a place, breaks ``schema``.

    A remedy is the ``description`` that the schema gives for the thing at fault.
    """
    instance = value if at else document.value
    problems = []
    for error in _validator()(dict(schema)).iter_errors(instance):
        place = (*at, *error.absolute_path)
        if place in document.unread:
            continue
        for where, message, remedy in _explain(error, place):
            problems.append(Problem(file, document.line(where), message, remedy))
    return problems


@cache
def _validator() -> Any:
    """JSON Schema takes 5.0 for an integer; whoever writes it in a rubric meant something else."""
    # Imported where a file is read: a judge is told what a rubric asks, and reads none.
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    whole = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _checker, value: isinstance(value, int) and not isinstance(value, bool)
    )
    return extend(Draft202012Validator, type_checker=whole)  # type: ignore[no-untyped-call]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy for an unknown word: the nearest known one, or all of them."""
    choices = sorted(known)
    listed = _("Known here: {names}.", names=", ".join(choices)) if choices else ""
    return perhaps_meant(word, choices) or listed


def perhaps_meant(word: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """A remedy for an unknown word: the nearest known one, or nothing."""
    near = difflib.get_close_matches(word, [*known], n=1, cutoff=likeness)
    return _("Did you mean “{word}”?", word=near[0]) if near else ""


def place_name(place: KeyPath) -> str:
    """What a person would call a place: “points” of criterion 3, entry 2 of “message”."""
    if not place:
        return _("The file")
    last = place[-1]
    if isinstance(last, str):
        return _("“{text}”", text=last[:60])
    if place[:-1] == ("criteria",):
        return _("Criterion {number}", number=last + 1)
    if len(place) == 1:
        return _("Entry {number} of the list", number=last + 1)
    return _("Entry {number} of “{list}”", number=last + 1, list=place[-2])


def value_in_words(value: object) -> str:
    """A value as a person would write it, cut to one short line."""
    if isinstance(value, bool) or value is None:
        return _("empty") if value is None else str(value).lower()
    if isinstance(value, list | dict):
        return kind_of(value)
    text = str(value)
    text = text if len(text) <= 60 else text[:59] + "…"
    return _("“{text}”", text=text) if isinstance(value, str) else text


def kind_of(value: object) -> str:
    """What kind of thing a value is, in words."""
    return _(_KINDS[_KIND_OF.get(type(value), "object")])


def _explain(error: ValidationError, place: KeyPath) -> Iterator[tuple[KeyPath, str, str]]:
    """The place, message and remedy of each fault; of several forms those of the one that was meant."""
    inner = _of_its_kind(error) if error.validator == "anyOf" else []
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    for validation_error in inner:
        for where, message, remedy in _explain(
            validation_error, (*place, *validation_error.relative_path)
        ):
            yield where, message, remedy or _(str(schema.get("description", "")))
    if not inner:
        yield from _explain_one(error, place)


def _explain_one(error: ValidationError, place: KeyPath) -> Iterator[tuple[KeyPath, str, str]]:
    """The place, message and remedy of each fault that one schema error stands for."""
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    limit: Any = error.validator_value
    value: Any = error.instance
    name = place_name(place)
    description = _(str(schema.get("description", "")))
    match error.validator:
        case "additionalProperties":
            known = schema.get("properties", {})
            for key in value:
                if key not in known:
                    message = _("There is no such key as “{key}” here.", key=key[:60])
                    yield (*place, key), message, did_you_mean(key, known)
        case _ if "propertyNames" in error.absolute_schema_path:
            message = _("The name {name} cannot be used.", name=value_in_words(value))
            yield (*place, value), message, description
        case "required":
            # jsonschema reports one missing key at a time and names it only in its own sentence.
            key = next(k for k in limit if error.message.startswith(f"{k!r} "))
            about = schema.get("properties", {}).get(key, {}).get("description", "")
            remedy = f"{_('Add that key.')} {_(str(about))}".rstrip()
            yield place, _("{place} has no “{key}”.", place=name, key=key), remedy
        case "type":
            kinds = [limit] if isinstance(limit, str) else limit
            wanted = _(" or ").join(_(_KINDS.get(kind, kind)) for kind in kinds)
            quotes = (
                ""
                if value is None or isinstance(value, list | dict)
                else _(_QUOTES.get(str(limit), ""))
            )
            yield _wrong_kind(place, value, wanted, description or quotes)
        case "const" | "enum" if limit == [True] or error.validator == "const":
            only = True if limit == [True] else limit
            yield place, _must_be(name, value, value_in_words(only)), description
        case "enum":
            message = _(
                "{place} is {value}, which is not known.", place=name, value=value_in_words(value)
            )
            yield place, message, did_you_mean(str(value), map(str, limit))
        case word if word in _LIMITS:
            counted = word in _COUNTS
            found = (
                plural(len(value), "{count} entry", "{count} entries")
                if counted
                else value_in_words(value)
            )
            yield place, _(_LIMITS[word], place=name, value=found, limit=str(limit)), description
        case "uniqueItems":
            yield place, _("{place} names the same thing twice.", place=name), description
        case _ if value == "":
            yield place, _("{place} is empty.", place=name), description
        case _:
            message = _(
                "{place} is {value}, which cannot be used.", place=name, value=value_in_words(value)
            )
            yield place, message, description


def _of_its_kind(error: ValidationError) -> list[ValidationError]:
    """What is wrong by the one of several forms that a value of this kind was meant to have."""
    forms: dict[object, list[ValidationError]] = {}
    for validation_error in error.context or ():
        forms.setdefault(validation_error.relative_schema_path[0], []).append(validation_error)
    meant = [
        found
        for found in forms.values()
        if not any(
            error.validator in {"type", "const"} and not error.relative_path for error in found
        )
    ]
    return meant[0] if len(meant) == 1 else []


def _wrong_kind(
    place: KeyPath, value: object, wanted: str, remedy: str
) -> tuple[KeyPath, str, str]:
    if place:
        return place, _must_be(place_name(place), value, wanted), remedy
    # It may be any file, given by mistake: what stands in it is not shown.
    message = _("The file is {kind}; it must be {wanted}.", kind=kind_of(value), wanted=wanted)
    return place, message, _("Start from the rubric that comes with grader.")


def _must_be(place: str, value: object, wanted: str) -> str:
    return _(
        "{place} is {value}; it must be {wanted}.",
        place=place,
        value=value_in_words(value),
        wanted=wanted,
    )
