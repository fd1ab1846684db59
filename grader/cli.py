"""The command line: the program ``grader``, its commands, and how it ends."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import typer.core
from typer.exceptions import TyperException

from grader import __version__
from grader import signals as interrupts
from grader.commands import authoring, exporting, grading, preparing, trying
from grader.commands.options import ALL_POINTS, INTERRUPTED, UNGRADED, USAGE
from grader.i18n.language import _, default_language, speak

if TYPE_CHECKING:
    from types import FrameType

    from typer._click import Context  # the base class's own; typer.Context is a class of it


class _Commands(typer.core.TyperGroup):
    """The commands; one that says nothing of its own about an interruption ends with a line."""

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
    help="Grades deployed Lambda and SQS labs.",
    add_completion=False,
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
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Grades deployed Lambda and SQS labs."""


for command in (
    grading.check,
    grading.batch,
    grading.regrade,
    exporting.export,
    preparing.roster,
    preparing.doctor,
    authoring.lint,
    trying.demo,
    trying.sandbox,
):
    app.command()(command)
app.add_typer(exporting.push, name="push")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End once, in order: a second Ctrl-C must not cut the tidying short, which is bounded in time."""
    interrupts.ignore(interrupts.ENDING)
    raise KeyboardInterrupt


def run(arguments: list[str]) -> int:
    """Run one command; its exit status (design §7)."""
    from grader.inputs.problems import BadInput

    speak(default_language())
    try:
        status = app(arguments, prog_name="grader", standalone_mode=False)
    except TyperException as error:
        # A usage error shows itself, with the command's usage line.
        show_itself = getattr(error, "show", None)
        if show_itself is None:
            raise
        show_itself()
        return USAGE
    except BadInput as error:
        from grader.terminal.console import standard_error
        from grader.terminal.problems import show_problems

        show_problems(error.problems, standard_error())
        return USAGE
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except OSError as error:
        # A full disk, a folder that vanished: the message names it; a traceback would not help.
        sys.stderr.write(f"grader: {error}\n")
        return UNGRADED
    except Exception:  # noqa: BLE001 - a bug of ours: a traceback for us, and a status that says so
        traceback.print_exc()
        return UNGRADED
    return status if isinstance(status, int) else ALL_POINTS


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
    status = run(sys.argv[1:])
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    if any(thread.name.startswith(_HOLDING_BACK) for thread in threading.enumerate()):
        # What the judge's processes shared is freed first: nothing else would, and its tracker would
        # complain.
        gc.collect()
        os._exit(status)
    sys.exit(status)
