"""The command as it was typed: its words, and the language that they ask for."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from grader.commands.options import Lang

if TYPE_CHECKING:
    from collections.abc import Sequence

_typed: ContextVar[tuple[str, ...]] = ContextVar("typed", default=())


def remember_command(arguments: Sequence[str]) -> None:
    """Keep the words of the command that runs, for :func:`typed_command`."""
    _typed.set(tuple(arguments))


def typed_command() -> list[str]:
    """The words of the command that runs, as they were typed."""
    return ["grader", *_typed.get()]


def asked_language(arguments: Sequence[str]) -> str | None:
    """The language that ``--lang`` asks for, wherever it stands; ``None`` where it names none."""
    asked = None
    for argument, after in zip(arguments, [*arguments, ""][1:], strict=True):
        if argument == "--":
            break
        value = after if argument == "--lang" else argument.partition("--lang=")[2]
        asked = value if value in set(Lang) else asked
    return asked
