"""The command ``desk``: students hand in at a web page and see their grade."""

from __future__ import annotations

import shlex
import socket
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from grader.commands.grading import CONFIRM_S
from grader.commands.options import (
    ALL_POINTS,
    INTERRUPTED,
    ChecksOption,
    EndpointOption,
    ForceOption,
    Lang,
    LangOption,
    QuietOption,
    RegionOption,
    RubricOption,
    settings_of,
)
from grader.i18n.language import N_, _, plural, speak

if TYPE_CHECKING:
    from rich.console import Console

    from grader.desk.opening import OpenDesk, Opening
    from grader.desk.seat import View
    from grader.desk.tls import Tls


class Keep(StrEnum):
    """Which of a student's tries counts."""

    best = "best"
    last = "last"


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
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help=N_("Its port; 0 is any free one."))
    ] = 8443,
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
    ] = Keep.best,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help=N_("Accounts at a time."))] = 32,
    account_timeout: Annotated[
        int,
        typer.Option(
            "--account-timeout",
            min=1,
            metavar=N_("SECONDS"),
            help=N_("The time for one account at most."),
        ),
    ] = 600,
    confirm_silence: Annotated[
        int,
        typer.Option(
            "--confirm-silence",
            min=0,
            metavar=N_("SECONDS"),
            help=N_("So long after a silence that costs points it is looked once more."),
        ),
    ] = CONFIRM_S,
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
    from grader.inputs.problems import refuse

    _check_installed()
    if demo:
        raise NotImplementedError
    if roster is None:
        message = _("A desk is for a class, and none is given.")
        raise refuse("ROSTER", None, message, _("Name its roster, or give --demo."))
    from grader.batch.plan import plan
    from grader.batch.setup import loaded
    from grader.desk.links import LINKS
    from grader.desk.opening import OpenDesk, Opening
    from grader.desk.server import listen
    from grader.desk.times import until_of
    from grader.desk.tls import tls_of
    from grader.results.directory import Results
    from grader.roster.find import find_students
    from grader.terminal.console import standard_error, standard_output

    folder = out or Path("results")
    results, output, errors = (
        Results(folder),
        standard_output(quiet=quiet),
        standard_error(quiet=quiet),
    )
    base = _public(url) if url else None
    closes = until_of(until) if until else None
    tls = tls_of(host, cert, key, self_signed=self_signed, names=_names(host, base))
    if results.occupied:
        # What is not said again is as it was.
        before = results.batch()
        rubric = rubric or (folder / "rubric.yaml" if before.state != "starting" else None)
        checks = checks if checks is not None else [Path(path) for path in before.checks]
        region, endpoint_url = region or before.region, endpoint_url or before.endpoint_url
        lang = lang or Lang(before.lang)
        speak(lang.value)
    settings = settings_of(
        seed=None,
        region=region,
        endpoint_url=endpoint_url,
        lang=lang,
        jobs=jobs,
        account_timeout_s=account_timeout,
        confirm_s=confirm_silence,
        keep=keep.value,
    )
    with (
        listen(host, port) as listening,
        loaded(rubric, checks, roster, handed_in_here=True) as (course, students),
    ):
        if students is None:
            raise TypeError("a desk has a roster")
        planned = plan(
            results,
            students,
            course.rubric,
            settings,
            checks_sha256=course.checks_sha256,
            resume=results.occupied,
            force=force,
            keep_all=True,
        )
        opening = Opening(
            links=roster.parent / LINKS,
            base_url=base or _address(host, listening, tls),
            listening=listening,
            tls=tls,
            until=closes,
            released=find_students(students.accounts, release or (), "--release"),
            renewed=find_students(students.accounts, new_link or (), "--new-link"),
        )
        made = OpenDesk(
            *(course, results, students, planned, opening),
            opened=lambda link: _tell_open(link, opening, output, errors, quiet=quiet),
            told=lambda view: None if quiet else _tell_checked(view, errors),
        )
        made.serve()
    return _tell_ended(made, roster, out, errors, quiet=quiet)


def _check_installed() -> None:
    """Raise :class:`BadInput` where the extra ``desk`` is not installed."""
    from importlib.util import find_spec

    from grader.inputs.problems import refuse

    if missing := [name for name in ("starlette", "uvicorn", "trustme") if not find_spec(name)]:
        message = _("The desk needs {names}.", names=", ".join(missing))
        remedy = _("Install it with: {command}", command="pip install 'lambda-sqs-grader[desk]'")
        raise refuse("desk", None, message, remedy)


def _public(url: str) -> str:
    """The address that students use, without a slash at its end."""
    from grader.desk.tls import is_loopback
    from grader.inputs.problems import refuse

    parts = urlsplit(url)
    plain = not (parts.query or parts.fragment or parts.path.strip("/")) and parts.hostname
    if not plain or parts.scheme not in {"http", "https"}:
        message = _("It is not the address of a server.")
        raise refuse("--url", None, message, _("Write it like https://desk.example.org."))
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        message = _("Without TLS others can read what is handed in.")
        raise refuse("--url", None, message, _("Write it like https://desk.example.org."))
    return f"{parts.scheme}://{parts.netloc}"


def _names(host: str, base: str | None) -> list[str]:
    """What a certificate for this desk is for."""
    everywhere = {"0.0.0.0", "::"}  # noqa: S104 - they are compared with
    public = urlsplit(base).hostname if base else None
    given = [public, None if host in everywhere else host, socket.gethostname()]
    return [*(one for one in given if one), "localhost", "127.0.0.1"]


def _address(host: str, listening: socket.socket, tls: Tls | None) -> str:
    """Where the desk answers, for a link."""
    name = socket.gethostname() if host in {"0.0.0.0", "::"} else host  # noqa: S104
    name = f"[{name}]" if ":" in name else name
    scheme = "https" if tls else "http"
    return f"{scheme}://{name}:{listening.getsockname()[1]}"


def _tell_open(
    link: str, opening: Opening, output: Console, errors: Console, *, quiet: bool
) -> None:
    output.print(_("The board: {link}", link=link), soft_wrap=True, markup=False)
    if opening.tls is not None and opening.tls.fingerprint:
        told = _("SHA-256 fingerprint of the certificate: {digest}", digest=opening.tls.fingerprint)
        output.print(told, soft_wrap=True, markup=False)
    if not quiet:
        told = _("Each student's link is in {file}. Ctrl-C ends the desk.", file=opening.links)
        errors.print(told, soft_wrap=True, markup=False)


def _tell_checked(view: View, errors: Console) -> None:
    """A line for each check that ended."""
    from rich.text import Text

    from grader.i18n.language import spoken
    from grader.i18n.message import said
    from grader.safety.printable import plain
    from grader.terminal.report import points
    from grader.terminal.student_label import label

    if view.words is not None:
        result = said(view.words, spoken().code)
    elif view.report is None or view.report.score is None:
        result = _("not graded")
    else:
        result = points(view.report.score, view.report.max_score)
    line = _("{student}: {said}", student=label(view.row), said=result)
    errors.print(Text(plain(line)), soft_wrap=True)


def _tell_ended(
    made: OpenDesk, roster: Path, out: Path | None, errors: Console, *, quiet: bool
) -> int:
    """What there is, and how to go on. The exit status."""
    for problem in made.run.unwritten:
        errors.print(_("Not written: {problem}", problem=problem), markup=False)
    if made.cut_short:
        told = plural(
            made.cut_short,
            "{count} check had no end; its queues are given back.",
            "{count} checks had no end; their queues are given back.",
        )
        errors.print(told)
    if not quiet:
        folder = out or Path("results")
        words = ["grader", "desk", str(roster), *(["--out", str(out)] if out else [])]
        errors.print(_("Results are in {folder}.", folder=folder), markup=False)
        errors.print(
            _("Go on with: {command}", command=shlex.join(words)), soft_wrap=True, markup=False
        )
    return INTERRUPTED if made.cut_short else ALL_POINTS
