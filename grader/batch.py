"""A class, from roster to results directory: fresh or resumed, and what stands there at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from grader.clock import now
from grader.grading import Grading
from grader.problems import BadInput, Problem, refuse
from grader.regrade import judged_again
from grader.results import Batch, Counts, Results, Stored, Student
from grader.summary import with_class_flags

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.course import Course
    from grader.engine import Engine
    from grader.grading import Graded, Settings
    from grader.observation import Observation
    from grader.report import Report
    from grader.roster import Account, Roster
    from grader.rubric import Rubric
    from grader.summary import Summary


@dataclass(frozen=True)
class Plan:
    """Who is to be graded, who keeps the result there is, and whether the folder is made anew.

    ``earlier`` holds the grades of those who are graded again: a fault now must not take them away.
    ``rejudge``: the rubric is another than the one that ``kept`` was judged by.
    """

    todo: tuple[Account, ...]
    settings: Settings
    start_over: bool
    kept: tuple[Stored, ...] = ()
    earlier: tuple[Stored, ...] = ()
    rejudge: bool = False


def plan(
    results: Results,
    roster: Roster,
    rubric: Rubric,
    settings: Settings,
    *,
    only: Sequence[str] = (),
    resume: bool = False,
    force: bool = False,
) -> Plan:
    """Who is graded now. Raises :class:`BadInput`; touches nothing.

    To grade some students alone in a folder that holds others is to go on with it.
    """
    resume = resume or bool(only)
    results.check_fresh(resume=resume, force=force)
    chosen = _chosen(roster, only)
    if not (resume and results.occupied):
        return Plan(chosen, settings, start_over=True)
    batch = results.batch()
    _refuse_changes(results, batch, roster, rubric, settings, force=force)
    before = {student.student_id: student for student in batch.students}
    stored = [
        one
        for one in results.stored([Student.of(account) for account in roster.accounts])
        # Another account is another observation.
        if one.report and _same_account(one.student, before.get(one.student.student_id))
    ]
    graded = {one.student.student_id for one in stored if one.report.status == "graded"}  # type: ignore[union-attr]
    todo = tuple(a for a in chosen if only or a.student_id not in graded)
    again = {account.student_id for account in todo}
    return Plan(
        todo,
        replace(settings, attempt=batch.attempt + 1),
        start_over=False,
        kept=tuple(one for one in stored if one.student.student_id not in again),
        earlier=tuple(one for one in stored if one.student.student_id in again & graded),
        rejudge=batch.rubric_sha256 != rubric.sha256,
    )


def _refuse_changes(
    results: Results,
    batch: Batch,
    roster: Roster,
    rubric: Rubric,
    settings: Settings,
    *,
    force: bool,
) -> None:
    compared = {
        "rubric": (batch.rubric_sha256, rubric.sha256),
        "roster": (batch.roster_sha256, roster.sha256),
        "region": (batch.region, settings.region),
        "endpoint": (batch.endpoint_url, settings.endpoint_url),
    }
    changed = [name for name, (before, after) in compared.items() if before != after]
    if changed and not force:
        raise refuse(
            results.root,
            None,
            f"The {' and the '.join(changed)} changed since this batch was started.",
            "Give --force to go on all the same, or another --out.",
        )


def _same_account(now: Student, before: Student | None) -> bool:
    return before is not None and (now.account_id, now.region, now.group) == (
        before.account_id,
        before.region,
        before.group,
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

    def __init__(
        self,
        course: Course,
        results: Results,
        roster: Roster,
        plan: Plan,
        engine: Engine | None = None,
    ) -> None:
        self._engine = engine
        self._course, self._results, self._roster, self._plan = course, results, roster, plan
        self._earlier = {one.student.student_id: one for one in plan.earlier}
        self._graded: dict[str, tuple[Report, Observation | None]] = {}
        self._started, self._clock = now(), time.monotonic()
        self.unwritten: list[str] = []

    def run(self, shown: Callable[[Graded], None]) -> Summary:
        """Grade whoever is to be graded; ``shown`` is told of each. Files are whole at any moment.

        Whatever ends it early goes on up once ``batch.json`` says so.
        """
        with self._results.locked():
            if self._plan.start_over:
                self._results.start_over()
            self._write_batch("running")
            try:
                self._results.write_rubric(self._course.rubric.source)
                self._keep()
                self._grade(shown)
                summary = self._finish()
            except BaseException:
                self._write_batch("interrupted")
                raise
            self._write_batch("finished")
        return summary

    def _keep(self) -> None:
        kept = self._plan.kept
        if self._plan.rejudge:
            again = judged_again(kept, self._course, lang=self._lang)
            for report, _ in again:
                self._results.keep_before(report.student_id)
                self._results.write_report(report)
        else:
            again = [(one.report, one.observation) for one in kept if one.report is not None]
        self._graded.update({report.student_id: (report, seen) for report, seen in again})

    def _grade(self, shown: Callable[[Graded], None]) -> None:
        Grading(
            self._course.rubric,
            self._course.judge,
            self._course.checks,
            self._plan.settings,
            lambda graded: self._take(graded, shown),
            self._engine,
        ).run(self._plan.todo)

    @property
    def reports(self) -> list[Report]:
        """The reports there are, in the roster's order."""
        return [report for report, _ in self._in_order()]

    def _take(self, graded: Graded, shown: Callable[[Graded], None]) -> None:
        name = graded.account.student_id
        earlier = self._earlier.get(name)
        if earlier and earlier.report and graded.report.status == "ungraded":
            # A fault of today does not take yesterday's grade away.
            self._graded[name] = (earlier.report, earlier.observation)
            shown(graded)
            return
        try:
            self._results.write_student(graded.report, graded.observation)
        except OSError as error:
            self.unwritten.append(f"{name}: {error}")
            return
        self._graded[name] = (graded.report, graded.observation)
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
        return self._results.write_class(reports, rubric, self._students(), self._lang)

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
