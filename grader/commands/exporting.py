"""Commands that hand grades on: ``export``, and ``push`` to a platform."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.commands.help import SpokenCommand, SpokenGroup
from grader.commands.options import (
    ALL_POINTS,
    UNGRADED,
    AbsentOption,
    CommentLangOption,
    ForceOption,
    LangOption,
    OpenByStudentOption,
    QuietOption,
    shown_scores,
)
from grader.i18n.language import N_, _, plural, spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from grader.commands.formats import Format
    from grader.export.formats import Export
    from grader.export.lti_push import PostOutcome
    from grader.export.placing import Placement
    from grader.results.read_class import ClassRead, ClassRow

ResultsArgument = Annotated[
    Path, typer.Argument(help=N_("The folder of a batch."), metavar=N_("RESULTS"))
]
ScaleOption = Annotated[
    str | None,
    typer.Option("--scale", metavar="POINTS", help=N_("Full marks there [default: the rubric's].")),
]

push = typer.Typer(
    help=N_("Send grades to a platform."),
    cls=SpokenGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
)


def export(
    results: ResultsArgument,
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            metavar="FORMAT",
            help=N_(
                "gradescope, moodle, moodle-feedback, canvas, lti, junit, csv, xlsx or html; may be "
                "repeated."
            ),
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar=N_("PLACE"),
            help=N_(
                "Where it goes; of several formats, the folder [default: a place in RESULTS/exports]."
            ),
        ),
    ] = None,
    scale: ScaleOption = None,
    worksheet: Annotated[
        Path | None,
        typer.Option(
            "--worksheet",
            metavar=N_("FILE"),
            help=N_(
                "moodle: the grading worksheet to fill in; moodle-feedback: the one that says who is "
                "which participant."
            ),
        ),
    ] = None,
    gradebook: Annotated[
        Path | None,
        typer.Option(
            "--gradebook", metavar=N_("FILE"), help=N_("canvas: the exported gradebook to fill in.")
        ),
    ] = None,
    assignment: Annotated[
        str | None,
        typer.Option(
            "--assignment",
            metavar=N_("TITLE"),
            help=N_("canvas: the column's title, as “Title (123)”."),
        ),
    ] = None,
    ids: Annotated[
        str | None,
        typer.Option(
            "--ids",
            metavar=N_("KIND"),
            help=N_("canvas: say that your student_id is an id there: canvas, sis or login."),
        ),
    ] = None,
    open_by_student: OpenByStudentOption = None,
    absent: AbsentOption = None,
    lang: CommentLangOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
) -> int:
    """Write the grades of a batch in the form that an LMS or a tool reads."""
    from grader.commands.formats import files_of, formats_of, place_of
    from grader.export.formats import Export
    from grader.export.placing import Placement, place
    from grader.inputs.problems import BadInput, Problem
    from grader.results.read_class import read_class
    from grader.scoring.open_by import AS_GRADED
    from grader.scoring.scale import scale_of
    from grader.terminal.console import standard_error, standard_output

    chosen = formats_of(to)
    given = {"worksheet": worksheet, "gradebook": gradebook, "assignment": assignment, "ids": ids}
    useful = {name for one in chosen.values() for name in one.options}
    odd = [name for name, value in given.items() if value is not None and name not in useful]
    if odd:
        message = _("{format} has no use for it.", format=", ".join(chosen))
        raise BadInput([Problem(f"--{name}", None, message) for name in odd])
    on = scale_of(scale)
    read = read_class(results)
    scores = shown_scores(open_by_student, absent)
    made: list[tuple[Format, Export, Placement]] = []
    problems: list[Problem] = []
    for name, one in chosen.items():
        target = place_of(one, name, results, out, several=len(chosen) > 1)
        export_of = Export(
            results,
            read.told_in(lang or read.lang, scores if one.one_score else AS_GRADED),
            read.students,
            read.rubric,
            on,
            lang or read.lang,
            **{key: value for key, value in given.items() if key in one.options},  # type: ignore[arg-type]
            out=target,
        )
        try:
            files = files_of(one, export_of)
        except BadInput as bad:
            problems += bad.problems
        else:
            replaces = force or (one.renews and out is None)
            made.append((one, export_of, Placement(target, files, replaces)))
    if problems:
        raise BadInput(problems)
    inputs = [path for _format, export_of, _place in made for path in export_of.inputs]
    place([placement for _format, _export, placement in made], inputs, results)
    errors, output = standard_error(quiet=quiet), standard_output(quiet=quiet)
    _tell(read, [export_of for _format, export_of, _place in made], errors)
    for _format, export_of, placement in made if not quiet else ():
        graded = sum(row.report.score is not None for row in export_of.rows)
        told = plural(
            graded,
            "{place}: {count} student has a score.",
            "{place}: {count} students have a score.",
            place=placement.out,
        )
        output.print(told, soft_wrap=True)
    wrong = read.problems or any(export_of.problems for _format, export_of, _place in made)
    return UNGRADED if wrong else ALL_POINTS


def _tell(read: ClassRead, made: Sequence[Export], errors: Console) -> None:
    """Name who has no grade, what was left out of the exports, and what a human should know."""
    from grader.scoring.open_by import first_open
    from grader.terminal.problems import show_problems
    from grader.terminal.ungraded import show_absent

    lines: dict[str, None] = {}
    for row in (row for export in made for row in export.rows):
        if row.report.status == "ungraded" and not row.report.absent:
            first = first_open(row.report)
            lines[_untold(row, first.message if first else None)] = None
    for line in lines:
        errors.print(line, soft_wrap=True)
    show_absent([row.report for row in made[0].rows if row.report.absent], errors)
    wrong = dict.fromkeys(
        [*read.problems, *(found for export in made for found in export.problems)]
    )
    if wrong:
        errors.print(_("To put right:"))
        show_problems([*wrong], errors)
    # Two formats that read one worksheet say the same of it.
    told = dict.fromkeys([*read.notes, *(note for export in made for note in export.notes)])
    show_problems([*told], errors)


def _untold(row: ClassRow, why: str | None) -> str:
    """That a student has no score, or the sure points only, and ``why`` where that is known."""
    from grader.safety.printable import printable
    from grader.terminal.student_label import label

    student, points = label(row.report), row.report.score
    if why is None:
        return _("{student} has no score", student=student)
    if points is None:
        return _("{student} has no score: {why}", student=student, why=printable(why, 120))
    sure_only = N_("{student} has the points that are sure, {points}: {why}")
    shown = spoken().number(points)
    return _(sure_only, student=student, points=shown, why=printable(why, 120))


@push.callback(cls=SpokenGroup)
def _push(lang: LangOption = None) -> None:
    """Send grades to a platform."""


@push.command(
    "lti",
    cls=SpokenCommand,
    help=N_(
        "Post scores by LTI 1.3 Assignment and Grade Services: what the platform has not yet.\n\n"
        "What it took is kept in RESULTS/lti-pushed.ndjson."
    ),
)
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
    from grader.results.directory import Results
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
    told = read.told_in(lang or read.lang, shown_scores(open_by_student, absent))
    made = Export(results, told, read.students, read.rubric, on, lang or read.lang)
    with nullcontext() if dry_run else Results(results).locked():
        memory = Memory(results, line_item, keeping=not dry_run)
        with platform(client, line_item) as at:
            done = push_scores(made, memory, at)
    _tell(read, [made], errors)
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
