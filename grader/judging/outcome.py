"""What the judge says of one test, and what it knows of one check. Needs no pytest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import msgspec

if TYPE_CHECKING:
    from grader.problems import Problem

Result: TypeAlias = Literal["passed", "failed", "blocked", "ungraded"]

_TEXT = 1_000
_ITEMS = 50
_DEPTH = 4
_INT64 = 2**63


@dataclass(frozen=True)
class CheckInfo:
    """A check as its author declared it, and where it stands.

    ``on`` is the shape of what it is bound to; ``expect_schema`` the JSON Schema of the
    criterion's ``expect`` (``None``: it takes none); ``explains`` the family of facts whose absence
    a failure of this check explains.
    """

    name: str
    on: str
    expect_schema: dict[str, Any] | None
    explains: str | None
    file: str
    line: int


class Collected(NamedTuple):
    """The checks by name, and every problem that was found."""

    checks: dict[str, CheckInfo]
    problems: list[Problem]


class Outcome(msgspec.Struct, frozen=True):
    """What one test said of one observation.

    ``because`` is the path of a fact when blocked and the kind of Unknown when ungraded.
    ``message`` is ``template`` with ``values`` filled in.
    """

    criterion: str
    test: str
    outcome: Result
    message: str = ""
    hint: str = ""
    expected: Any = None
    actual: Any = None
    because: str | None = None
    template: str = ""
    values: dict[str, Any] = {}


def plain(value: Any, depth: int = _DEPTH) -> Any:
    """``value`` as bounded, finite JSON, whatever it was."""
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    if isinstance(value, dict) and depth:
        pairs = list(value.items())[:_ITEMS]
        return {bounded(str(key)): plain(item, depth - 1) for key, item in pairs}
    if isinstance(value, list | tuple | set | frozenset) and depth:
        return [plain(item, depth - 1) for item in list(value)[:_ITEMS]]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        return f"about 2 to the power {value.bit_length()}"  # too long to write out
    if value is None or isinstance(value, bool | int):
        return value
    return bounded(value if isinstance(value, str) else repr(value))


def bounded(text: str, limit: int = _TEXT) -> str:
    """``text`` in at most ``limit`` characters; what is not Unicode is replaced."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= limit else text[: limit - 1] + "…"
