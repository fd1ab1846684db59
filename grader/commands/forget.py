"""The command ``forget``: removes everything that is kept of one student."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from grader.commands.exit_statuses import ALL_POINTS, UNGRADED
from grader.commands.help import spoken_help
from grader.commands.options import LangOption, QuietOption, ResultsArgument
from grader.i18n.language import N_, _, plural

if TYPE_CHECKING:
    from rich.console import Console

    from grader.batch.forget import Forgotten


@spoken_help
def forget(
    results: ResultsArgument,
    student: Annotated[
        str,
        typer.Argument(help=N_("Who: an id, a name or an e-mail."), metavar=N_("STUDENT")),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=N_("Say what would be removed; remove nothing."))
    ] = False,
    lang: LangOption = None,  # noqa: ARG001 - the option itself sets what is spoken
    quiet: QuietOption = False,
) -> int:
    """Remove everything that is kept of one student, here and in results.before-*."""
    from grader.batch.forget import forget_student as remove
    from grader.terminal.console import standard_error

    done = remove(results, student, dry_run=dry_run)
    errors = standard_error(quiet=quiet)
    _tell(done, errors, quiet=quiet, dry_run=dry_run)
    return UNGRADED if done.left and not dry_run else ALL_POINTS


def _tell(done: Forgotten, errors: Console, *, quiet: bool, dry_run: bool) -> None:
    from grader.desk.links import LINKS
    from grader.safety.printable import printable
    from grader.terminal.problems import show_problems
    from grader.terminal.student_label import label

    def say(line: str) -> None:
        errors.print(line, soft_wrap=True)

    if not quiet:
        places = ", ".join(str(folder) for folder in done.folders)
        removed = N_("Removed what was kept of {student}: {folders}.")
        would_be = N_("It would remove what is kept of {student}: {folders}.")
        say(_(would_be if dry_run else removed, student=label(done.student), folders=places))
        if done.former:
            say(_("The same student under another id: {ids}.", ids=", ".join(done.former)))
        for text in done.shared:
            say(
                _(
                    "Others of the class have it too, so it stays: {text}.",
                    text=printable(text, 200),
                )
            )
        for other in done.may_be_same:
            ended = ["--"] if other.startswith("-") else []
            command = shlex.join(["grader", "forget", str(done.folder), *ended, other])
            say(
                _(
                    "{id} has the same name. If this is the same student, give too: {command}",
                    id=other,
                    command=command,
                )
            )
    if done.exports:
        say(
            plural(
                len(done.exports),
                "Removed too, because the student was in it; export it again: {files}.",
                "Removed too, because the student was in them; export them again: {files}.",
                files=", ".join(map(str, done.exports)),
            )
        )
    if done.stale:
        say(_("Removed, and not made again; put this right, then give `grader regrade`:"))
        show_problems(done.stale, errors)
    if done.left:
        still = N_("The grader did not write this; look whether the student is in it: {files}.")
        say(_(still, files=", ".join(map(str, done.left))))
    if not quiet:
        say(
            _(
                "The roster still has the row. Remove it, the block, and what was exported to other "
                "places: a batch that goes on would grade the student again."
            )
            if done.listed
            else _("Remove the block, and what was exported to other places.")
        )
        if done.at_desk:
            say(
                _(
                    "Beside the roster, remove the student's line from {file} and from each "
                    "{file}.before-TIME too: a desk that is opened again would keep it.",
                    file=LINKS,
                )
            )
