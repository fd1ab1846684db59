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
    LangOption,
    QuietOption,
    RegionOption,
    RubricOption,
    settings_of,
)
from grader.i18n.language import _, plural


def roster(
    download: Annotated[
        Path,
        typer.Argument(metavar="DIR|ZIP", help="All submissions, as Moodle or Canvas gives them."),
    ],
    out: Annotated[Path, typer.Option("--out", help="The roster to write.")] = Path("roster.csv"),
    force: ForceOption = False,
    lang: LangOption = None,  # noqa: ARG001 - the option itself sets what is spoken
    quiet: QuietOption = False,
) -> int:
    """Make a roster from the credentials blocks that students handed in."""
    from grader.inputs.problems import Problem, refuse
    from grader.intake.download import listed
    from grader.intake.make_roster import check_place, credentials_folder, make_roster, write_roster
    from grader.intake.submissions import submissions_in
    from grader.terminal.console import standard_error, standard_output
    from grader.terminal.problems import show_problems

    check_place(out, force=force)
    folder = credentials_folder(out)
    with listed(download, leave_out=[out, folder]) as (entries, outside):
        made = make_roster(submissions_in(entries))
    if not made.students and not made.left_out:
        raise refuse(
            download, None, _("It holds no submissions."), _("Name what the LMS downloads.")
        )
    if made.students:
        write_roster(made.students, out)
    errors = standard_error(quiet=quiet)
    for name in outside:
        message = _("The name leads out of the download; it was left alone.")
        made.doubts.append(Problem(name, None, message, _("Find out who made this file.")))
    if made.doubts:
        errors.print(_("To look at:"))
        show_problems(made.doubts, errors)
    if made.left_out:
        errors.print(_("Not in the roster:"))
        show_problems(made.left_out, errors)
    if not quiet:
        output = standard_output(quiet=quiet)
        count = len(made.students)
        if count:
            output.print(
                plural(
                    count,
                    "{file}: {count} student, their block in {folder}.",
                    "{file}: {count} students, their blocks in {folder}.",
                    file=out,
                    folder=folder,
                )
            )
            output.print(_("Next: {command}", command=f"grader doctor {shlex.quote(str(out))}"))
        if made.without:
            output.print(
                plural(made.without, "{count} not in the roster.", "{count} not in the roster.")
            )
    return UNGRADED if made.left_out else ALL_POINTS


def doctor(
    roster: Annotated[Path, typer.Argument(help="The class: a CSV file.", metavar="ROSTER")],
    rubric: RubricOption = None,
    checks: ChecksOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Accounts at a time.")] = 32,
    lang: LangOption = None,
    quiet: QuietOption = False,
) -> int:
    """Can every account be graded? Looks only: nothing runs, nothing is sent or received."""
    from grader.batch.setup import loaded
    from grader.doctor.examine import examine_class
    from grader.terminal.console import standard_output
    from grader.terminal.doctor import show_examinations
    from grader.terminal.ungraded import show_absent

    settings = settings_of(seed=0, region=region, endpoint_url=endpoint_url, lang=lang, jobs=jobs)
    with loaded(rubric, checks, roster) as (course, students):
        if students is None:
            raise TypeError("a doctor has a roster")
        found = examine_class(students, roster, course.rubric, course.needs, settings)
    show_examinations(found, standard_output(quiet=quiet))
    show_absent([one for one in students.accounts if one.absent], standard_output(quiet=quiet))
    return UNGRADED if any(one.faults for one in found) else ALL_POINTS
