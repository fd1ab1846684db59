"""Binding a pytest test to the criteria of a rubric."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import msgspec

from grader.model.outcome import CheckInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.model.kind import On

F = TypeVar("F", bound="Callable[..., None]")

Family: TypeAlias = str
"""The first part of a fact's path: ``functions`` of ``functions.sum``, or the whole of ``handler``."""

_MARK = "__grader_check__"


@dataclass(frozen=True)
class Declared:
    """What :func:`check` leaves on a test function."""

    info: CheckInfo
    expect: Any


def check(
    name: str,
    *,
    on: On,
    expect: Any = None,
    explains: Family | None = None,
    environment: Sequence[str] | Literal["expect"] = (),
) -> Callable[[F], F]:
    """Bind a test to the criteria whose ``check`` is ``name``.

    ``on`` is the shape of the criterion's ``on``, one of :data:`On`. ``expect`` is the type of the
    criterion's ``expect``, anything msgspec converts to; ``None`` takes none.

    ``explains`` is for a check of whether something is there. It names the family of facts whose
    absence this check explains: a criterion that such a fact blocks then names this check's
    criterion as the cause.

    ``environment`` are the variables that it reads of its function's environment, ``"expect"`` those
    that are the keys of its ``expect``. What else it asks of an account, its fixtures say.
    """

    def bind(test: F) -> F:
        schema = None if expect is None else msgspec.json.schema(expect)
        code = inspect.unwrap(test).__code__
        variables: tuple[str, ...] | Literal["expect"] = (
            "expect"
            if environment == "expect"
            else tuple([environment] if isinstance(environment, str) else environment)
        )
        if not all(isinstance(variable, str) for variable in variables):
            raise TypeError(f"environment={environment!r}: name the variables as text")
        if not isinstance(name, str):
            raise TypeError(f"{name!r}: name the check as text")
        if not isinstance(explains, str | None):
            raise TypeError(f"explains={explains!r}: name the family as text")
        file, line = code.co_filename, code.co_firstlineno
        info = CheckInfo(name, on, schema, explains, file, line, variables)
        setattr(test, _MARK, Declared(info, expect))
        return test

    return bind


def declared(test: object) -> Declared | None:
    """What :func:`check` said of ``test``, if it is a check."""
    found = getattr(test, _MARK, None)
    return found if isinstance(found, Declared) else None
