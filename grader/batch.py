"""A class, from roster to results directory: fresh or resumed, and what stands there at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from grader.export.grades_csv import grades_csv
from grader.grading import Graded, Grading, Settings
from grader.problems import BadInput, Problem, refuse
from grader.results import Batch, Counts, Results, Stored, Student, now
from grader.summary import Summary, summarise, with_class_flags

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.course import Course
    from grader.observation import Observation
    from grader.report import Report
    from grader.roster import Account, Roster
    from grader.rubric import Rubric


@dataclass(frozen=True)
class Plan:
    """Who is to be graded, and who has a grade already that is kept."""

    todo: tuple[Account, ...]
    settings: Settings
    kept: tuple[Stored, ...] = ()


def plan(
    results: Results,
    roster: Roster,
    rubric: Rubric,
    settings: Settings,
    *,
    seed_given: bool,
    only: Sequence[str] = (),
    resume: bool = False,
    force: bool = False,
) -> Plan:
    """Who is graded now. Raises :class:`BadInput`; touches nothing."""
    results.check_fresh(resume=resume, force=force)
    chosen = _chosen(roster, only)
    if not (resume and results.root.is_dir() and any(results.root.iterdir())):
        return Plan(chosen, settings)
    batch = results.batch()
    changed = [
        name
        for name, before, after in (
            ("rubric", batch.rubric_sha256, rubric.sha256),
            ("roster", batch.roster_sha256, roster.sha256),
        )
        if before != after
    ]
    if changed and not force:
        raise refuse(
            results.root,
            None,
            f"The {' and the '.join(changed)} changed since this batch was started.",
            "Give --force to go on all the same, or another --out.",
        )
    stored = results.stored([Student.of(account) for account in roster.accounts])
    graded = {
        one.student.student_id: one
        for one in stored
        if one.report and one.report.status == "graded"
    }
    todo = tuple(a for a in chosen if only or a.student_id not in graded)
    again = {account.student_id for account in todo}
    return Plan(
        todo,
        replace(
            settings,
            seed=settings.seed if seed_given else batch.seed,
            attempt=batch.attempt + 1,
        ),
        # Whoever is graded again keeps the old result until there is a new one.
        tuple(one for one in stored if one.report and one.student.student_id not in again),
    )


def _chosen(roster: Roster, only: Sequence[str]) -> tuple[Account, ...]:
    if not only:
        return roster.accounts
    known = {account.student_id for account in roster.accounts}
    problems = [
        Problem("--only", None, f"There is no student {name!r} in the roster.")
        for name in only
        if name not in known
    ]
    if problems:
        raise BadInput(problems)
    return tuple(account for account in roster.accounts if account.student_id in only)


class ClassRun:
    """Grades a class into a results directory, and finishes it: flags, summary, ``grades.csv``."""

    def __init__(self, course: Course, results: Results, roster: Roster, plan: Plan) -> None:
        self._course, self._results, self._roster, self._plan = course, results, roster, plan
        self._graded: dict[str, tuple[Report, Observation | None]] = {
            one.student.student_id: (one.report, one.observation)
            for one in plan.kept
            if one.report is not None
        }
        self._started, self._clock = now(), time.monotonic()

    def run(self, shown: Callable[[Graded], None], *, start_over: bool) -> Summary:
        """Grade whoever is to be graded; ``shown`` is told of each. Files are whole at any moment.

        ``KeyboardInterrupt`` goes on up once ``batch.json`` says so.
        """
        if start_over:
            self._results.start_over()
        self._write_batch("running")
        self._results.write_rubric(self._course.rubric.source)
        grading = Grading(
            self._course.rubric,
            self._course.judge,
            self._course.checks,
            self._plan.settings,
            lambda graded: self._take(graded, shown),
        )
        try:
            grading.run(self._plan.todo)
        except KeyboardInterrupt:
            self._write_batch("interrupted")
            raise
        summary = self._finish()
        self._write_batch("finished")
        return summary

    @property
    def reports(self) -> list[Report]:
        """The reports there are, in the roster's order."""
        return [report for report, _ in self._in_order()]

    def _take(self, graded: Graded, shown: Callable[[Graded], None]) -> None:
        self._results.write_student(graded.report, graded.observation)
        self._graded[graded.account.student_id] = (graded.report, graded.observation)
        shown(graded)

    def _in_order(self) -> list[tuple[Report, Observation | None]]:
        ids = [account.student_id for account in self._roster.accounts]
        return [self._graded[name] for name in ids if name in self._graded]

    def _finish(self) -> Summary:
        rubric, before = self._course.rubric, self._in_order()
        reports = with_class_flags(before, rubric.lab.known_code)
        for (old, seen), report in zip(before, reports, strict=True):
            if old != report:
                self._results.write_report(report)
                self._graded[report.student_id] = (report, seen)
        return write_class(self._results, reports, rubric, self._students(), self._lang)

    @property
    def _lang(self) -> str:
        return self._plan.settings.lang

    def _students(self) -> list[Student]:
        return [Student.of(account) for account in self._roster.accounts]

    def _write_batch(self, state: Literal["running", "interrupted", "finished"]) -> None:
        settings, ended = self._plan.settings, state != "running"
        graded = sum(report.status == "graded" for report in self.reports)
        self._results.write_batch(
            Batch(
                state=state,
                rubric_sha256=self._course.rubric.sha256,
                roster_sha256=self._roster.sha256,
                seed=settings.seed,
                attempt=settings.attempt,
                jobs=settings.jobs,
                region=settings.region,
                endpoint_url=settings.endpoint_url,
                lang=settings.lang,
                checks=list(self._course.check_dirs),
                started_at=self._started,
                finished_at=now() if ended else None,
                duration_s=round(time.monotonic() - self._clock, 3) if ended else None,
                counts=Counts(
                    len(self._roster.accounts), graded, len(self._roster.accounts) - graded
                ),
                students=self._students(),
            )
        )


def write_class(
    results: Results,
    reports: Sequence[Report],
    rubric: Rubric,
    students: Sequence[Student],
    lang: str,
) -> Summary:
    """Write what the whole class makes up: ``summary.json`` and ``grades.csv``."""
    summary = summarise(reports, rubric, lang)
    results.write_summary(summary)
    extra = {student.student_id: student.extra for student in students}
    results.write_grades(grades_csv(reports, [c.id for c in rubric.criteria], extra))
    return summary
