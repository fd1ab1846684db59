"""The command ``export``: grades in the form that an LMS or a tool reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.commands.exit_statuses import ALL_POINTS, UNGRADED
from grader.commands.help import spoken_help
from grader.commands.option_values import shown_scores
from grader.commands.options import (
    AbsentOption,
    CommentLangOption,
    ForceOption,
    OpenByStudentOption,
    QuietOption,
    ResultsArgument,
)
from grader.i18n.language import N_, _, plural, spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from grader.commands.formats import Format
    from grader.export.formats import Export
    from grader.export.placing import Placement
    from grader.inputs.problems import Problem
    from grader.results.read_class import ClassRead, ClassRow

ScaleOption = Annotated[
    str | None,
    typer.Option("--scale", metavar="POINTS", help=N_("Full marks there [default: the rubric's].")),
]


@spoken_help
def export(
    results: ResultsArgument,
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            metavar="FORMAT",
            help=N_(
                "gradescope, moodle, moodle-feedback, canvas, lti, junit, csv, xlsx or html.",
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
    from grader.pages.hand_back import grades_of, remember, updated_record
    from grader.results.handed_back import read_handed_back
    from grader.results.read_class import read_class
    from grader.scoring.open_by import AS_GRADED
    from grader.scoring.scale import scale_of
    from grader.terminal.console import standard_error, standard_output

    chosen = formats_of(to)
    given = {"worksheet": worksheet, "gradebook": gradebook, "assignment": assignment, "ids": ids}
    useful = {name for form in chosen.values() for name in form.options}
    odd = [name for name, value in given.items() if value is not None and name not in useful]
    if odd:
        message = _("{format} has no use for it.", format=", ".join(chosen))
        raise BadInput([Problem(f"--{name}", None, message) for name in odd])
    on = scale_of(scale)
    read = read_class(results)
    handed_back = read_handed_back(results)
    scores = shown_scores(open_by_student, absent)
    handing = [name for name, form in chosen.items() if form.hands_back]
    handed: list[Export] = []
    made: list[tuple[Format, Export, Placement]] = []
    problems: list[Problem] = []
    # The pages come last: what the others hand out is no change any more.
    for name, form in sorted(chosen.items(), key=lambda item: not item[1].hands_back):
        if handed and not form.hands_back:
            handed_back = updated_record(handed_back, grades_of(handed), handing, read)
        target = place_of(form, name, results, out, several=len(chosen) > 1)
        export_of = Export(
            results,
            read.told_in(lang or read.lang, scores if form.one_score else AS_GRADED),
            read.students,
            read.rubric,
            on,
            lang or read.lang,
            **{key: value for key, value in given.items() if key in form.options},  # type: ignore[arg-type]
            out=target,
            handed_back=handed_back,
        )
        try:
            files = files_of(form, export_of)
        except BadInput as bad:
            problems += bad.problems
        else:
            replaces = force or (form.renews and out is None)
            made.append((form, export_of, Placement(target, files, replaces)))
            handed += [export_of] if form.hands_back else []
    if problems:
        raise BadInput(problems)
    inputs = [path for _format, export_of, _place in made for path in export_of.inputs]
    place([placement for _format, _export, placement in made], inputs, results)
    errors, output = standard_error(quiet=quiet), standard_output(quiet=quiet)
    tell_exported(read, [export_of for _format, export_of, _place in made], errors)
    if handing:
        tell_unkept(remember(results, grades_of(handed), handing), errors)
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


def tell_exported(read: ClassRead, made: Sequence[Export], errors: Console) -> None:
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


def tell_unkept(problem: Problem | None, errors: Console) -> None:
    """Say why the hand-back could not be remembered, if it could not."""
    from grader.terminal.problems import show_problems

    show_problems([problem] if problem is not None else [], errors)


def _untold(row: ClassRow, why: str | None) -> str:
    """A sentence: the student has no score, or only the sure points, and ``why`` if that is known."""
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
