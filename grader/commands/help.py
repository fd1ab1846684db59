"""What ``--help`` says, in the language that the program speaks, whole: nothing ends in “…”.

typer's own lines name Python's types (``<list[Path]>``), are cut to one line, and are English.
"""

from __future__ import annotations

import inspect
import textwrap
from typing import TYPE_CHECKING, Any, TypeVar

from typer.core import TyperCommand, TyperGroup

from grader.i18n.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterable

    # typer's own copy of click; typer.Context is a class of it.
    from typer._click import Context
    from typer._click.core import Command
    from typer._click.formatting import HelpFormatter

T = TypeVar("T")

OF_TYPER = (
    N_("Show this message and exit."),
    N_("Install completion for the current shell."),
    N_("Show completion for the current shell, to copy it or customize the installation."),
)
"""Help texts of typer's own options, for the catalogues."""

_WIDEST = 30
_APART = 2


def spoken_help(command: T) -> T:
    """Mark the function of a command: its docstring is its help, and goes into the catalogues."""
    return command


class _Spoken:
    """What a command and a group of commands say of themselves."""

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        """The line of the command, its options and arguments."""
        formatter.write_usage(ctx.command_path, " ".join(_pieces(ctx.command)), _("Usage: "))

    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002 - nothing is cut
        """What the command does, in a list of commands and in a shell's completion."""
        return summary(self)

    def format_help_text(self, ctx: Context, formatter: HelpFormatter) -> None:
        """What the command does."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_(inspect.cleandoc(ctx.command.help or "")))

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Arguments, then options, then the commands of a group."""
        rows: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
        for param in ctx.command.get_params(ctx):
            if not getattr(param, "hidden", False):
                rows[param.param_type_name].append((_called(param), _meant(param)))
        _section(formatter, _("Arguments:"), rows["argument"])
        _section(formatter, _("Options:"), rows["option"])
        commands = getattr(ctx.command, "commands", {})
        told = [(name, one.get_short_help_str()) for name, one in commands.items()]
        _section(formatter, _("Commands:"), told)


class SpokenCommand(_Spoken, TyperCommand):
    """A command whose help speaks the program's language."""


class SpokenGroup(_Spoken, TyperGroup):
    """A group of commands whose help speaks the program's language."""


def summary(command: Any) -> str:
    """The first sentences of what a command does: the first paragraph, whole."""
    return " ".join(_(inspect.cleandoc(command.help or "")).partition("\n\n")[0].split())


def name_of(param: Any) -> str:
    """What a user calls an option or an argument: ``--jobs``, ``ROSTER``."""
    if param.param_type_name == "option":
        return str(max(param.opts, key=len))
    return _(param.metavar) if param.metavar else str(param.name).upper()


def value_word(param: Any) -> str:
    """The word that stands for an option's value: ``FILE``, ``[en|fr]``; nothing for a flag."""
    if param.is_flag:
        return ""
    if param.metavar:
        return _(param.metavar)
    descriptor = param.type_descriptor
    if descriptor.choices:
        return f"[{'|'.join(map(str, descriptor.choices))}]"
    return _("FILE") if descriptor.is_path else "N" if descriptor.is_ranged else _("TEXT")


def _pieces(command: Command) -> list[str]:
    """What follows the command's name in its usage line."""
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    pieces = ["[OPTIONS]"]
    for argument in arguments:
        name = name_of(argument)
        pieces.append(name if argument.required or name.startswith("[") else f"[{name}]")
    return pieces + ([_("COMMAND …")] if hasattr(command, "commands") else [])


def _called(param: Any) -> str:
    if param.param_type_name == "argument":
        return name_of(param)
    return " ".join(filter(None, [", ".join(sorted(param.opts, key=len)), value_word(param)]))


def _meant(param: Any) -> str:
    """What an option or an argument is for, what it is unless given, and that it must be given."""
    help_text = _(param.help) if param.help else ""
    default = param.default
    if param.required and param.param_type_name == "option":
        note = _("[required]")
    elif default is None or default is False or callable(default) or default in ("", ()):
        note = ""
    else:
        note = _("[default: {value}]", value=str(getattr(default, "value", default)))
    again = _("[may be given several times]") if getattr(param, "multiple", False) else ""
    return " ".join(filter(None, [help_text, again, note]))


def _section(formatter: HelpFormatter, heading: str, rows: Iterable[tuple[str, str]]) -> None:
    """A heading, and a line or more for each row, none of which breaks a name at its hyphens."""
    rows = [*rows]
    if not rows:
        return
    formatter.write_paragraph()
    formatter.write(f"{heading}\n")
    first = min(max(len(name) for name, _text in rows), _WIDEST)
    indent = " " * (_APART + first + _APART)
    for name, text in rows:
        start = f"{'':{_APART}}{name:<{first}}{'':{_APART}}"
        if len(name) > first:
            formatter.write(f"{start.rstrip()}\n")
            start = indent
        lines = textwrap.fill(
            text,
            formatter.width,
            initial_indent=start,
            subsequent_indent=indent,
            break_on_hyphens=False,
            break_long_words=False,
        )
        formatter.write(f"{lines or start.rstrip()}\n")
