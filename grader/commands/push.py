"""The command ``push``: grades posted to a platform."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.commands.exit_statuses import ALL_POINTS, UNGRADED
from grader.commands.export import ScaleOption, tell_exported, tell_unkept
from grader.commands.help import SpokenCommand, SpokenGroup, spoken_help
from grader.commands.option_values import shown_scores
from grader.commands.options import (
    AbsentOption,
    CommentLangOption,
    LangOption,
    OpenByStudentOption,
    QuietOption,
    ResultsArgument,
)
from grader.i18n.language import N_, _

if TYPE_CHECKING:
    from rich.console import Console

    from grader.export.lti_push import PostOutcome

push = typer.Typer(
    help=N_("Send grades to a platform."),
    cls=SpokenGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
)


@push.callback(cls=SpokenGroup)
def _push(lang: LangOption = None) -> None:
    """The options that stand before a command."""


@push.command("lti", cls=SpokenCommand)
@spoken_help
def lti(
    results: ResultsArgument,
    line_item: Annotated[
        str, typer.Option("--line-item", metavar="URL", help=N_("The line item's own address."))
    ],
    client_id: Annotated[
        str | None,
        typer.Option("--client-id", metavar="ID", help=N_("The tool's id at the platform.")),
    ] = None,
    token_url: Annotated[
        str | None,
        typer.Option("--token-url", metavar="URL", help=N_("Where the platform gives tokens.")),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", metavar=N_("FILE"), help=N_("The tool's RSA private key, a PEM file.")
        ),
    ] = None,
    key_id: Annotated[
        str | None,
        typer.Option(
            "--key-id", metavar="ID", help=N_("The key's id (kid) in the tool's key set.")
        ),
    ] = None,
    audience: Annotated[
        str | None,
        typer.Option(
            "--audience",
            metavar="URL",
            help=N_("Whom the assertion is for [default: the token URL]."),
        ),
    ] = None,
    scale: ScaleOption = None,
    open_by_student: OpenByStudentOption = None,
    absent: AbsentOption = None,
    lang: CommentLangOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=N_("Say what would be posted; connect to nothing."))
    ] = False,
    quiet: QuietOption = False,
) -> int:
    """Post scores by LTI 1.3 Assignment and Grade Services: what the platform has not yet.

    What it took is kept in RESULTS/lti-pushed.ndjson.
    """
    from grader.export.formats import Export
    from grader.export.lti_client import address, client_of, platform
    from grader.export.lti_push import Memory
    from grader.export.lti_push import push as push_scores
    from grader.pages.hand_back import grades_of, remember
    from grader.results.directory import WAIT, Results
    from grader.results.handed_back import read_handed_back
    from grader.results.read_class import read_class
    from grader.scoring.scale import scale_of
    from grader.terminal.console import standard_error, standard_output

    address("--line-item", line_item)
    errors = standard_error(quiet=quiet)
    client = None
    if not dry_run:
        client = client_of(client_id, token_url, key, key_id, audience, errors)
    on = scale_of(scale)
    read = read_class(results)
    read_handed_back(results)  # damaged, it would only be met once the scores are posted
    told = read.told_in(lang or read.lang, shown_scores(open_by_student, absent))
    made = Export(results, told, read.students, read.rubric, on, lang or read.lang)
    with nullcontext() if dry_run else Results(results).locked(WAIT):
        memory = Memory(results, line_item, keeping=not dry_run)
        with platform(client, line_item) as at:
            done = push_scores(made, memory, at)
        there = {*done.known, *(student for student, _score in done.posted)}
        unkept = None
        if there and not dry_run:
            grades = {name: grade for name, grade in grades_of([made]).items() if name in there}
            unkept = remember(results, grades, ["push lti"], locked=True)
    tell_exported(read, [made], errors)
    tell_unkept(unkept, errors)
    _tell_pushed(done, errors, standard_output(quiet=quiet), dry_run=dry_run)
    wrong = read.problems or made.problems or done.refused or done.left
    return UNGRADED if wrong else ALL_POINTS


def _tell_pushed(done: PostOutcome, errors: Console, out: Console, *, dry_run: bool) -> None:
    for student, why in done.refused:
        errors.print(_("{student} was refused: {why}", student=student, why=why), soft_wrap=True)
    if done.ended:
        ended = _("The platform is not asked any more: {why}.", why=done.ended)
        errors.print(ended, soft_wrap=True)
        left = _("Not posted: {students}.", students=", ".join(done.left))
        errors.print(left, soft_wrap=True)
    for student, score in done.posted if dry_run else ():
        points = f"{score.score_given:g}/{score.score_maximum:g}"
        for_user = N_("{student}: {points} for the user {user}")
        line = _(for_user, student=student, points=points, user=score.user_id)
        out.print(line, soft_wrap=True)
    posted, there = len(done.posted), len(done.known)
    out.print(
        _("{posted} would be posted, {there} there already.", posted=posted, there=there)
        if dry_run
        else _("{posted} posted, {there} there already.", posted=posted, there=there)
    )
