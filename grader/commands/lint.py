"""The command ``lint``, for authors of rubrics and rosters."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.commands.exit_statuses import ALL_POINTS, exam_status
from grader.commands.help import spoken_help
from grader.commands.option_values import settings_of
from grader.commands.options import ChecksOption, LangOption, QuietOption, SeedOption
from grader.i18n.language import N_, _, plural

if TYPE_CHECKING:
    from rich.console import Console


@spoken_help
def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar=N_("[RUBRIC] [ROSTER]"), help=N_("A rubric (.yaml), a roster (.csv).")
        ),
    ] = None,
    checks: ChecksOption = None,
    exam: Annotated[
        bool,
        typer.Option("--exam", help=N_("Also grade the demo cohort in a sandbox by this rubric.")),
    ] = False,
    labs: Annotated[
        bool, typer.Option("--labs", help=N_("List the labs that come with the grader."))
    ] = False,
    seed: SeedOption = None,
    lang: LangOption = None,
    quiet: QuietOption = False,
) -> int:
    """Are these files right? Every problem at once, with file and line.

    With --exam: does the reference solution earn everything, an untouched account nothing?
    """
    from grader.batch.setup import load_setup, load_setup_and_roster, rubric_path
    from grader.commands.stored_options import stop_in_a_results_folder
    from grader.inputs.problems import bad_input
    from grader.terminal.console import standard_error, standard_output
    from grader.terminal.ungraded import show_absent

    if labs:
        show_labs(standard_output())
        return ALL_POINTS
    if not exam and seed is not None:
        raise bad_input("--seed", None, _("Only the exam has a use for it."), _("Add --exam."))
    rosters = [path for path in files or [] if _is_roster(path)]
    rubrics = [path for path in files or [] if path not in rosters]
    for several in (rubrics[1:], rosters[1:]):
        if several:
            at_a_time = _("One rubric (.yaml) and one roster (.csv) at a time.")
            raise bad_input(several[0], None, at_a_time)
    roster = rosters[0] if rosters else None
    stop_in_a_results_folder(rubrics[0] if rubrics else None, checks, option="")
    path = rubric_path(rubrics[0] if rubrics else None)
    students = None
    with ExitStack() as stack:
        if roster is None:
            setup = stack.enter_context(load_setup(path, checks))
        else:
            loading = load_setup_and_roster(path, checks, roster)
            setup, students = stack.enter_context(loading)
        if not quiet:
            out = standard_output()
            criteria, maximum = len(setup.rubric.criteria), setup.rubric.max_score
            out.print(
                plural(
                    criteria,
                    "{file}: right, {count} criterion, {maximum} points.",
                    "{file}: right, {count} criteria, {maximum} points.",
                    file=path,
                    maximum=float(maximum),
                )
            )
            if students is not None:
                out.print(
                    plural(
                        len(students.entries),
                        "{file}: right, {count} student.",
                        "{file}: right, {count} students.",
                        file=roster,
                    )
                )
                show_absent([entry for entry in students.entries if entry.absent], out)
        if not exam:
            return ALL_POINTS
        from grader.rehearsal.exam import show_exam, sit_exam

        settings = settings_of(seed=seed, region=None, endpoint_url=None, lang=lang)
        errors = standard_error(quiet=quiet)
        taken = sit_exam(setup, settings, errors=errors, quiet=quiet)
    given = rubrics[0] if rubrics else path
    show_exam(taken, given, standard_output(quiet=quiet), checks or ())
    return exam_status(taken)


def _is_roster(path: Path) -> bool:
    """Whether the file is taken for a roster: no YAML, and no bare name, which is meant as a lab's."""
    from grader.rubric.shipped import shipped_labs

    named = not path.suffix and (str(path) in shipped_labs() or not path.exists())
    return not (named or path.suffix.lower() in {".yaml", ".yml"})


def show_labs(out: Console) -> None:
    """The labs that come with the grader: name and title, a line each."""
    from rich.table import Table
    from rich.text import Text

    from grader.i18n.language import spoken
    from grader.rubric.load import load_rubric, text_in
    from grader.rubric.shipped import shipped_labs

    table = Table.grid(padding=(0, 2, 0, 0))
    for name, path in shipped_labs().items():
        table.add_row(Text(name), Text(text_in(load_rubric(path, None).title, spoken().code)))
    out.print(table)
