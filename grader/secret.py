"""A value that must never be shown or stored: wrapped when read, unwrapped where AWS needs it."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """A string whose ``repr``, ``str`` and ``format`` hide it, and which refuses to be serialised."""

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

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not serialised")
