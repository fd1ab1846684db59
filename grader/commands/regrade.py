"""The command ``regrade``: judge and score again what is stored of a class."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.commands.exit_statuses import UNGRADED, batch_status
from grader.commands.help import spoken_help
from grader.commands.json_output import output_file, write_stdout
from grader.commands.option_values import check_encodable, due_time
from grader.commands.options import (
    ChecksOption,
    DueOption,
    JsonOption,
    LangOption,
    QuietOption,
    ResultsArgument,
)
from grader.i18n.language import N_, _, plural, speak, spoken

if TYPE_CHECKING:
    from rich.console import Console

    from grader.batch.regrade import Regraded


@spoken_help
def regrade(
    results: ResultsArgument,
    rubric: Annotated[
        Path | None,
        typer.Option(
            "--rubric",
            metavar=N_("LAB|FILE"),
            help=N_("Another rubric [default: the one the batch used]."),
        ),
    ] = None,
    checks: ChecksOption = None,
    due: DueOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=N_("Say what would change; write nothing."))
    ] = False,
    json: JsonOption = None,
    lang: LangOption = None,
    quiet: QuietOption = False,
) -> int:
    """Judge and score stored observations again: no AWS is asked."""
    from grader.batch.regrade import regrade as again
    from grader.batch.setup import load_setup, rubric_and_check_files
    from grader.commands.stored_options import (
        only_the_folder_names,
        stop_where_only_the_folder_says,
        trusted_again,
    )
    from grader.results.directory import RUBRIC, Results, summary_json
    from grader.terminal.changes import show_changes
    from grader.terminal.console import standard_error, standard_output
    from grader.terminal.problems import show_problems
    from grader.terminal.report import show_class

    stored = Results(results)
    for_json = output_file(
        json, "--json", *rubric_and_check_files(rubric, checks), *stored.protected_files
    )
    until = due_time(due)
    before = stored.batch()
    if lang is None:
        speak(before.lang)
    stop_where_only_the_folder_says(results, before, rubric=rubric, checks=checks)
    dirs = checks if checks is not None else [Path(path) for path in before.checks]
    with load_setup(rubric or results / RUBRIC, dirs) as setup:
        check_encodable({}, setup.check_dirs)
        done = again(stored, setup, lang=spoken().code, due=until, dry_run=dry_run)
    if json == "-":
        write_stdout(summary_json(done.summary))
    else:
        out = standard_output(quiet=quiet)
        show_class(done.reports, done.summary, out)
        show_changes(done.changes, out)
    if for_json is not None:
        stored.write_summary(for_json, done.summary)
    errors = standard_error(quiet=quiet)
    show_problems(done.notes, errors)
    if not quiet:
        count = len(done.changes)
        changed = (
            plural(count, "{count} of them would change", "{count} of them would change")
            if dry_run
            else plural(count, "{count} of them changed", "{count} of them changed")
        )
        counts = [plural(len(done.reports), "{count} report", "{count} reports"), changed]
        errors.print(f"{', '.join(counts)}.")
        if dry_run:
            errors.print(_("Nothing was written."))
    for student in done.skipped:
        kept = _("{student}: nothing was observed, so the report stays as it is.", student=student)
        errors.print(kept)
    _tell_what_is_left(done, results, trusted_again(setup.check_dirs, before.endpoint_url), errors)
    if (done.not_again or done.missing) and before.endpoint_url is not None:
        # Nobody gave it here, and the command that was printed does.
        show_problems([only_the_folder_names(results, before.endpoint_url)], errors)
    return UNGRADED if done.not_again or done.missing else batch_status(done.reports)


def _tell_what_is_left(
    done: Regraded, results: Path, given_again: list[str], errors: Console
) -> None:
    """Name whom regrading gave no new result, and the commands that go on with them."""
    from grader.commands.stored_options import resume_command
    from grader.terminal.ungraded import show_missing, show_unjudged

    again = partial(resume_command, Path(_("ROSTER")), results, "threads", None, given_again)
    if done.not_again:
        show_unjudged(done.not_again, errors)
        command = again([report.student_id for report in done.not_again])
        errors.print(_("Look at them again with: {command}", command=command), soft_wrap=True)
    if done.missing:
        show_missing(done.missing, errors)
        errors.print(_("Go on with: {command}", command=again(None)), soft_wrap=True)
