"""A value that must never be shown or stored: wrapped when read, unwrapped where AWS needs it."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_sealed: ContextVar[bool] = ContextVar("sealed", default=False)


@contextmanager
def sealing() -> Iterator[None]:
    """Let secrets be pickled: into something that hides them, for a worker that has to sign requests."""
    token = _sealed.set(True)
    try:
        yield
    finally:
        _sealed.reset(token)


class Secret:
    """A string whose ``repr``, ``str`` and ``format`` hide it.

    It refuses to be serialised, but for :func:`sealing`.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself. Only the code that signs requests asks for it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> Any:
        if not _sealed.get():
            raise TypeError("a Secret is not serialised")
        return Secret, (self._value,)
