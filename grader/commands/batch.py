"""The command ``batch``: grade a class."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.commands.exit_statuses import INTERRUPTED, UNGRADED, batch_status
from grader.commands.file_limit import limit_jobs
from grader.commands.help import spoken_help
from grader.commands.json_output import output_file, write_stdout
from grader.commands.option_values import check_encodable
from grader.commands.options import (
    CONFIRM_S,
    AbsentOption,
    AccountTimeoutOption,
    ChecksOption,
    ConfirmOption,
    DueOption,
    EndpointOption,
    ForceOption,
    JobsOption,
    JsonOption,
    LangOption,
    OpenByStudentOption,
    QuietOption,
    RegionOption,
    RosterArgument,
    RubricOption,
    SeedOption,
)
from grader.i18n.language import N_, _, plural
from grader.model.run_bounds import EngineKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from grader.batch.run import ClassRun


@spoken_help
def batch(
    roster: RosterArgument,
    rubric: RubricOption = None,
    checks: ChecksOption = None,
    out: Annotated[
        Path, typer.Option("--out", metavar=N_("DIR"), help=N_("Where the results go."))
    ] = Path("results"),
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    seed: SeedOption = None,
    json: JsonOption = None,
    lang: LangOption = None,
    quiet: QuietOption = False,
    jobs: JobsOption = None,
    account_timeout: AccountTimeoutOption = None,
    engine: Annotated[
        EngineKind,
        typer.Option("--engine", help=N_("Threads here, or the workers of a Dask cluster.")),
    ] = "threads",
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            metavar=N_("ADDRESS"),
            help=N_("Dask's scheduler [default: a cluster here]."),
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar=N_("STUDENT"),
            help=N_("Only this student, and the group: an id, name or e-mail."),
        ),
    ] = None,
    confirm_silence: ConfirmOption = CONFIRM_S,
    resume: Annotated[
        bool, typer.Option("--resume", help=N_("Grade who is missing or was not graded."))
    ] = False,
    open_by_student: OpenByStudentOption = None,
    absent: AbsentOption = None,
    due: DueOption = None,
    force: ForceOption = False,
) -> int:
    """Grade a class: one folder a student, a summary, a table."""
    from grader.batch.plan import plan
    from grader.batch.run import ClassRun
    from grader.batch.setup import load_setup_and_roster, rubric_and_check_files
    from grader.commands.stored_options import (
        ClassOptions,
        confirm_again,
        resume_command,
        stop_in_a_results_folder,
        trusted_again,
    )
    from grader.engines.choose import engine_of
    from grader.results.directory import DESK, Results
    from grader.terminal.console import standard_error, standard_output
    from grader.terminal.progress import progress
    from grader.terminal.report import show_class

    results = Results(out)
    for_json = output_file(
        json, "--json", roster, *rubric_and_check_files(rubric, checks), *results.protected_files
    )
    options = ClassOptions(
        rubric=rubric,
        checks=checks,
        seed=seed,
        region=region,
        endpoint_url=endpoint_url,
        lang=lang,
        jobs=jobs,
        account_timeout=account_timeout,
        open_by_student=open_by_student,
        absent=absent,
        due=due,
    )
    goes_on = bool(resume or only) and results.occupied
    if goes_on:
        options = options.as_before(results)
    stop_in_a_results_folder(options.rubric, checks)
    errors = standard_error(quiet=quiet)
    settings = limit_jobs(options.settings(confirm_s=confirm_silence), errors)
    # One process judges faster than accounts are visited, and holds less memory than several.
    with load_setup_and_roster(
        options.rubric,
        options.checks,
        roster,
        workers=1,
        ways_needed=not (goes_on and (out / DESK).is_file()),
        going_on=results if goes_on else None,
    ) as (setup, students):
        check_encodable({}, setup.check_dirs)
        planned = plan(
            results,
            students,
            setup.rubric,
            settings,
            checks_sha256=setup.checks_sha256,
            only=only or (),
            resume=resume,
            force=force,
        )
        kept = trusted_again(setup.check_dirs, settings.endpoint_url)
        kept += confirm_again(confirm_silence)
        again = partial(resume_command, roster, out, engine, scheduler, kept)
        with engine_of(engine, scheduler, settings.jobs) as made:
            run = ClassRun(setup, results, students, planned, made)
            try:
                handed_in = [entry for entry in planned.todo if not entry.absent]
                with progress(handed_in, errors, quiet=quiet) as tell:
                    summary = run.run(lambda graded: tell(graded.report))
            except (KeyboardInterrupt, OSError, RuntimeError, MemoryError) as why:
                status = _tell_cut_short(run, why, out, errors)
                errors.print(_("Go on with: {command}", command=again(only)), soft_wrap=True)
                raise typer.Exit(status) from None
    if json == "-":
        write_stdout(results.stored_summary())
    else:
        show_class(run.reports, summary, standard_output(quiet=quiet))
    if for_json is not None:
        results.copy_summary(for_json)
    _tell_where(run, out, errors, quiet)
    _tell_missed(run, again, errors, quiet)
    return UNGRADED if run.unwritten or run.not_again else batch_status(run.reports)


def _tell_cut_short(run: ClassRun, why: BaseException, out: Path, errors: Console) -> int:
    """Say why the batch stopped early, and what it left; the exit status.

    Raises ``why`` itself where that is a fault of ours.
    """
    from grader.inputs.problems import reason
    from grader.model.machine_limit import limit_reached

    limit = limit_reached(why)
    if limit is not None:
        errors.print(_("The batch ended: {reason}", reason=_(limit)))
    elif isinstance(why, OSError):
        where = why.filename or out
        errors.print(_("The batch ended: {file}: {reason}.", file=where, reason=reason(why)))
    elif not isinstance(why, KeyboardInterrupt):
        raise why
    done = len(run.reports)
    errors.print(
        plural(
            done,
            "Interrupted; {count} student is done and kept in {folder}.",
            "Interrupted; {count} students are done and kept in {folder}.",
            folder=out,
        )
    )
    _tell_unwritten(run, errors)
    return INTERRUPTED if isinstance(why, KeyboardInterrupt) else UNGRADED


def _tell_where(run: ClassRun, out: Path, errors: Console, quiet: bool) -> None:
    """Where the results are, and those that were there before."""
    if quiet:
        return
    errors.print(_("Results are in {folder}.", folder=out))
    if run.kept_aside is not None:
        told = _("What was there before is kept in {folder}.", folder=run.kept_aside)
        errors.print(told, soft_wrap=True)


def _tell_unwritten(run: ClassRun, errors: Console) -> None:
    for problem in run.unwritten:
        errors.print(_("Not written: {problem}", problem=problem))


def _tell_missed(
    run: ClassRun, again: Callable[[list[str]], str], errors: Console, quiet: bool
) -> None:
    """Name whom this run gave no new result, why, and the command that tries them ``again``."""
    from grader.scoring.open_by import open_by
    from grader.terminal.problems import show_problems
    from grader.terminal.student_label import label
    from grader.terminal.ungraded import show_absent, show_ungraded, show_waiting

    show_problems(run.notes, errors)
    _tell_unwritten(run, errors)
    if not quiet:
        show_absent([report for report in run.reports if report.absent], errors)
    whose = {open_by(report) for report in run.reports}
    if "grader" in whose and not quiet:
        show_ungraded(run.reports, errors)
        errors.print(_("Try them again with: {command}", command=again([])), soft_wrap=True)
    if "student" in whose and not quiet:
        show_waiting(run.reports, errors)
        told = _("When they have done it, grade them with: {command}", command=again([]))
        errors.print(told, soft_wrap=True)
    if run.not_again:
        show_ungraded(run.not_again, errors)
        show_waiting(run.not_again, errors)
        names = [report.student_id for report in run.not_again]
        told = plural(
            len(names),
            "The earlier grade of {students} stands.",
            "The earlier grades of {students} stand.",
            students=", ".join(map(label, run.not_again)),
        )
        errors.print(told, soft_wrap=True)
        errors.print(_("Try again with: {command}", command=again(names)), soft_wrap=True)
