"""Commands that need no AWS account: ``demo``, ``sandbox``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.commands.options import (
    JOBS,
    ForceOption,
    JobsOption,
    LangOption,
    QuietOption,
    SeedOption,
    settings_of,
    that_fit,
)
from grader.i18n.language import N_


def demo(
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar=N_("DIR"),
            help=N_("Where the results go [default: demo-results, made anew]."),
        ),
    ] = None,
    lab: Annotated[
        str | None,
        typer.Option("--lab", metavar=N_("NAME"), help=N_("A lab that grader lint --labs lists.")),
    ] = None,
    seed: SeedOption = None,
    lang: LangOption = None,
    quiet: QuietOption = False,
    jobs: JobsOption = None,
    force: ForceOption = False,
) -> int:
    """See it work: an AWS on this machine, a small class, its grades. Needs no account."""
    from grader.batch.setup import load_setup
    from grader.rehearsal.demo import run_demo
    from grader.rubric.shipped import DEFAULT, lab_path
    from grader.terminal.console import standard_error, standard_output

    name = lab or DEFAULT
    # The cohort's grades are those of the rubrics that come with it.
    settings = settings_of(seed=seed, region=None, endpoint_url=None, lang=lang, jobs=jobs or JOBS)
    errors = standard_error(quiet=quiet)
    with load_setup(lab_path(name, "--lab"), []) as (setup, _):
        return run_demo(
            setup,
            that_fit(settings, errors),
            out or Path("demo-results"),
            lab=name,
            force=force or out is None,
            output=standard_output(quiet=quiet),
            errors=errors,
            quiet=quiet,
        )


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
    lang: LangOption = None,  # noqa: ARG001 - the option itself sets what is spoken
) -> int:
    """Serve an AWS on 127.0.0.1 to work against, until Ctrl-C; prints what to export."""
    from grader.rehearsal.demo import serve

    return serve(port, deploy)
