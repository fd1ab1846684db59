"""The conditions of an IAM statement, against what is known of a request.

What they hold is ``True``, ``False``, or ``None`` where it cannot be decided: a key that the grader does
not know, an operator for times or addresses, a policy variable.
Source: IAM User Guide, "Condition operators", "Multivalued context keys".
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Holds: TypeAlias = bool | None

_ARN_PARTS = 6


def all_of(parts: Iterable[Holds]) -> Holds:
    """Whether all hold. One that does not decides, whatever is not known."""
    several = list(parts)
    return False if False in several else None if None in several else True


def any_of(parts: Iterable[Holds]) -> Holds:
    """Whether one holds. One that does decides, whatever is not known."""
    several = list(parts)
    return True if True in several else None if None in several else False


def negated(holds: Holds) -> Holds:
    """The opposite; of what is not known, nothing is known."""
    return None if holds is None else not holds


def texts_of(given: Any) -> list[str] | None:
    """One text, number or truth value or a list of them, as texts; ``None`` for anything else."""
    several = given if isinstance(given, list) else [given]
    if not all(isinstance(value, str | int | float) for value in several):
        return None
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in several]


def has_variable(pattern: str) -> bool:
    """The text has a policy variable, which AWS fills in: ``${aws:SourceAccount}``."""
    return "${" in pattern


def wildcard(text: str, pattern: str) -> bool:
    """``*`` stands for any characters, ``?`` for one: as in file names, but without brackets."""
    # fnmatch does not go back and forth over what it has matched, however many stars there are.
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def conditions_hold(given: Any, known: Mapping[str, tuple[str, ...]]) -> Holds:
    """Whether every condition of ``given``, a statement's ``Condition``, holds.

    ``known`` has the values of the keys, in lower case: none for a key that the request lacks.
    """
    if not isinstance(given, dict):
        return None
    return all_of(
        _holds(str(operator), values, known.get(str(key).lower()))
        for operator, tests in given.items()
        for key, values in (tests.items() if isinstance(tests, dict) else [("", None)])
    )


def _holds(operator: str, given: Any, found: tuple[str, ...] | None) -> Holds:
    """``found`` is ``None`` for a key that is not known, and empty for one that is not there."""
    asked = texts_of(given)
    if asked is None or found is None or any(map(has_variable, asked)):
        return None
    name = operator.lower()
    quantifier, _, name = name.rpartition(":")
    if name == "null":
        return any_of(text.lower() == str(not found).lower() for text in asked)
    optional = name.endswith("ifexists")
    compares, negative = _OPERATORS.get(name.removesuffix("ifexists"), (None, False))
    if compares is None or quantifier not in {"", "foranyvalue", "forallvalues"}:
        return None
    if not found:
        return optional or quantifier == "forallvalues" or (negative and not quantifier)

    def fits(value: str) -> Holds:
        matches = any_of(compares(value, pattern) for pattern in asked)
        return negated(matches) if negative else matches

    return any_of(map(fits, found)) if quantifier == "foranyvalue" else all_of(map(fits, found))


def _arn_like(arn: str, pattern: str) -> Holds:
    """Each of an ARN's six parts is compared by itself."""
    parts, patterns = arn.split(":", _ARN_PARTS - 1), pattern.split(":", _ARN_PARTS - 1)
    if len(parts) == len(patterns) == _ARN_PARTS:
        return all(map(wildcard, parts, patterns))
    # What AWS makes of a pattern that has fewer parts, such as "*", is not documented.
    return None if wildcard(arn, pattern) else False


def _equal(value: str, pattern: str) -> Holds:
    return value == pattern


def _equal_in_any_case(value: str, pattern: str) -> Holds:
    return value.lower() == pattern.lower()


_OPERATORS: dict[str, tuple[Callable[[str, str], Holds], bool]] = {
    "arnequals": (_arn_like, False),
    "arnlike": (_arn_like, False),
    "arnnotequals": (_arn_like, True),
    "arnnotlike": (_arn_like, True),
    "stringequals": (_equal, False),
    "stringequalsignorecase": (_equal_in_any_case, False),
    "stringlike": (wildcard, False),
    "stringnotequals": (_equal, True),
    "stringnotequalsignorecase": (_equal_in_any_case, True),
    "stringnotlike": (wildcard, True),
    "bool": (_equal_in_any_case, False),
}
"""What compares a value with a pattern, and whether the operator says that it must not fit."""
