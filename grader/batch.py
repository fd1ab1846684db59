"""A class, from roster to results directory: fresh or resumed, and what stands there at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from grader.after_kill import outlive_killed
from grader.batch_file import Batch, Counts, Student
from grader.changes import roster_changes, rubric_changes, stored_rubric
from grader.clock import now
from grader.grading import Grading
from grader.language import _
from grader.observation import Found
from grader.plain import plain
from grader.problems import BadInput, Problem
from grader.regrade import judged_again
from grader.results import PAGE, RUBRIC, Results
from grader.summary import Known, code_of, with_class_flags

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from grader.course import Course
    from grader.engine import Engine
    from grader.grading import Graded, Settings
    from grader.report import Report
    from grader.roster import Account, Roster
    from grader.rubric import Rubric
    from grader.summary import Summary


@dataclass(frozen=True)
class Plan:
    """Who is to be graded, who keeps the result there is, and whether the folder is made anew.

    ``earlier`` holds the results of those who are graded again and whose account was seen: a fault
    now must not take them away.
    ``rejudge`` are those of ``kept`` whose report is of another rubric, or of another observation than
    the one that is stored.
    """

    todo: tuple[Account, ...]
    settings: Settings
    start_over: bool
    kept: tuple[Known, ...] = ()
    earlier: tuple[Known, ...] = ()
    rejudge: tuple[Student, ...] = ()


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
    if not force:
        _refuse_changes(results, batch, roster, rubric, settings)
    if batch.state == "starting":
        return Plan(chosen, settings, start_over=True)
    before = {student.student_id: student for student in batch.students}
    known: dict[str, Known] = {}
    seen: dict[str, Known] = {}
    outdated: list[Student] = []
    # Another account is another observation.
    maybe = (s for s in map(Student.of, roster.accounts) if not _another_account(s, before))
    for one in results.each_stored(maybe):
        if one.known is None or one.report is None:
            continue
        if one.observation is not None and isinstance(one.observation.identity, Found):
            seen[one.student.student_id] = one.known
        if not _same_account(one.student, before):
            continue
        known[one.student.student_id] = one.known
        if one.report.rubric_sha256 != rubric.sha256 or not one.agree:
            outdated.append(one.student)
    graded = {name for name, one in known.items() if one.report.status == "graded"}
    todo = tuple(a for a in chosen if only or a.student_id not in graded)
    again = {account.student_id for account in todo}
    return Plan(
        todo,
        replace(settings, attempt=batch.attempt + 1),
        start_over=False,
        kept=tuple(one for name, one in known.items() if name not in again),
        earlier=tuple(one for name, one in seen.items() if name in again),
        rejudge=tuple(student for student in outdated if student.student_id not in again),
    )


def _refuse_changes(
    results: Results,
    batch: Batch,
    roster: Roster,
    rubric: Rubric,
    settings: Settings,
) -> None:
    changed = {
        what: _("{before} then, {after} now", before=before or _("none"), after=after or _("none"))
        for what, before, after in (
            (_("The region changed since this batch was started"), batch.region, settings.region),
            (
                _("The endpoint changed since this batch was started"),
                batch.endpoint_url,
                settings.endpoint_url,
            ),
        )
        if before != after
    }
    if batch.rubric_sha256 != rubric.sha256:
        old = stored_rubric(results.root / RUBRIC, batch.rubric_sha256)
        changed[_("The rubric changed since this batch was started")] = rubric_changes(old, rubric)
    if batch.roster_sha256 != roster.sha256:
        students = [Student.of(account) for account in roster.accounts]
        what = _("The roster changed since this batch was started")
        changed[what] = roster_changes(batch.students, students)
    if changed:
        remedy = _("Give --force to go on all the same, or another --out.")
        raise BadInput(
            Problem(
                str(results.root),
                None,
                f"{what}{how and _(': ')}{how}.",
                remedy,
            )
            for what, how in changed.items()
        )


def _another_account(now: Student, then: Mapping[str, Student]) -> bool:
    """It is known to be another one; a region or a group may have been left out by mistake."""
    before = then.get(now.student_id)
    return before is None or (
        now.account_id is not None
        and before.account_id is not None
        and now.account_id != before.account_id
    )


def _same_account(now: Student, then: Mapping[str, Student]) -> bool:
    before = then.get(now.student_id)
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
        Problem("--only", None, _("There is no student {name} in the roster.", name=repr(name)))
        for name in only
        if name not in known
    ]
    if problems:
        raise BadInput(problems)
    return tuple(account for account in roster.accounts if account.student_id in only)


def _loses(earlier: Report, graded: Graded) -> bool:
    """The new result would take a grade away, or what was seen of the account."""
    now = graded.observation
    blind = now is None or not isinstance(now.identity, Found)
    return graded.report.status == "ungraded" and (earlier.status == "graded" or blind)


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
        self._earlier = {one.report.student_id: one for one in plan.earlier}
        self._graded: dict[str, Known] = {}
        self._started, self._clock = now(), time.monotonic()
        self.unwritten: list[str] = []

    def run(self, shown: Callable[[Graded], None]) -> Summary:
        """Grade whoever is to be graded; ``shown`` is told of each. Files are whole at any moment.

        Whatever ends it early goes on up once ``batch.json`` says so.
        """
        with self._results.locked():
            outlive_killed(self._results)
            if self._plan.start_over:
                self._write_batch("starting")
                self._results.start_over()
            self._results.write_rubric(self._course.rubric.source)
            self._write_batch("running")
            try:
                self._keep()
                self._grade(shown)
                summary = self._finish()
            except BaseException:
                self._write_batch("interrupted")
                raise
            self._write_batch("finished")
            self._write_pages(summary)
        return summary

    def _keep(self) -> None:
        plan = self._plan
        self._graded.update({one.report.student_id: one for one in plan.kept})
        for before, after in judged_again(
            self._results, plan.rejudge, self._course, lang=self._lang, region=plan.settings.region
        ):
            name = after.report.student_id
            if before != after.report:
                self._results.keep_before(name)
                self._results.write_report(after.report)
            self._graded[name] = after

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
        return [known.report for known in self._in_order()]

    def _take(self, graded: Graded, shown: Callable[[Graded], None]) -> None:
        name = graded.account.student_id
        earlier = self._earlier.get(name)
        if earlier and _loses(earlier.report, graded):
            # A fault of today does not take away what was seen yesterday.
            self._graded[name] = earlier
            shown(graded)
            return
        try:
            self._results.write_student(graded.report, graded.observation)
        except Exception as error:  # noqa: BLE001 - one student's files must not end the class
            self.unwritten.append(f"{name}: {plain(str(error), 200)}")
            return
        # The observation is on disk: of a class of thousands it would fill the memory.
        self._graded[name] = Known(graded.report, code_of(graded.observation))
        shown(graded)

    def _in_order(self) -> list[Known]:
        ids = [account.student_id for account in self._roster.accounts]
        return [self._graded[name] for name in ids if name in self._graded]

    def _finish(self) -> Summary:
        rubric, before = self._course.rubric, self._in_order()
        reports = with_class_flags(before, rubric.lab.known_code)
        for old, report in zip(before, reports, strict=True):
            if old.report != report:
                self._results.write_report(report)
                self._graded[report.student_id] = old._replace(report=report)
        return self._results.write_class(reports, rubric, self._students(), self._lang)

    @property
    def _lang(self) -> str:
        return self._plan.settings.lang

    def _students(self) -> list[Student]:
        return [Student.of(account) for account in self._roster.accounts]

    def _write_pages(self, summary: Summary) -> None:
        """Write the pages people read, last: the grades are safe whatever becomes of a page."""
        from grader.pages.writing import write_pages

        rubric = self._course.rubric
        try:
            write_pages(self._results, self.reports, summary, rubric, lang=self._lang)
        except Exception as error:  # noqa: BLE001 - the class is graded, and its files are written
            self.unwritten.append(f"{PAGE}: {plain(str(error), 200)}")

    def _write_batch(
        self, state: Literal["starting", "running", "interrupted", "finished"]
    ) -> None:
        settings, ended = self._plan.settings, state in {"interrupted", "finished"}
        graded = sum(report.status == "graded" for report in self.reports)
        self._results.write_batch(
            Batch(
                state=state,
                rubric_sha256=self._course.rubric.sha256,
                roster_sha256=self._roster.sha256,
                seed=settings.seed,
                attempt=settings.attempt,
                jobs=settings.jobs,
                account_timeout_s=settings.account_timeout_s,
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
