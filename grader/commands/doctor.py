"""The command ``doctor``: can every account be graded?"""

from __future__ import annotations

from grader.commands.exit_statuses import ALL_POINTS, UNGRADED
from grader.commands.file_limit import limit_jobs
from grader.commands.help import spoken_help
from grader.commands.option_values import settings_of
from grader.commands.options import (
    JOBS,
    ChecksOption,
    EndpointOption,
    JobsOption,
    LangOption,
    QuietOption,
    RegionOption,
    RosterArgument,
    RubricOption,
)


@spoken_help
def doctor(
    roster: RosterArgument,
    rubric: RubricOption = None,
    checks: ChecksOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    jobs: JobsOption = None,
    lang: LangOption = None,
    quiet: QuietOption = False,
) -> int:
    """Can every account be graded? Looks only: nothing runs, nothing is sent or received."""
    from grader.batch.setup import load_setup_and_roster
    from grader.commands.stored_options import stop_in_a_results_folder
    from grader.doctor.examine import examine_class
    from grader.terminal.console import standard_error, standard_output
    from grader.terminal.doctor import show_examinations
    from grader.terminal.ungraded import show_absent

    stop_in_a_results_folder(rubric, checks)
    settings = settings_of(
        seed=0, region=region, endpoint_url=endpoint_url, lang=lang, jobs=jobs or JOBS
    )
    settings = limit_jobs(settings, standard_error(quiet=quiet))
    with load_setup_and_roster(rubric, checks, roster) as (setup, students):
        found = examine_class(students, roster, setup.rubric, setup.needs, settings)
    show_examinations(found, standard_output(quiet=quiet))
    show_absent([entry for entry in students.entries if entry.absent], standard_output(quiet=quiet))
    return UNGRADED if any(examination.faults for examination in found) else ALL_POINTS
