"""The command ``desk``: students hand in at a web page and see their grade."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.commands.exit_statuses import ALL_POINTS, INTERRUPTED
from grader.commands.file_limit import limit_jobs
from grader.commands.help import spoken_help
from grader.commands.options import (
    CONFIRM_S,
    AccountTimeoutOption,
    ChecksOption,
    ConfirmOption,
    EndpointOption,
    ForceOption,
    JobsOption,
    LangOption,
    QuietOption,
    RegionOption,
    RubricOption,
)
from grader.i18n.language import N_, _, plural
from grader.model.run_bounds import Keep

if TYPE_CHECKING:
    from rich.console import Console

    from grader.commands.stored_options import ClassOptions
    from grader.desk.opening import DeskOptions, OpenDesk
    from grader.desk.seat import View


LOOPBACK, PORT = "127.0.0.1", 8443


@spoken_help
def desk(
    roster: Annotated[
        Path | None, typer.Argument(help=N_("The class: a CSV file."), metavar=N_("ROSTER"))
    ] = None,
    rubric: RubricOption = None,
    checks: ChecksOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar=N_("DIR"), help=N_("Where the results go [default: results].")
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar=N_("ADDRESS"),
            help=N_("Where it listens; with TLS only, if others can reach it."),
        ),
    ] = LOOPBACK,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help=N_("Its port; 0 is any free one."))
    ] = PORT,
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            metavar="URL",
            help=N_("The address that students use, where that is another: a reverse proxy's."),
        ),
    ] = None,
    cert: Annotated[
        Path | None,
        typer.Option("--cert", metavar=N_("FILE"), help=N_("The certificate for TLS, as PEM.")),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar=N_("FILE"), help=N_("The certificate's key."))
    ] = None,
    self_signed: Annotated[
        bool,
        typer.Option(
            "--self-signed", help=N_("Make a certificate for this run, and print its fingerprint.")
        ),
    ] = False,
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar=N_("TIME"),
            help=N_("Take nothing more after this: 18:00, or a moment in ISO 8601."),
        ),
    ] = None,
    keep: Annotated[
        Keep, typer.Option("--keep", help=N_("Which of a student's tries counts."))
    ] = "best",
    jobs: JobsOption = None,
    account_timeout: AccountTimeoutOption = None,
    confirm_silence: ConfirmOption = CONFIRM_S,
    release: Annotated[
        list[str] | None,
        typer.Option(
            "--release",
            metavar=N_("STUDENT"),
            help=N_("Let this student, and the group, hand in another account."),
        ),
    ] = None,
    new_link: Annotated[
        list[str] | None,
        typer.Option(
            "--new-link",
            metavar=N_("STUDENT"),
            help=N_("Give this student another link; the one before works no more."),
        ),
    ] = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    lang: LangOption = None,
    quiet: QuietOption = False,
    force: ForceOption = False,
    demo: Annotated[
        bool,
        typer.Option("--demo", help=N_("See it work: an AWS on this machine, and a small class.")),
    ] = False,
) -> int:
    """Let students hand in at a web page, and see their grade there."""
    from grader.commands.stored_options import ClassOptions
    from grader.inputs.problems import bad_input
    from grader.terminal.console import standard_error

    _check_installed()
    asked = DeskCommand(
        options=ClassOptions(
            rubric=rubric,
            checks=checks,
            region=region,
            endpoint_url=endpoint_url,
            lang=lang,
            jobs=jobs,
            account_timeout=account_timeout,
        ),
        out=out or Path("results"),
        host=host,
        port=port,
        url=url,
        cert=cert,
        key=key,
        self_signed=self_signed,
        until=until,
        keep=keep,
        confirm_silence=confirm_silence,
        release=release,
        new_link=new_link,
        quiet=quiet,
        force=force,
    )
    if demo:
        from grader.rehearsal.desk_demo import demo_class
        from grader.rubric.load import default_rubric_path

        errors, folder = standard_error(quiet=quiet), out or Path("demo-desk")
        with demo_class(folder, errors, force=force or out is None, quiet=quiet) as made:
            # The cohort's grades are those of the rubric that comes with it.
            options = replace(
                asked.options,
                rubric=default_rubric_path(),
                checks=[],
                endpoint_url=made.endpoint_url,
            )
            played = replace(asked, options=options, out=made.results, confirm_silence=0)
            return _serve(made.roster, played, blocks=made.blocks)
    if roster is None:
        message = _("A desk is for a class, and none is given.")
        raise bad_input("ROSTER", None, message, _("Name its roster, or give --demo."))
    return _serve(roster, asked)


@dataclass(frozen=True, kw_only=True)
class DeskCommand:
    """The options, as they were given."""

    options: ClassOptions
    out: Path
    host: str
    port: int
    url: str | None
    cert: Path | None
    key: Path | None
    self_signed: bool
    until: str | None
    keep: Keep
    confirm_silence: int
    release: list[str] | None
    new_link: list[str] | None
    quiet: bool
    force: bool


def _serve(roster: Path, asked: DeskCommand, blocks: Path | None = None) -> int:
    """Open a desk for the class and serve it. ``blocks`` has what each student of a demo pastes."""
    from grader.batch.plan import plan
    from grader.batch.setup import load_setup_and_roster
    from grader.commands.option_values import check_encodable
    from grader.commands.stored_options import stop_in_a_results_folder, trusted_again
    from grader.desk.addresses import address_of, certificate_names, public_address
    from grader.desk.links import LINKS
    from grader.desk.opening import DeskOptions, OpenDesk
    from grader.desk.server import listen
    from grader.desk.times import until_of
    from grader.desk.tls import tls_of
    from grader.results.directory import Results
    from grader.roster.find import find_students
    from grader.terminal.console import standard_error, standard_output

    quiet, host = asked.quiet, asked.host
    output, errors = standard_output(quiet=quiet), standard_error(quiet=quiet)
    check_encodable({"--url": asked.url})
    base = public_address(asked.url) if asked.url else None
    closes = until_of(asked.until) if asked.until else None
    names = certificate_names(host, base)
    tls = tls_of(host, asked.cert, asked.key, self_signed=asked.self_signed, names=names)
    results = Results(asked.out)
    options = asked.options.as_before(results) if results.occupied else asked.options
    stop_in_a_results_folder(options.rubric, options.checks)
    settings = options.settings(confirm_s=asked.confirm_silence, keep=asked.keep)
    settings = limit_jobs(settings, errors)
    with (
        listen(host, asked.port) as listening,
        load_setup_and_roster(
            options.rubric,
            options.checks,
            roster,
            ways_needed=False,
            files_needed=False,
            going_on=results if results.occupied else None,
        ) as (setup, students),
    ):
        check_encodable({}, setup.check_dirs)
        planned = plan(
            results,
            students,
            setup.rubric,
            settings,
            checks_sha256=setup.checks_sha256,
            resume=results.occupied,
            force=asked.force,
            keep_all=True,
        )
        desk_options = DeskOptions(
            links=roster.parent / LINKS,
            base_url=base or address_of(host, listening, tls),
            listening=listening,
            tls=tls,
            until=closes,
            released=find_students(students.entries, asked.release or (), "--release"),
            renewed=find_students(students.entries, asked.new_link or (), "--new-link"),
        )

        def tell_open(link: str) -> None:
            _tell_open(link, desk_options, open_desk, output, errors, quiet=quiet)
            if blocks is not None:
                _tell_demo(desk_options.links, blocks, output)

        open_desk = OpenDesk(
            setup,
            results,
            students,
            planned,
            desk_options,
            opened=tell_open,
            told=lambda view: None if quiet else _tell_checked(view, errors),
        )
        open_desk.serve()
        kept = trusted_again(setup.check_dirs, settings.endpoint_url)
    return _tell_ended(open_desk, roster, asked, errors, None if blocks is not None else kept)


def _tell_demo(links: Path, blocks: Path, output: Console) -> None:
    """Each student's link, and the file whose text is pasted there."""
    from grader.desk.links import read_links

    for name, link in read_links(links).items():
        output.print(f"{link}  {blocks / name}.txt", soft_wrap=True, markup=False)


def _check_installed() -> None:
    """Raise :class:`BadInput` where the extra ``desk`` is not installed."""
    from importlib.util import find_spec

    from grader.inputs.problems import bad_input, install_extra

    if missing := [name for name in ("starlette", "uvicorn", "trustme") if not find_spec(name)]:
        message = _("The desk needs {names}.", names=", ".join(missing))
        raise bad_input("desk", None, message, install_extra("desk"))


def _tell_open(
    link: str,
    desk_options: DeskOptions,
    open_desk: OpenDesk,
    output: Console,
    errors: Console,
    *,
    quiet: bool,
) -> None:
    output.print(_("The board: {link}", link=link), soft_wrap=True, markup=False)
    if desk_options.tls is not None and desk_options.tls.fingerprint:
        told = _(
            "SHA-256 fingerprint of the certificate: {digest}", digest=desk_options.tls.fingerprint
        )
        output.print(told, soft_wrap=True, markup=False)
    if not quiet:
        told = _("Each student's link is in {file}. Ctrl-C ends the desk.", file=desk_options.links)
        errors.print(told, soft_wrap=True, markup=False)
        if open_desk.links_before is not None:
            told = _("What was there before is kept in {folder}.", folder=open_desk.links_before)
            errors.print(told, soft_wrap=True, markup=False)
        if open_desk.without_link:
            told = plural(
                open_desk.without_link,
                "But the link of {count} student is not: it goes on working, and is written nowhere "
                "else. Another one is made with --new-link STUDENT.",
                "But the links of {count} students are not: they go on working, and are written nowhere "
                "else. Another one is made with --new-link STUDENT.",
            )
            errors.print(told, soft_wrap=True, markup=False)


def _tell_checked(view: View, errors: Console) -> None:
    """A line for each check that ended."""
    from rich.text import Text

    from grader.i18n.language import spoken
    from grader.i18n.message import said
    from grader.safety.printable import printable
    from grader.terminal.report import points
    from grader.terminal.student_label import label

    if view.words is not None:
        result = said(view.words, spoken().code)
    elif view.report is None or view.report.score is None:
        result = _("not graded")
    else:
        result = points(view.report.score, view.report.max_score)
    line = _("{student}: {said}", student=label(view.entry), said=result)
    errors.print(Text(printable(line)), soft_wrap=True)


def _tell_ended(
    open_desk: OpenDesk, roster: Path, asked: DeskCommand, errors: Console, kept: list[str] | None
) -> int:
    """What there is, and how to go on. The exit status.

    ``kept`` are options that the folder keeps and that have to be given again; ``None`` where nobody
    goes on, because it was a demo.
    """
    from grader.commands.stored_options import confirm_again

    for problem in open_desk.run.unwritten:
        errors.print(_("Not written: {problem}", problem=problem), markup=False)
    if open_desk.cut_short:
        told = plural(
            open_desk.cut_short,
            "{count} check had no end; its queues are given back.",
            "{count} checks had no end; their queues are given back.",
        )
        errors.print(told)
    if not asked.quiet:
        errors.print(_("Results are in {folder}.", folder=asked.out), markup=False, soft_wrap=True)
    if kept is not None and not asked.quiet:
        words = ["grader", "desk", str(roster), "--out", str(asked.out), *kept]
        words += ["--host", asked.host] if asked.host != LOOPBACK else []
        words += ["--port", str(asked.port)] if asked.port != PORT else []
        for option in ("url", "cert", "key"):
            value = getattr(asked, option)
            words += [f"--{option}", str(value)] if value else []
        words += ["--self-signed"] if asked.self_signed else []
        words += ["--keep", asked.keep] if asked.keep != "best" else []
        if open_desk.until is not None and open_desk.until > datetime.now(UTC):
            # The moment: a time of the day would mean another day tomorrow.
            words += ["--until", open_desk.until.isoformat(timespec="seconds")]
        words += confirm_again(asked.confirm_silence)
        told = _("Go on with: {command}", command=shlex.join(words))
        errors.print(told, soft_wrap=True, markup=False)
    return INTERRUPTED if open_desk.cut_short else ALL_POINTS
