"""The command ``override``: a human's judgement in the place of the checks'."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.commands.exit_statuses import ALL_POINTS
from grader.commands.help import spoken_help
from grader.commands.option_values import check_encodable
from grader.commands.options import LangOption, QuietOption, ResultsArgument
from grader.i18n.language import N_, _, speak


@spoken_help
def override(
    results: ResultsArgument,
    student: Annotated[
        str, typer.Argument(help=N_("An id, name or e-mail."), metavar=N_("STUDENT"))
    ],
    criterion: Annotated[
        str,
        typer.Argument(
            help=N_("A criterion's id; bonus for points besides, total for the score itself."),
            metavar=N_("CRITERION"),
        ),
    ],
    points: Annotated[
        str,
        typer.Argument(
            help=N_("The points that count; of a bonus below 0, too."), metavar=N_("POINTS")
        ),
    ],
    why: Annotated[
        str,
        typer.Option("--why", metavar=N_("TEXT"), help=N_("The reason, which the student reads.")),
    ],
    by: Annotated[str, typer.Option("--by", metavar=N_("NAME"), help=N_("Who decides it."))] = "",
    lang: LangOption = None,
    quiet: QuietOption = False,
) -> int:
    """Give points by hand: they count at once, and whatever is judged again."""
    from grader.batch.override import OverrideRequest, override_points
    from grader.model.timestamps import now
    from grader.results.directory import Results
    from grader.terminal.changes import show_changes
    from grader.terminal.console import standard_error, standard_output
    from grader.terminal.problems import show_problems

    stored = Results(results)
    if lang is None:
        speak(stored.batch().lang)
    check_encodable({"--why": why, "--by": by})
    request = OverrideRequest(student, criterion, points, why, by, now())
    done = override_points(stored, request)
    errors = standard_error(quiet=quiet)
    show_changes(done.changes, standard_output(quiet=quiet))
    if done.report is None:
        told = N_("{student} has no report yet: the mark counts as soon as there is one.")
        errors.print(_(told, student=done.student_id), soft_wrap=True)
    show_problems(done.notes, errors)
    return ALL_POINTS
