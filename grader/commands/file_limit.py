"""How many accounts fit at a time into the files that may be open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.i18n.language import _

if TYPE_CHECKING:
    from rich.console import Console

    from grader.batch.settings import Settings


def limit_jobs(settings: Settings, errors: Console) -> Settings:
    """``settings`` with no more accounts at a time than open files allow; a reduction is told."""
    from dataclasses import replace

    from grader.engines.open_files import jobs_that_fit, most_open_files

    jobs = jobs_that_fit(settings.jobs)
    if jobs < settings.jobs:
        line = _(
            "Only {most} files may be open at a time: {jobs} accounts at a time, not {asked}.",
            most=most_open_files(),
            jobs=jobs,
            asked=settings.jobs,
        )
        errors.print(line, soft_wrap=True)
    return replace(settings, jobs=jobs)
