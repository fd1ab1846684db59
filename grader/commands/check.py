"""The command ``check``: one account, one's own; which criteria, whose account, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from grader.commands.exit_statuses import ALL_POINTS, POINTS_MISSING, UNGRADED
from grader.commands.help import spoken_help
from grader.commands.json_output import output_file, write_stdout
from grader.commands.option_values import settings_of, use_of
from grader.commands.options import (
    ChecksOption,
    EndpointOption,
    JsonOption,
    LangOption,
    QuietOption,
    RegionOption,
    RubricOption,
    SeedOption,
    UseOption,
)
from grader.i18n.language import N_, _, spoken
from grader.model.run_bounds import GREATEST_ATTEMPT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from grader.batch.parties import Graded
    from grader.batch.settings import Settings
    from grader.batch.setup import GradingSetup
    from grader.engines.visit import Identified, Visit
    from grader.model.access import Access
    from grader.model.observation import Identity, Observation
    from grader.model.report import Report
    from grader.results.directory import Results
    from grader.roster.load import RosterEntry

CriterionOption = Annotated[
    list[str] | None,
    typer.Option("--criterion", metavar="ID", help=N_("Look at this criterion only.")),
]

_ME = "me"
"""Whoever checks an account, as a student's id."""

_WHOSE = N_("AWS is asked whose account this is")


@spoken_help
def check(
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile", metavar=N_("NAME"), help=N_("A profile of your AWS configuration.")
        ),
    ] = None,
    block: Annotated[
        Path | None,
        typer.Option(
            "--block",
            metavar=N_("FILE|DIR"),
            help=N_("The credentials block to use, as it is handed in."),
        ),
    ] = None,
    rubric: RubricOption = None,
    checks: ChecksOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar=N_("DIR"), help=N_("Keep the report and the observation here.")
        ),
    ] = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    seed: SeedOption = None,
    attempt: Annotated[
        int,
        typer.Option(
            "--attempt",
            min=1,
            max=GREATEST_ATTEMPT,
            help=N_("The attempt of the run that --seed replays, as its report says."),
        ),
    ] = 1,
    json: JsonOption = None,
    lang: LangOption = None,
    quiet: QuietOption = False,
    criterion: CriterionOption = None,
    no_exchange: Annotated[
        bool, typer.Option("--no-exchange", help=N_("Look only: run nothing, send nothing."))
    ] = False,
    use: UseOption = None,
    gradescope: Annotated[
        str | None,
        typer.Option(
            "--gradescope", metavar=N_("FILE"), help=N_("Also as Gradescope's results.json.")
        ),
    ] = None,
) -> int:
    """Grade one account, mine: what the instructor will see, before handing in."""
    from grader.batch.partial_reports import is_waiting
    from grader.batch.setup import load_setup
    from grader.export.gradescope import write_results
    from grader.inputs.problems import bad_input
    from grader.model import report as reports
    from grader.results.atomic_write import write_json
    from grader.roster.load import RosterEntry
    from grader.terminal.console import standard_error, standard_output
    from grader.terminal.report import show_change, show_report

    if gradescope == "-":
        raise bad_input("--gradescope", None, _("It takes the name of a file."), _("Give one."))
    inputs = _judged_by(rubric, checks)
    for_json = output_file(json, "--json", *inputs)
    for_gradescope = output_file(gradescope, "--gradescope", *inputs, for_json)
    if out is not None:
        _place_to_keep(out)
    settings = settings_of(
        seed=seed, region=region, endpoint_url=endpoint_url, lang=lang, may_exercise=not no_exchange
    )
    # One worker of the judge judges in order: what was looked at, then everything.
    with load_setup(rubric, checks, workers=1) as setup:
        only = criteria_to_look_at(criterion, setup, may_exercise=settings.may_exercise)
        settings = replace(settings, only=only, attempt=attempt)
        mine = use_of(use, setup.rubric.lab.names)
        access = own_access(profile, block)
        me = RosterEntry(student_id=_ME, access=access, use=mine)
        errors = standard_error(quiet=quiet)
        output = errors if json == "-" else standard_output(quiet=quiet)
        graded, shown = _grade(me, setup, settings, output, errors, quiet=quiet)
        runs = settings.may_exercise and setup.needs_for(only).exercise
    check_used(graded.observation)
    if json == "-":
        write_stdout(reports.encode_report(graded.report))
    if shown is None or any(map(is_waiting, shown.criteria)):
        show_report(graded.report, output, shown)
    else:
        show_change(graded.report, shown, output)
    if not quiet and runs and graded.observation is not None and graded.observation.account_id:
        again = _("Seed: {seed}; --seed {seed} sends the same numbers again.", seed=settings.seed)
        if attempt > 1:
            again = _(
                "Seed: {seed}, attempt {attempt}; --seed {seed} --attempt {attempt} sends the same"
                " numbers again.",
                seed=settings.seed,
                attempt=attempt,
            )
        errors.print(again)
    if for_json is not None:
        write_json(for_json, reports.encode_report(graded.report), "report")
    if for_gradescope is not None:
        write_results(for_gradescope, graded.report, setup.rubric, settings.lang)
    if out is not None:
        _place_to_keep(out).write_student(graded.report, graded.observation)
    return check_status(graded.report)


def _judged_by(rubric: Path | None, checks: list[Path] | None) -> list[Path]:
    """The rubric and the files of own checks; none of them is a results folder's that nobody named."""
    from grader.batch.setup import rubric_and_check_files
    from grader.commands.stored_options import stop_in_a_results_folder

    stop_in_a_results_folder(rubric, checks)
    return rubric_and_check_files(rubric, checks)


def _place_to_keep(out: Path) -> Results:
    """The folder for the report and the observation, in which they lie nowhere else. It may hold
    anything besides. Raises :class:`BadInput` where it cannot be written, or only through a link."""
    from grader.results.directory import Results
    from grader.results.named_folder import writable
    from grader.results.only_files import refuse_links_between

    writable(out)
    results = Results(out)
    refuse_links_between(out, results.files_of(_ME))
    return results


def own_access(profile: str | None, block: Path | None) -> Access:
    """The way to the account that ``check`` is asked about."""
    from grader.inputs.problems import bad_input
    from grader.intake.handed_in import handed_in
    from grader.model.access import DefaultCredentials, Profile

    if block is None:
        return Profile(profile) if profile else DefaultCredentials()
    if profile:
        message = _("There are two ways to the account, --profile and --block.")
        raise bad_input("--block", None, message, _("Keep one of them."))
    return handed_in(block)


def _grade(
    me: RosterEntry,
    setup: GradingSetup,
    settings: Settings,
    output: Console,
    errors: Console,
    *,
    quiet: bool,
) -> tuple[Graded, Report | None]:
    """Grade the account; tell what is done, and show on ``output`` what is known by then.

    Returns the result, and what was shown last, where something was.
    """
    from grader.aws.clients import LONGEST_QUESTION_S
    from grader.batch.partial_reports import PartialReports, is_waiting
    from grader.batch.pipeline import Pipeline
    from grader.engines.threads import Threads
    from grader.i18n.message import message
    from grader.model.fact import Found
    from grader.roster.load import student_of
    from grader.terminal.progress import working
    from grader.terminal.report import show_partial_report, show_report

    needs = setup.needs_for(settings.only)
    taken: list[Graded] = []
    shown: list[Report] = []
    with working(errors, quiet=quiet) as at_work:

        def on_identified(found: Identified, visit: Visit) -> None:
            if not isinstance(found.identity, Found):
                return
            with at_work.still():
                tell_account(found.identity.value, visit.region, found.elsewhere, errors)
                runs = settings.may_exercise and needs.exercise
                invocations = setup.rubric.exchange.invocations if runs else 0
                tell_what_comes(errors, invocations, waits=bool(needs.facts["runs"]))

        def show(report: Report) -> None:
            with at_work.still():
                if any(map(is_waiting, report.criteria)):
                    show_partial_report(report, is_waiting, output)
                else:
                    show_report(report, output, shown[-1] if shown else None)
            shown.append(report)

        partial_reports = PartialReports(setup, settings, student_of(me), show)
        engine = Threads(
            settings.jobs,
            at_work.tell,
            step=at_work.step,
            on_partial_observation=None if quiet else partial_reports.judge_now,
        )
        if errors.is_terminal:
            # Elsewhere the first line that is printed is whose account it is.
            at_work.step(message(_WHOSE), LONGEST_QUESTION_S)
        Pipeline(
            setup.rubric,
            setup.judge,
            setup.checks,
            settings,
            on_graded=taken.append,
            engine=engine,
            on_identified=(lambda *_: None) if quiet else on_identified,
        ).run([me])
    return taken[0], shown[-1] if shown else None


def criteria_to_look_at(
    asked: list[str] | None, setup: GradingSetup, *, may_exercise: bool
) -> tuple[str, ...] | None:
    """The ids of the criteria that are looked at; ``None`` where all are.

    Unless the run ``may_exercise``, those are left out for which the function has to be run. Raises
    :class:`BadInput` for an id that the rubric does not have, and where nothing is left.
    """
    from grader.inputs.problems import BadInput, Problem, bad_input
    from grader.inputs.schema_errors import did_you_mean

    criteria = setup.rubric.criteria
    every = [criterion.id for criterion in criteria]
    problems = []
    for criterion_id in dict.fromkeys(asked or ()):
        if criterion_id not in every:
            message = _("The rubric has no criterion “{given}”.", given=criterion_id[:100])
            problems.append(
                Problem("--criterion", None, message, did_you_mean(criterion_id, every))
            )
    if problems:
        raise BadInput(problems)
    if asked is None and may_exercise:
        return None
    looked = [
        criterion.id
        for criterion in criteria
        if may_exercise or not setup.checks[criterion.check].exercises
    ]
    only = tuple(criterion_id for criterion_id in looked if asked is None or criterion_id in asked)
    if not only:
        message = _(
            "With --no-exchange nothing of this can be looked at: the function has to be run."
        )
        raise bad_input("--criterion", None, message, _("Leave out --no-exchange."))
    return only


def tell_account(
    identity: Identity, region: str, elsewhere: Sequence[str], errors: Console
) -> None:
    """Whose account it is, where, and which addresses are asked ``elsewhere`` than at AWS."""
    from rich.text import Text

    from grader.safety.printable import printable

    line = _("Account {account}, {region}.", account=identity.account_id, region=region)
    if elsewhere:
        place = ", ".join(map(_place, elsewhere))
        where = {"account": identity.account_id, "region": region, "place": place}
        line = _("Account {account}, {region}, {place}.", **where)
    errors.print(Text(printable(line)), soft_wrap=True)


def _place(url: str) -> str:
    from grader.safety.loopback import is_loopback

    host = urlsplit(url).hostname or ""
    if is_loopback(host):
        return _("the sandbox at {address}", address=urlsplit(url).netloc.rpartition("@")[2])
    return _("at {address}, which is not AWS's own", address=url)


def tell_what_comes(errors: Console, invocations: int, *, waits: bool) -> None:
    """How often the function is run, and that a run of its schedule is waited for."""
    from grader.resources.runs import RUNS_S

    if invocations:
        errors.print(
            _(
                "Checking your account: this runs your function and uses its queues "
                "(about {count} invocations).",
                count=invocations,
            )
        )
    if waits:
        errors.print(
            _(
                "A run by your function's schedule is waited for where one is due soon, "
                "{seconds} s at most.",
                seconds=RUNS_S,
            )
        )


def check_status(report: Report) -> int:
    """The exit status of a check: of what was looked at."""
    from grader.terminal.report import looked_at

    looked = looked_at(report)
    if any(result.status == "ungraded" for result in looked):
        return UNGRADED
    if report.score is not None:
        return ALL_POINTS if report.score >= report.max_score else POINTS_MISSING
    # A criterion of no points may fail and cost none.
    missing = any((result.points or 0) < result.max_points for result in looked)
    return POINTS_MISSING if missing else ALL_POINTS


def check_used(seen: Observation | None) -> None:
    """Raise :class:`BadInput` where ``--use`` names something that the account does not have."""
    from grader.i18n.message import as_message, said
    from grader.inputs.problems import BadInput, Problem
    from grader.model.fact import Unknown
    from grader.observe.meant import NOT_THERE

    facts = {**seen.functions, **seen.queues}.values() if seen else ()
    words = [fact.words for fact in facts if isinstance(fact, Unknown)]
    reasons = [as_message(word.values["reason"]) for word in words if word.message_id == NOT_THERE]
    if reasons:
        remedy = _("Name one that is there; nothing was run.")
        lang = spoken().code
        raise BadInput(
            Problem("--use", None, said(reason, lang), remedy) for reason in reasons if reason
        )
