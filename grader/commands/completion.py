"""Completion of the command line: typer's, but it says in the program's language what it did."""

from __future__ import annotations

import sys
from typing import Any

import typer
from typer._completion_shared import _get_shell_name, install

from grader.i18n.language import N_, _


def install_completion(_context: Any, _param: Any, wanted: bool | None) -> None:
    """Install completion for the shell that is in use, say where, and end."""
    if not wanted:
        return
    shell, path = install(_shell())
    installed = N_("Completion for {shell} is installed in {path}; it works in a new terminal.")
    sys.stdout.write(f"{_(installed, shell=shell, path=path)}\n")
    raise typer.Exit


def show_completion(context: Any, param: Any, wanted: bool | None) -> None:
    """Print what completes the command line in the shell that is in use, and end."""
    from typer.completion import show_callback

    if wanted:
        _shell()
        show_callback(context, param, wanted)


def _shell() -> str:
    """The shell that is in use. Raises :class:`BadInput` where completion does not know it."""
    from grader.inputs.problems import bad_input

    known = ("bash", "zsh", "fish", "powershell", "pwsh")
    shell = _get_shell_name()
    if shell not in known:
        message = _("The shell in use is none that is known.")
        remedy = _("Run it in one of these: {shells}.", shells=", ".join(known))
        raise bad_input("completion", None, message, remedy)
    return shell
