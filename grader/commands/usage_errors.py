"""What is wrong with a command line, in the language that the program speaks."""

from __future__ import annotations

import difflib
import re
import sys
from typing import TYPE_CHECKING, Any

from grader.commands.help import name_of
from grader.i18n.language import _
from grader.safety.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typer.exceptions import TyperException

_NO_VALUE, _MISSING = re.compile("not take a value"), re.compile("Missing command")
_NO_COMMAND = re.compile(r"No such command ['\"](.*?)['\"]", re.DOTALL)
_NOT_READABLE = re.compile(r"['\"](.*)['\"] is not readable", re.DOTALL)
_TOO_MANY = re.compile(r"unexpected extra arguments?(?:\(s\))? \((.*)\)$", re.DOTALL)


def show_usage_error(error: TyperException) -> None:
    """The command's usage, how to ask for help, and what is wrong, on standard error."""
    from typer._click.exceptions import NoArgsIsHelpError

    if isinstance(error, NoArgsIsHelpError):
        sys.stderr.write(f"{error.message}\n")
        return
    context: Any = getattr(error, "ctx", None)
    if context is not None:
        asking = f"{context.command_path} --help"
        usage, hint = context.get_usage(), _("Try “{command}” for help.", command=asking)
        sys.stderr.write(f"{usage}\n{hint}\n\n")
    sys.stderr.write(f"{_('Error: {message}', message=_said(error, context))}\n")


def _said(error: Any, context: Any) -> str:
    """What is wrong, in the program's language; unknown words of typer's stay as they are."""
    from typer._click import exceptions as kinds

    match error:
        case kinds.NoSuchOption():
            known = [opt for param in _params(context) for opt in param.opts]
            given = error.option_name
            return _but_near(_("There is no option {option}.", option=_short(given)), given, known)
        case kinds.MissingParameter(param=param) if param is not None:
            if param.param_type_name == "argument":
                return _("The argument {argument} is missing.", argument=name_of(param))
            return _("The option {option} is missing.", option=name_of(param))
        case kinds.BadOptionUsage():
            if _NO_VALUE.search(error.message):
                return _("{option} takes no value.", option=_short(error.option_name))
            return _("{option} needs a value.", option=_short(error.option_name))
        case kinds.BadParameter(param=param) if param is not None:
            return _of_value(param) or _of_file(error.message) or printable(error.format_message())
    return _of_command(error.message, context) or printable(error.format_message())


def _of_command(told: str, context: Any) -> str:
    """What is wrong with the words that are no options; empty where it is something else."""
    if (named := _NO_COMMAND.search(told)) is not None:
        no_command = _("There is no command {command}.", command=_short(named[1]))
        return _but_near(no_command, named[1], getattr(context.command, "commands", ()))
    if (many := _TOO_MANY.search(told)) is not None:
        return _("These arguments are too many: {arguments}", arguments=_short(many[1]))
    return _("The command is missing.") if _MISSING.match(told) else ""


def _of_value(param: Any) -> str:
    """What the option or argument takes; empty where its type does not tell."""
    name, descriptor = name_of(param), param.type_descriptor
    if descriptor.choices:
        choices = ", ".join(map(str, descriptor.choices))
        return _("{option} takes one of these: {choices}.", option=name, choices=choices)
    least, most = descriptor.parameter_info.min, descriptor.parameter_info.max
    if not descriptor.is_ranged:
        return ""
    if most is None:
        return _("{option} takes a whole number, {least} or more.", option=name, least=least)
    between = {"option": name, "least": least, "most": most}
    return _("{option} takes a whole number from {least} to {most}.", **between)


def _of_file(told: str) -> str:
    """That a file that was named cannot be read; empty where it is something else."""
    named = _NOT_READABLE.search(told)
    if named is None:
        return ""
    why = _("It cannot be read ({reason}).", reason=_("Permission denied"))
    remedy = _("Check the path and its permissions.")
    return f"{printable(named[1])}{_(': ')}{why} {remedy}"


def _params(context: Any) -> list[Any]:
    return context.command.get_params(context) if context is not None else []


def _but_near(sentence: str, given: str, known: Iterable[str]) -> str:
    # The hyphens that all options begin with would make any two of them near.
    named = {option.lstrip("-"): option for option in known}
    near = difflib.get_close_matches(given.lstrip("-"), [*named], 1, 0.6)
    return f"{sentence} {_('Did you mean {near}?', near=named[near[0]])}" if near else sentence


def _short(text: str) -> str:
    return printable(text, 100)
