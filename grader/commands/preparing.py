"""Commands that come before a batch: ``roster``, ``doctor``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from grader.commands.options import (
    ALL_POINTS,
    UNGRADED,
    ChecksOption,
    EndpointOption,
    ForceOption,
    QuietOption,
    RegionOption,
    RubricOption,
    settings_of,
)


def roster(
    download: Annotated[
        Path,
        typer.Argument(metavar="DIR|ZIP", help="All submissions, as Moodle or Canvas gives them."),
    ],
    out: Annotated[Path, typer.Option("--out", help="The roster to write.")] = Path("roster.csv"),
    force: ForceOption = False,
    quiet: QuietOption = False,
) -> int:
    """Make a roster from the credentials blocks that students handed in."""
    from grader import show
    from grader.download import listed
    from grader.problems import Problem, refuse
    from grader.roster_making import check_place, credentials_folder, make_roster, write_roster
    from grader.submissions import submissions_in

    check_place(out, force=force)
    folder = credentials_folder(out)
    with listed(download, leave_out=[out, folder]) as (entries, outside):
        made = make_roster(submissions_in(entries))
    if not made.students and not made.left_out:
        raise refuse(download, None, "It holds no submissions.", "Name what the LMS downloads.")
    if made.students:
        write_roster(made.students, out)
    errors = show.standard_error(quiet=quiet)
    for name in outside:
        message = "The name leads out of the download; it was left alone."
        made.doubts.append(Problem(name, None, message, "Find out who made this file."))
    if made.doubts:
        errors.print("To look at:")
        show.show_problems(made.doubts, errors)
    if made.left_out:
        errors.print("Not in the roster:")
        show.show_problems(made.left_out, errors)
    if not quiet:
        output = show.standard_output(quiet=quiet)
        count = len(made.students)
        if count:
            output.print(
                f"{out}: {count} student{'s' if count > 1 else ''}, their blocks in {folder}."
            )
            output.print(f"Next: grader doctor {shlex.quote(str(out))}")
        if made.without:
            output.print(f"{made.without} not in the roster.")
    return UNGRADED if made.left_out else ALL_POINTS


def doctor(
    roster: Annotated[Path, typer.Argument(help="The class: a CSV file.", metavar="ROSTER")],
    rubric: RubricOption = None,
    checks: ChecksOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Accounts at a time.")] = 32,
    quiet: QuietOption = False,
) -> int:
    """Can every account be graded? Looks only: nothing runs, nothing is sent or received."""
    from grader import show
    from grader.course import loaded
    from grader.doctor import examine_class
    from grader.show_doctor import show_examinations

    settings = settings_of(seed=0, region=region, endpoint_url=endpoint_url, lang=None, jobs=jobs)
    with loaded(rubric, checks, roster) as (course, students):
        if students is None:
            raise TypeError("a doctor has a roster")
        found = examine_class(students, roster, course.rubric, settings)
    show_examinations(found, show.standard_output(quiet=quiet))
    return UNGRADED if any(one.faults for one in found) else ALL_POINTS
