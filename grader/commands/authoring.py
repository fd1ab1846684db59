"""Commands for who writes rubrics and rosters: ``lint``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.commands.options import ALL_POINTS, ChecksOption, QuietOption


def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[RUBRIC] [ROSTER]", help="A rubric (.yaml), a roster (.csv)."),
    ] = None,
    checks: ChecksOption = None,
    quiet: QuietOption = False,
) -> int:
    """Are these files right? Every problem at once, with file and line."""
    from grader import show
    from grader.course import loaded, rubric_path
    from grader.problems import refuse

    rubrics = [path for path in files or [] if path.suffix.lower() in {".yaml", ".yml"}]
    rosters = [path for path in files or [] if path not in rubrics]
    for several in (rubrics[1:], rosters[1:]):
        if several:
            raise refuse(several[0], None, "One rubric (.yaml) and one roster (.csv) at a time.")
    roster = rosters[0] if rosters else None
    with loaded(rubrics[0] if rubrics else None, checks, roster) as (course, students):
        if quiet:
            return ALL_POINTS
        out = show.standard_output()
        criteria, maximum = len(course.rubric.criteria), course.rubric.max_score
        path = rubric_path(rubrics[0] if rubrics else None)
        out.print(f"{path}: right, {criteria} criteria, {maximum:g} points.")
        if students is not None:
            count = len(students.accounts)
            out.print(f"{roster}: right, {count} student{'s' if count > 1 else ''}.")
    return ALL_POINTS
