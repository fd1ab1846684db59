"""The command line: parses, calls, shows. What a command needs is imported when it runs."""

from __future__ import annotations

import gc
import os
import secrets
import shlex
import signal
import sys
import threading
import traceback
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from grader import __version__

if TYPE_CHECKING:
    from types import FrameType

    from grader.grading import Graded, Settings
    from grader.report import Report

ALL_POINTS, POINTS_MISSING, USAGE, UNGRADED, INTERRUPTED = 0, 1, 2, 3, 130

app = typer.Typer(
    name="grader",
    help="Grades deployed Lambda and SQS labs.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Lang(StrEnum):
    """The language of titles and hints."""

    en = "en"
    fr = "fr"


RubricOption = Annotated[
    Path | None,
    typer.Option("--rubric", help="The rubric [default: rubric.yaml here, else the shipped one]."),
]
ChecksOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--checks", help="A folder with checks of your own, besides checks/ by the rubric."
    ),
]
EndpointOption = Annotated[
    str | None,
    typer.Option("--endpoint-url", help="Where AWS answers, such as a sandbox's address."),
]
RegionOption = Annotated[
    str | None, typer.Option("--region", help="The region [default: the roster's, the rubric's].")
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", min=0, help="Replays the pairs of an earlier run.")
]
LangOption = Annotated[Lang, typer.Option("--lang", help="Language of titles and hints.")]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress, no colour: results only.")
]
JsonOption = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Also as JSON; - is standard output.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Go on where files would be replaced.")]


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


# -- what every command shares --------------------------------------------------------------------


def _settings(
    *,
    seed: int | None,
    region: str | None,
    endpoint_url: str | None,
    lang: str | None,
    jobs: int = 1,
    exchange: bool = True,
) -> Settings:
    """How the run is made. Raises :class:`BadInput` for a region or an address that is none."""
    from grader.grading import Settings
    from grader.problems import BadInput, Problem
    from grader.roster import shape_problem

    endpoint_url = endpoint_url or os.environ.get("AWS_ENDPOINT_URL") or None
    given = {"region": ("--region", region), "endpoint_url": ("--endpoint-url", endpoint_url)}
    problems = [
        Problem(option, None, *wrong)
        for column, (option, value) in given.items()
        if value is not None and (wrong := shape_problem(column, value))
    ]
    if problems:
        raise BadInput(problems)
    return Settings(
        seed=secrets.randbelow(2**31) if seed is None else seed,
        jobs=jobs,
        region=region,
        endpoint_url=endpoint_url,
        exchange=exchange,
        lang=lang or Lang.en,
    )


def _json_target(json: str | None) -> Path | None:
    """Where ``--json`` writes, unless it is standard output; found out before anything is done."""
    from grader.problems import refuse
    from grader.results import writable

    if json is None or json == "-":
        return None
    path = Path(json)
    if path.is_dir() or not path.parent.is_dir():
        raise refuse(path, None, "No file can be written there.", "Give --json another place.")
    if not path.exists():
        writable(path.parent)
    return path


def _write(json: bytes) -> None:
    """JSON to standard output: UTF-8, whatever the terminal speaks."""
    from grader.show import discard_output

    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(json)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        discard_output(sys.stdout)


def _status(reports: list[Report]) -> int:
    return UNGRADED if any(report.status == "ungraded" for report in reports) else ALL_POINTS


# -- commands -------------------------------------------------------------------------------------


@app.command()
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

    target = _json_target(json)
    if out is not None:
        writable(out)
    settings = _settings(
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
        _write(reports.encode(graded.report))
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


@app.command()
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
    from grader.results import RUBRIC, Results

    results, target = Results(out), _json_target(json)
    if (resume or only) and results.occupied:
        # What is not said again is as it was.
        before = results.batch()
        rubric = rubric or out / RUBRIC
        checks = checks if checks is not None else [Path(path) for path in before.checks]
        seed = before.seed if seed is None else seed
        region, endpoint_url = region or before.region, endpoint_url or before.endpoint_url
        lang = lang or Lang(before.lang)
    settings = _settings(seed=seed, region=region, endpoint_url=endpoint_url, lang=lang, jobs=jobs)
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
        run = batches.ClassRun(course, results, students, plan)
        try:
            with show.progress(len(plan.todo), errors, quiet=quiet) as tell:
                summary = run.run(lambda graded: tell(graded.report))
        except KeyboardInterrupt:
            errors.print(f"Interrupted; {len(run.reports)} students are done and kept in {out}.")
            errors.print(f"Go on with: {again}")
            raise
    if json == "-":
        _write((out / "summary.json").read_bytes())
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
    return UNGRADED if run.unwritten else _status(run.reports)


@app.command()
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

    stored, target = Results(results), _json_target(json)
    before = stored.batch()
    dirs = checks if checks is not None else [Path(path) for path in before.checks]
    with loaded(rubric or results / RUBRIC, dirs) as (course, _):
        done = again(stored, course, lang=lang.value if lang else before.lang)
    if json == "-":
        _write((results / "summary.json").read_bytes())
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
    return _status(done.reports)


@app.command()
def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[RUBRIC] [ROSTER]", help="A rubric (.yaml), a roster (.csv)."),
    ] = None,
    checks: ChecksOption = None,
    quiet: QuietOption = False,
) -> int:
    """Are these files right? Every problem at once, with file and line."""
    from grader import show
    from grader.course import loaded, rubric_path
    from grader.problems import refuse

    rubrics = [path for path in files or [] if path.suffix.lower() in {".yaml", ".yml"}]
    rosters = [path for path in files or [] if path not in rubrics]
    for several in (rubrics[1:], rosters[1:]):
        if several:
            raise refuse(several[0], None, "One rubric (.yaml) and one roster (.csv) at a time.")
    roster = rosters[0] if rosters else None
    with loaded(rubrics[0] if rubrics else None, checks, roster) as (course, students):
        if quiet:
            return ALL_POINTS
        out = show.standard_output()
        criteria, maximum = len(course.rubric.criteria), course.rubric.max_score
        path = rubric_path(rubrics[0] if rubrics else None)
        out.print(f"{path}: right, {criteria} criteria, {maximum:g} points.")
        if students is not None:
            count = len(students.accounts)
            out.print(f"{roster}: right, {count} student{'s' if count > 1 else ''}.")
    return ALL_POINTS


@app.command()
def demo(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where the results go [default: demo-results, made anew]."),
    ] = None,
    seed: SeedOption = None,
    lang: LangOption = Lang.en,
    quiet: QuietOption = False,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Accounts at a time.")] = 32,
    force: ForceOption = False,
) -> int:
    """See it work: an AWS on this machine, a small class, its grades. Needs no account."""
    from grader import show
    from grader.course import loaded
    from grader.demo import run_demo
    from grader.rubric import default_rubric_path

    # The cohort's grades are those of the rubric that comes with it.
    with loaded(default_rubric_path(), []) as (course, _):
        return run_demo(
            course,
            _settings(seed=seed, region=None, endpoint_url=None, lang=lang, jobs=jobs),
            out or Path("demo-results"),
            force=force or out is None,
            output=show.standard_output(quiet=quiet),
            errors=show.standard_error(quiet=quiet),
            quiet=quiet,
        )


@app.command()
def sandbox(
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="A port [default: a free one].")
    ] = None,
    deploy: Annotated[
        str | None,
        typer.Option("--deploy", metavar="NAME", help="Deploy a demo submission: reference, …"),
    ] = None,
) -> int:
    """Serve an AWS on 127.0.0.1 to work against, until Ctrl-C; prints what to export."""
    from grader.demo import serve

    return serve(port, deploy)


# -- the program ----------------------------------------------------------------------------------


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End once, in order: a second Ctrl-C must not cut the tidying short, which is bounded in time."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


_ENDING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


def run(arguments: list[str]) -> int:
    """Run one command; its exit status (design §7)."""
    from grader.problems import BadInput

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
        from grader import show

        show.show_problems(error.problems, show.standard_error())
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


def main() -> None:
    """The console script ``grader``."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    for number in _ENDING:
        # What the caller ignores stays ignored: nohup means it.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)
    status = run(sys.argv[1:])
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    if any(thread.name.startswith("observe") for thread in threading.enumerate()):
        # Threads that still wait for AWS would hold the program back. What the judge's processes
        # shared is freed first: nothing else would, and its tracker would complain.
        gc.collect()
        os._exit(status)
    sys.exit(status)
