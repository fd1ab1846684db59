"""The command line: the program ``grader``, its commands, and how it ends."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from grader import __version__
from grader import signals as interrupts
from grader.commands import (
    batch,
    check,
    demo,
    desk,
    doctor,
    export,
    forget,
    lint,
    override,
    push,
    regrade,
    roster,
)
from grader.commands.exit_statuses import ALL_POINTS, INTERRUPTED, UNGRADED, USAGE
from grader.commands.help import SpokenCommand, SpokenGroup
from grader.commands.options import LangOption
from grader.commands.typed_command import asked_language, remember_command
from grader.i18n.language import N_, _, default_language, speak
from grader.model.machine_limit import RAISE_IT, hush_threads, limit_reached
from grader.terminal.encoding import show_what_it_can

if TYPE_CHECKING:
    from types import FrameType

    from typer._click import Context  # the base class's own; typer.Context is a class of it


class _Commands(SpokenGroup):
    """The commands; one that says nothing of its own about an interruption ends with a line."""

    def get_params(self, ctx: Context) -> list[Any]:
        """The options before a command. What typer says of completion, the program says itself."""
        from grader.commands.completion import install_completion, show_completion

        ours = {"install_completion": install_completion, "show_completion": show_completion}
        params = super().get_params(ctx)
        for param in params:
            param.callback = ours.get(str(param.name), param.callback)
        return params

    def invoke(self, ctx: Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            from grader.terminal.console import standard_error

            standard_error().print(_("Interrupted."))
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="grader",
    cls=_Commands,
    help=N_("Grades deployed Lambda and SQS labs."),
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"grader {__version__}")
        raise typer.Exit


@app.callback()
def _grader(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help=N_("Show the version.")),
    ] = False,
    lang: LangOption = None,
) -> None:
    """The options that stand before a command."""


COMMANDS = (
    check.check,
    batch.batch,
    desk.desk,
    regrade.regrade,
    override.override,
    export.export,
    forget.forget,
    roster.roster,
    doctor.doctor,
    lint.lint,
    demo.demo,
    demo.sandbox,
)
"""Every command, in the order of ``--help``, which says its docstring."""

for command in COMMANDS:
    # A bonus may be below 0: -1 is no option.
    settings = {"ignore_unknown_options": True} if command is override.override else {}
    app.command(cls=SpokenCommand, context_settings=settings)(command)
app.add_typer(push.push, name="push")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End once, in order: a second Ctrl-C must not cut the tidying short, which is bounded in time."""
    interrupts.ignore(interrupts.ENDING)
    raise KeyboardInterrupt


def run(arguments: list[str]) -> int:
    """Run one command; its exit status, as the README lists them."""
    from grader.inputs.problems import BadInput

    remember_command(arguments)
    # What is wrong with an option that stands before --lang is said in that language too.
    speak(asked_language(arguments) or default_language())
    for stream in (sys.stdout, sys.stderr):
        show_what_it_can(stream)
    try:
        status = app(arguments, prog_name="grader", standalone_mode=False)
    except TyperException as error:
        from grader.commands.usage_errors import show_usage_error

        show_usage_error(error)
        return USAGE
    except BadInput as error:
        from grader.terminal.console import standard_error
        from grader.terminal.problems import show_problems

        show_problems(error.problems, standard_error())
        return USAGE
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (OSError, RuntimeError, MemoryError) as error:
        limit = limit_reached(error)
        if limit is not None:
            sys.stderr.write(f"grader: {_(limit)} {_(RAISE_IT)}\n")
            return UNGRADED
        _show(error)
        return UNGRADED
    except Exception as error:  # noqa: BLE001 - a bug of ours: a traceback for us, and a status that says so
        _show(error)
        return UNGRADED
    return status if isinstance(status, int) else ALL_POINTS


def _show(error: Exception) -> None:
    """Say what ended a command: a file or an account may have chosen the words."""
    from grader.inputs.problems import reason
    from grader.safety.printable import printable
    from grader.safety.trace import trace_of

    if isinstance(error, OSError):
        # A full disk, a folder that vanished: the message names it; a traceback would not help.
        place = f"{error.filename}{_(': ')}" if error.filename else ""
        why = reason(error) or type(error).__name__
        sys.stderr.write(f"grader{_(': ')}{printable(place + why)}.\n")
    else:
        sys.stderr.write(trace_of(error))


_HOLDING_BACK = ("observe", "IO loop")
"""Threads with which an end would wait: for AWS, or for a Dask cluster that was left as it was. Dask
would close it, and Python join its workers, which end by themselves once we are gone."""


def main() -> None:
    """The console script ``grader``."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    for number in interrupts.ENDING:
        # What the caller ignores stays ignored: nohup means it.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)
    interrupts.repeat_what_is_swallowed(_interrupt)
    hush_threads()
    status = run(sys.argv[1:])
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    if any(thread.name.startswith(_HOLDING_BACK) for thread in threading.enumerate()):
        os._exit(status)
    sys.exit(status)
