"""The command ``roster``: make a roster from what was handed in."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from grader.commands.exit_statuses import ALL_POINTS, UNGRADED
from grader.commands.help import spoken_help
from grader.commands.options import (
    LangOption,
    QuietOption,
)
from grader.i18n.language import N_, _


@spoken_help
def roster(
    download: Annotated[
        list[Path],
        typer.Argument(
            metavar=N_("DIR|ZIP"), help=N_("All submissions, as Moodle or Canvas gives them.")
        ),
    ],
    class_list: Annotated[
        list[Path] | None,
        typer.Option(
            "--class",
            metavar=N_("CSV"),
            help=N_(
                "Everybody: Moodle's worksheet or participants, Canvas's gradebook, a list of yours."
            ),
        ),
    ] = None,
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar=N_("FILE"), help=N_("The roster to write, or to bring up to date.")
        ),
    ] = Path("roster.csv"),
    prune: Annotated[
        bool,
        typer.Option("--prune", help=N_("Remove the rows of whom the class list does not have.")),
    ] = False,
    force: Annotated[bool, typer.Option("--force", hidden=True)] = False,  # noqa: ARG001 - as of 0.1.0
    lang: LangOption = None,  # noqa: ARG001 - the option itself sets what is spoken
    quiet: QuietOption = False,
) -> int:
    """Make a roster from the credentials blocks that students handed in, or bring it up to date."""
    from grader.inputs.problems import Problem, bad_input
    from grader.intake.download import open_download
    from grader.intake.make_roster import check_place, credentials_folder, make_roster, write_roster
    from grader.intake.read_lists import read_class_lists
    from grader.intake.submissions import packed_download, submissions_in
    from grader.terminal.roster import show_made

    if prune and not class_list:
        message = _("It would remove the rows of whoever is not in this download.")
        raise bad_input("--prune", None, message, _("Add --class with a list of everybody."))
    check_place(out)
    folder = credentials_folder(out)
    lists = read_class_lists(class_list or [])
    users = {student.cells.get("canvas_id", "") for each in lists for student in each.students}
    existed = out.exists()
    outside: list[str] = []
    with ExitStack() as opened:
        submissions = []
        for path in download:
            ours = [out, folder, *(class_list or [])]
            entries, led_out = opened.enter_context(open_download(path, leave_out=ours))
            found = submissions_in(entries, users)
            if not found:
                message = _("It holds no submissions.")
                raise bad_input(path, None, message, _("Name what the LMS downloads."))
            if packed := packed_download(path, found):
                message = _("A ZIP file in a folder is not opened.")
                raise bad_input(packed, None, message, _("Name the ZIP file itself."))
            submissions += found
            outside += led_out
        draft = make_roster(lists, submissions, out, prune=prune)
    for name in outside:
        message = _("The name leads out of the download; it was left alone.")
        draft.doubts.append(Problem(name, None, message, _("Find out who made this file.")))
    written = bool(draft.students or lists or existed)
    if written:
        write_roster(draft, out)
    show_made(draft, lists, out, folder, written=written, existed=existed, quiet=quiet)
    return UNGRADED if draft.unreadable else ALL_POINTS
