"""Commands that need no AWS account: ``demo``, ``sandbox``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.commands.exit_statuses import ALL_POINTS, POINTS_MISSING
from grader.commands.file_limit import limit_jobs
from grader.commands.help import spoken_help
from grader.commands.option_values import settings_of
from grader.commands.options import (
    JOBS,
    ChecksOption,
    ForceOption,
    JobsOption,
    LangOption,
    QuietOption,
    SeedOption,
)
from grader.i18n.language import N_, _
from grader.inputs.problems import bad_input

OwnRubricOption = Annotated[
    Path | None,
    typer.Option(
        "--rubric",
        metavar=N_("LAB|FILE"),
        help=N_("The rubric of a lab of your own, whose names and messages are deployed."),
    ),
]


@spoken_help
def demo(
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar=N_("DIR"),
            help=N_("Where the results go [default: demo-results, replaced]."),
        ),
    ] = None,
    lab: Annotated[
        str | None,
        typer.Option("--lab", metavar=N_("NAME"), help=N_("A lab that grader lint --labs lists.")),
    ] = None,
    rubric: OwnRubricOption = None,
    checks: ChecksOption = None,
    seed: SeedOption = None,
    lang: LangOption = None,
    quiet: QuietOption = False,
    jobs: JobsOption = None,
    force: ForceOption = False,
) -> int:
    """See it work: an AWS on this machine, a small class, its grades. Needs no account."""
    from grader.batch.setup import load_setup
    from grader.rehearsal.demo import run_demo
    from grader.rubric.shipped import DEFAULT, lab_path, shipped_name
    from grader.terminal.console import standard_error, standard_output

    if lab is not None and rubric is not None:
        raise bad_input("--rubric", None, _("One of --lab and --rubric at a time."))
    _checks_need_rubric(rubric, checks, lab)
    name = shipped_name(rubric) if rubric else lab or DEFAULT
    path = lab_path(name, "--lab") if name else rubric
    settings = settings_of(seed=seed, region=None, endpoint_url=None, lang=lang, jobs=jobs or JOBS)
    errors = standard_error(quiet=quiet)
    with load_setup(path, checks) as setup:
        right = run_demo(
            setup,
            limit_jobs(settings, errors),
            out or Path("demo-results"),
            lab=name,
            force=force or out is None,
            output=standard_output(quiet=quiet),
            errors=errors,
            quiet=quiet,
        )
    return ALL_POINTS if right else POINTS_MISSING


@spoken_help
def sandbox(
    port: Annotated[
        int | None,
        typer.Option("--port", min=1, max=65535, help=N_("A port [default: a free one].")),
    ] = None,
    deploy: Annotated[
        str | None,
        typer.Option(
            "--deploy", metavar=N_("NAME"), help=N_("Deploy a demo submission, such as reference.")
        ),
    ] = None,
    rubric: OwnRubricOption = None,
    checks: ChecksOption = None,
    lang: LangOption = None,  # noqa: ARG001 - the option itself sets what is spoken
) -> int:
    """Serve an AWS on 127.0.0.1 to work against, until Ctrl-C; prints what to export."""
    from grader.batch.setup import load_setup
    from grader.rehearsal.demo import serve
    from grader.sandbox.cohort import COHORT, cohort_of
    from grader.sandbox.layout import SHIPPED, Layout

    _checks_need_rubric(rubric, checks)
    layout, submissions = SHIPPED, COHORT
    if rubric is not None:
        if deploy is None:
            wrong = _("A rubric names what a submission is deployed as, and none is deployed.")
            raise bad_input("--rubric", None, wrong, _("Give --deploy reference, too."))
        with load_setup(rubric, checks, workers=1) as setup:
            layout = Layout.of(setup.rubric, setup.needs)
            submissions = cohort_of(setup.rubric.exchange)
    serve(port, deploy, layout, submissions)
    return ALL_POINTS


def _checks_need_rubric(
    rubric: Path | None, checks: list[Path] | None, lab: str | None = None
) -> None:
    if checks and lab is not None:
        wrong = _("The rubric of a shipped lab asks for none of these checks.")
        raise bad_input("--checks", None, wrong, _("Give --rubric FILE instead of --lab."))
    if checks and rubric is None:
        wrong = _("No rubric is given that could ask for these checks.")
        raise bad_input("--checks", None, wrong, _("Give --rubric, too."))
