"""Commands that give grades: ``check``, ``batch``, ``regrade``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.commands.options import (
    ALL_POINTS,
    POINTS_MISSING,
    UNGRADED,
    ChecksOption,
    EndpointOption,
    EngineKind,
    ForceOption,
    JsonOption,
    Lang,
    LangOption,
    QuietOption,
    RegionOption,
    RubricOption,
    SeedOption,
    batch_status,
    json_target,
    settings_of,
    write_stdout,
)

if TYPE_CHECKING:
    from grader.grading import Graded


def check(
    profile: Annotated[
        str | None, typer.Option("--profile", help="A profile of your AWS configuration.")
    ] = None,
    rubric: RubricOption = None,
    checks: ChecksOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Keep the report and the observation here.")
    ] = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    seed: SeedOption = None,
    json: JsonOption = None,
    lang: LangOption = Lang.en,
    quiet: QuietOption = False,
    no_exchange: Annotated[
        bool, typer.Option("--no-exchange", help="Look only: run nothing, send nothing.")
    ] = False,
) -> int:
    """Grade one account, mine: what the instructor will see, before handing in."""
    from grader import report as reports
    from grader import show
    from grader.course import loaded
    from grader.grading import Grading
    from grader.observe.account import needs_exercise
    from grader.results import Results, writable
    from grader.roster import Account, DefaultCredentials, Profile
    from grader.whole_file import write_json

    target = json_target(json)
    if out is not None:
        writable(out)
    settings = settings_of(
        seed=seed, region=region, endpoint_url=endpoint_url, lang=lang, exchange=not no_exchange
    )
    with loaded(rubric, checks) as (course, _):
        access = Profile(profile) if profile else DefaultCredentials()
        me = Account("me", "", "", None, None, None, None, access)
        if not quiet and settings.exchange and needs_exercise(course.rubric):
            show.standard_error().print(
                "Checking your account: this runs your function and uses its queues "
                "(about nine invocations)."
            )
        taken: list[Graded] = []
        Grading(course.rubric, course.judge, course.checks, settings, taken.append).run([me])
    graded = taken[0]
    if json == "-":
        write_stdout(reports.encode(graded.report))
        show.show_report(graded.report, show.standard_error(quiet=quiet))
    else:
        show.show_report(graded.report, show.standard_output(quiet=quiet))
    if target is not None:
        write_json(target, reports.encode(graded.report), "report")
    if out is not None:
        Results(out).write_student(graded.report, graded.observation)
    if graded.report.status == "ungraded":
        return UNGRADED
    return ALL_POINTS if graded.report.score == graded.report.max_score else POINTS_MISSING


def batch(
    roster: Annotated[Path, typer.Argument(help="The class: a CSV file.", metavar="ROSTER")],
    rubric: RubricOption = None,
    checks: ChecksOption = None,
    out: Annotated[Path, typer.Option("--out", help="Where the results go.")] = Path("results"),
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    seed: SeedOption = None,
    json: JsonOption = None,
    lang: Annotated[
        Lang | None, typer.Option("--lang", help="Language of titles and hints [default: en].")
    ] = None,
    quiet: QuietOption = False,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Accounts at a time.")] = 32,
    account_timeout: Annotated[
        int,
        typer.Option(
            "--account-timeout", min=1, metavar="SECONDS", help="The time for one account at most."
        ),
    ] = 600,
    engine: Annotated[
        EngineKind, typer.Option("--engine", help="Threads here, or the workers of a Dask cluster.")
    ] = EngineKind.threads,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", metavar="ADDRESS", help="Dask's scheduler [default: a cluster here]."
        ),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="STUDENT", help="Only this student.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Grade who is missing or was not graded.")
    ] = False,
    force: ForceOption = False,
) -> int:
    """Grade a class: one folder a student, a summary, a table."""
    from grader import batch as batches
    from grader import show
    from grader.course import loaded
    from grader.engine import engine_of
    from grader.results import RUBRIC, Results

    results, target = Results(out), json_target(json)
    if (resume or only) and results.occupied:
        # What is not said again is as it was.
        before = results.batch()
        rubric = rubric or out / RUBRIC
        checks = checks if checks is not None else [Path(path) for path in before.checks]
        seed = before.seed if seed is None else seed
        region, endpoint_url = region or before.region, endpoint_url or before.endpoint_url
        lang = lang or Lang(before.lang)
    settings = settings_of(
        seed=seed,
        region=region,
        endpoint_url=endpoint_url,
        lang=lang,
        jobs=jobs,
        account_timeout_s=account_timeout,
    )
    errors = show.standard_error(quiet=quiet)
    again = f"grader batch {shlex.quote(str(roster))} --out {shlex.quote(str(out))} --resume"
    with loaded(rubric, checks, roster) as (course, students):
        if students is None:
            raise TypeError("a batch has a roster")
        plan = batches.plan(
            results,
            students,
            course.rubric,
            settings,
            only=only or (),
            resume=resume,
            force=force,
        )
        with engine_of(engine.value, scheduler, jobs) as made:
            run = batches.ClassRun(course, results, students, plan, made)
            try:
                with show.progress(len(plan.todo), errors, quiet=quiet) as tell:
                    summary = run.run(lambda graded: tell(graded.report))
            except KeyboardInterrupt:
                done = len(run.reports)
                errors.print(f"Interrupted; {done} students are done and kept in {out}.")
                errors.print(f"Go on with: {again}")
                raise
    if json == "-":
        write_stdout((out / "summary.json").read_bytes())
    else:
        show.show_class(run.reports, summary, show.standard_output(quiet=quiet))
    if target is not None:
        results.copy_summary(target)
    for problem in run.unwritten:
        errors.print(f"Not written: {problem}")
    if not quiet:
        errors.print(f"Results are in {out}.")
        if summary.ungraded:
            errors.print(f"{summary.ungraded} could not be graded; try them again with: {again}")
    return UNGRADED if run.unwritten else batch_status(run.reports)


def regrade(
    results: Annotated[Path, typer.Argument(help="The folder of a batch.", metavar="RESULTS")],
    rubric: Annotated[
        Path | None,
        typer.Option("--rubric", help="Another rubric [default: the one the batch used]."),
    ] = None,
    checks: ChecksOption = None,
    json: JsonOption = None,
    lang: Annotated[
        Lang | None, typer.Option("--lang", help="Language [default: the batch's].")
    ] = None,
    quiet: QuietOption = False,
) -> int:
    """Judge and score stored observations again: no AWS is asked."""
    from grader import show
    from grader.course import loaded
    from grader.export.grades_csv import number
    from grader.regrade import regrade as again
    from grader.results import RUBRIC, Results

    stored, target = Results(results), json_target(json)
    before = stored.batch()
    dirs = checks if checks is not None else [Path(path) for path in before.checks]
    with loaded(rubric or results / RUBRIC, dirs) as (course, _):
        done = again(stored, course, lang=lang.value if lang else before.lang)
    if json == "-":
        write_stdout((results / "summary.json").read_bytes())
    else:
        out = show.standard_output(quiet=quiet)
        show.show_class(done.reports, done.summary, out)
        for change in done.changes:
            out.print(
                f"{change.student_id}: {number(change.before) or '-'} -> "
                f"{number(change.after) or '-'} ({', '.join(change.criteria)})"
            )
    if target is not None:
        stored.copy_summary(target)
    errors = show.standard_error(quiet=quiet)
    if not quiet:
        errors.print(f"{len(done.reports)} reports, {len(done.changes)} of them changed.")
    for student in done.skipped:
        errors.print(f"{student}: nothing was observed, so the report stays as it is.")
    return batch_status(done.reports)
