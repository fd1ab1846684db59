"""A terminal, a pipe, or a file that people read: what it can show, and what must not reach it."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, cast

from rich.console import Console
from rich.segment import Segment
from rich.text import Text

from grader.safety.printable import printable_lines
from grader.terminal.encoding import show_what_it_can

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import ConsoleOptions, RenderableType

_PADDING = re.compile(r" +\n")

_NO_BREAK = frozenset("\u00a0\u202f")
# Private characters stand for them while lines are broken.
_HELD = {0xA0: "\uf8a0", 0x202F: "\uf8a1"}
_FREED = {0xF8A0: "\u00a0", 0xF8A1: "\u202f"}


class _Console(Console):
    """A console whose reader may go away: what is said afterwards is lost, and nothing else is."""

    def on_broken_pipe(self) -> None:
        discard_output(self.file)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Rendered so that no line ends at a no-break space, where rich would take it for a space.

        What could act on the terminal was made visible where its length is known; this is for what
        was forgotten.
        """
        if isinstance(renderable, str):
            renderable = printable_lines(renderable)
        if not isinstance(renderable, Text):
            return super().render(renderable, options)
        safe = printable_lines(renderable.plain)
        if safe != renderable.plain:
            renderable = renderable.copy()
            renderable.plain = safe
        if not _NO_BREAK.intersection(safe):
            return super().render(renderable, options)
        held = renderable.copy()
        held.plain = held.plain.translate(_HELD)
        return (
            Segment(segment.text.translate(_FREED), segment.style, segment.control)
            for segment in super().render(held, options)
        )


class _Trimmed:
    """A stream in which no line ends in spaces: what pads a table on a terminal is noise in a file."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write whole lines without what pads them."""
        return self._stream.write(_PADDING.sub("\n", text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def discard_output(stream: IO[str]) -> None:
    """Send what is still written to ``stream`` nowhere: whoever read it has gone."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def console(stream: IO[str], *, quiet: bool = False) -> Console:
    """A console on ``stream``: colour on a terminal; plain lines elsewhere, with ``NO_COLOR`` set and
    when ``quiet``."""
    show_what_it_can(stream)
    terminal = stream.isatty()
    plain_lines = quiet or not terminal or bool(os.environ.get("NO_COLOR"))
    # A pipe has no width: a line is as long as it is.
    return _Console(
        file=stream if terminal else cast("IO[str]", _Trimmed(stream)),
        no_color=True if plain_lines else None,
        force_terminal=False if plain_lines else None,
        width=None if terminal else 10_000,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not terminal,
    )


def standard_output(*, quiet: bool = False) -> Console:
    """Results go here."""
    return console(sys.stdout, quiet=quiet)


def standard_error(*, quiet: bool = False) -> Console:
    """Progress and diagnostics go here."""
    return console(sys.stderr, quiet=quiet)
