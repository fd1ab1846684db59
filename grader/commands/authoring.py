"""Commands for who writes rubrics and rosters: ``lint``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.commands.options import (
    ALL_POINTS,
    ChecksOption,
    LangOption,
    QuietOption,
    SeedOption,
    settings_of,
)
from grader.i18n.language import _, plural


def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[RUBRIC] [ROSTER]", help="A rubric (.yaml), a roster (.csv)."),
    ] = None,
    checks: ChecksOption = None,
    exam: Annotated[
        bool,
        typer.Option("--exam", help="Also grade the demo cohort in a sandbox by this rubric."),
    ] = False,
    seed: SeedOption = None,
    lang: LangOption = None,
    quiet: QuietOption = False,
) -> int:
    """Are these files right? Every problem at once, with file and line.

    With --exam: does the reference solution earn everything, an untouched account nothing?
    """
    from grader.batch.setup import loaded, rubric_path
    from grader.inputs.problems import refuse
    from grader.terminal.console import standard_error, standard_output
    from grader.terminal.ungraded import show_absent

    if not exam and seed is not None:
        raise refuse("--seed", None, _("Only the exam has a use for it."), _("Add --exam."))
    rubrics = [path for path in files or [] if path.suffix.lower() in {".yaml", ".yml"}]
    rosters = [path for path in files or [] if path not in rubrics]
    for several in (rubrics[1:], rosters[1:]):
        if several:
            one = _("One rubric (.yaml) and one roster (.csv) at a time.")
            raise refuse(several[0], None, one)
    roster = rosters[0] if rosters else None
    with loaded(rubrics[0] if rubrics else None, checks, roster) as (course, students):
        if not quiet:
            out = standard_output()
            criteria, maximum = len(course.rubric.criteria), course.rubric.max_score
            path = rubric_path(rubrics[0] if rubrics else None)
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
                        len(students.accounts),
                        "{file}: right, {count} student.",
                        "{file}: right, {count} students.",
                        file=roster,
                    )
                )
                show_absent([one for one in students.accounts if one.absent], out)
        if not exam:
            return ALL_POINTS
        from grader.rehearsal.exam import show_exam, sit_exam

        settings = settings_of(seed=seed, region=None, endpoint_url=None, lang=lang, jobs=32)
        errors = standard_error(quiet=quiet)
        taken = sit_exam(course, settings, errors=errors, quiet=quiet)
    show_exam(taken, standard_output(quiet=quiet))
    return taken.status
