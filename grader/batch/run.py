"""A class, graded into its results directory, and what stands there at the end."""

from __future__ import annotations

import errno
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from msgspec import UNSET

from grader.batch.known_groups import is_of_group
from grader.batch.parties import Graded, is_worth_more
from grader.batch.pipeline import Pipeline
from grader.batch.regrade import judged_again
from grader.batch.wait_for_killed import wait_for_orphaned_poll
from grader.i18n.language import _
from grader.inputs.problems import bad_input
from grader.model.access import MissingFile
from grader.model.batch import Batch, Counts, KnownWay, party_of
from grader.model.code_digest import grader_sha256
from grader.model.fact import Found
from grader.model.timestamps import now
from grader.results.directory import PAGE
from grader.results.last_seen import last_seen_accounts
from grader.results.named_accounts import NamedAccounts
from grader.roster.fingerprint import fingerprint
from grader.roster.load import student_of
from grader.safety.printable import printable
from grader.scoring.absent import absent_report
from grader.scoring.adjust import as_earned
from grader.scoring.suspicion import KeptResult, code_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from grader.batch.parties import Earlier
    from grader.batch.plan import Plan
    from grader.batch.setup import GradingSetup
    from grader.engines.protocol import Engine
    from grader.inputs.problems import Problem
    from grader.model.observation import Observation
    from grader.model.report import Report
    from grader.results.directory import Results
    from grader.roster.load import Roster, RosterEntry
    from grader.scoring.summary import Summary

_NOTHING_MORE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
"""Errors of the whole disk: every later write would fail too, so the batch stops."""


def _loses(earlier: Report, graded: Graded) -> bool:
    """Whether the new result would take away a grade, or what was seen of the account.

    A group's holds what was seen of its accounts before, and so takes nothing away, unless it knows of
    none, or the grader itself failed at one of them and the others are worth less. A human's marks
    settle what is open, and are no reason to forget what was seen.
    """
    observation = graded.observation
    was_graded = as_earned(earlier).status == "graded"
    if graded.fault is not None and was_graded:
        return is_worth_more(as_earned(earlier), as_earned(graded.report))
    seen = () if observation is None else (observation, *graded.others)
    found = any(isinstance(one.identity, Found) for one in seen)
    if graded.entry.group and found and graded.fault is None:
        return False
    blind = observation is None or not isinstance(observation.identity, Found)
    if as_earned(graded.report).status == "graded":
        return False
    takes = earlier.status == "graded" and graded.report.status == "ungraded"
    return blind or was_graded or takes


def _is_graded(known: KeptResult | None) -> bool:
    return known is not None and known.report.status == "graded"


class ClassRun:
    """Grades a class into a results directory, and finishes it: summary, ``grades.csv``, pages.

    ``work`` does the grading instead, and gives each result to :meth:`take`.
    """

    def __init__(
        self,
        setup: GradingSetup,
        results: Results,
        roster: Roster,
        plan: Plan,
        engine: Engine | None = None,
        work: Callable[[ClassRun], None] | None = None,
    ) -> None:
        self._engine, self._work = engine, work
        self._setup, self._results, self._roster, self._plan = setup, results, roster, plan
        self._earlier = {result.report.student_id: result for result in plan.earlier}
        self._graded: dict[str, KeptResult] = {}
        self._rows = [
            plan.settings.student_of(entry, plan.former_rows.get(entry.student_id))
            for entry in roster.entries
        ]
        self._named = NamedAccounts(self._rows)
        self._started, self._clock = now(), time.monotonic()
        self._ways = dict(plan.ways)
        self._unjudged: dict[str, KeptResult] = {}
        self.unwritten: list[str] = []
        self.not_again: list[Report] = []
        """What came of those whose earlier grade stands because they could not be graded now."""
        self.kept_aside: Path | None = None
        """Where what was there before is now, if this run began anew."""

    def run(self, on_graded: Callable[[Graded], None]) -> Summary:
        """Grade whoever is to be graded; ``on_graded`` is told of each. Files are whole at any moment.

        Whatever ends it early goes on up once ``batch.json`` says so.
        """
        with self._results.locked():
            if self._results.raw_batch != self._plan.raw_batch:
                message = _("Another grader was at work in this folder just now.")
                raise bad_input(self._results.root, None, message, _("Give the command again."))
            wait_for_orphaned_poll(self._results)
            if self._plan.start_over:
                self.kept_aside = self._results.prepare_backup_folder()
                self._write_batch("starting")
                self._results.start_over(self.kept_aside)
            self._results.write_rubric(self._setup.rubric.source)
            self._write_batch("running")
            try:
                self._keep()
                self._note_absent()
                if self._work is None:
                    self._grade(on_graded)
                else:
                    self._work(self)
                summary = self._finish()
            except BaseException:
                with suppress(OSError):  # the original error may be a full disk
                    self._write_batch("interrupted")
                raise
            if self._plan.unfinished and len(self._graded) < len(self._roster.entries):
                self._write_batch("interrupted")  # students outside --only are still missing
            else:
                self._write_batch("finished")
                self._write_pages(summary)
        return summary

    def _keep(self) -> None:
        plan, again = self._plan, {student.student_id for student in self._plan.rejudge}
        for known in plan.kept:
            self._graded[known.report.student_id] = self._with_overrides(known, again)
        for name, known in self._earlier.items():
            self._earlier[name] = self._with_overrides(known, again)
        for rejudged in judged_again(
            self._results,
            plan.rejudge,
            self._setup,
            lang=self._lang,
            region=plan.settings.region,
            everyone=self._rows,
            due=plan.settings.due,
            overrides=plan.overrides,
        ):
            name = rejudged.result.report.student_id
            if rejudged.is_change:
                rejudged.write(self._results, "resume")
            is_looked_at_again = name in self._earlier
            (self._earlier if is_looked_at_again else self._graded)[name] = rejudged.result
            if rejudged.not_again is not None:
                self._unjudged[name] = rejudged.result
                if _is_graded(rejudged.result) and not is_looked_at_again:
                    self.not_again.append(rejudged.not_again)
        if self._work is not None:  # nobody need come of those who are to be graded again
            self._graded = {**self._earlier, **self._graded}

    def _with_overrides(self, known: KeptResult, again: Collection[str]) -> KeptResult:
        """``known`` with the marks that there are now, written where that is another report; whoever is
        judged ``again`` gets them then."""
        if known.report.student_id in again:
            return known
        report = self._plan.overrides.apply_to(known.report)
        if report != known.report:
            self._results.write_report(report, former=known.report)
        return KeptResult(report, known.code)

    def _grade(self, on_graded: Callable[[Graded], None]) -> None:
        rows = [entry for entry in self._plan.todo if not entry.absent]
        take = partial(self.take, on_graded=on_graded)
        self._pipeline(take, self._engine, self._plan.groups).run(rows)

    def _pipeline(
        self,
        on_graded: Callable[[Graded], object],
        engine: Engine | None,
        earlier: Mapping[str, Earlier],
    ) -> Pipeline:
        setup, settings = self._setup, self._plan.settings
        return Pipeline(
            setup.rubric,
            setup.judge,
            setup.checks,
            settings,
            on_graded=on_graded,
            engine=engine,
            earlier=earlier,
            stored=self._last_seen,
        )

    def _last_seen(self, party: str) -> list[Observation]:
        """What is stored of a party that is graded again."""
        stored = self._results.each_stored(self._plan.stored.get(party, ()))
        return last_seen_accounts(stored, self._named.may_be)

    def _note_absent(self) -> None:
        """Write the reports of those who handed in nothing; what was seen of one earlier stays.

        Whoever is new in a group that was seen gets what that comes to.
        """
        rubric, settings = self._setup.rubric, self._plan.settings
        joining: list[RosterEntry] = []
        for entry in self._plan.todo:
            if not entry.absent:
                continue
            student, earlier = student_of(entry), self._earlier.get(entry.student_id)
            is_new = earlier is None or not is_of_group(earlier.report, entry)
            if is_new and self._last_seen(party_of(entry)):
                joining.append(entry)
            elif earlier is not None:
                self._graded[entry.student_id] = earlier
            else:
                report = absent_report(
                    student,
                    rubric,
                    seed=settings.seed,
                    region=settings.region_of(entry, rubric),
                    lang=self._lang,
                    before=self._results.report_of(entry.student_id),
                )
                self.take(Graded(entry, None, report))
        if joining:
            self._join(joining)

    def _join(self, rows: Sequence[RosterEntry]) -> None:
        """Grade rows that name no way by what is stored of their groups: no way of theirs is tried."""
        self._pipeline(self.take, None, {}).run(rows, visit=False)

    @property
    def known(self) -> list[KeptResult]:
        """What is known of each student so far, in the roster's order."""
        return self._in_order()

    @property
    def notes(self) -> tuple[Problem, ...]:
        """What a human should know of ``overrides.csv``."""
        return self._plan.overrides.notes

    @property
    def reports(self) -> list[Report]:
        """The reports there are, in the roster's order."""
        return [known.report for known in self._in_order()]

    def take(
        self, graded: Graded, on_graded: Callable[[Graded], None] = lambda _graded: None
    ) -> Report | None:
        """Write a student's result, one at a time. The report that counts now, with a human's marks;
        ``None`` where it could not be written. Raises ``OSError`` where nothing more can be written."""
        name = graded.entry.student_id
        earlier = self._earlier.get(name)
        graded = replace(graded, report=self._plan.overrides.apply_to(graded.report))
        if earlier and _loses(earlier.report, graded):
            # A fault of today does not take away what was seen yesterday.
            self._graded[name] = earlier
            if _is_graded(earlier):
                self.not_again.append(graded.fault or graded.report)
            on_graded(graded)
            return earlier.report
        try:
            former = self._results.report_of(name)
            self._results.write_student(
                graded.report, graded.observation, graded.others, former=former
            )
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _NOTHING_MORE:
                raise
            self.unwritten.append(f"{name}: {printable(str(error), 200)}")
            return None
        of_this_run = graded.this_run_report
        if of_this_run is not None and of_this_run.status == "ungraded" and _is_graded(earlier):
            self.not_again.append(of_this_run)
        # Where an earlier grade stands, its way is tried again. What is known of a way stays while its
        # file is missing: put back, it is no new one.
        if graded.entry.group and not isinstance(graded.entry.access, MissingFile):
            self._ways[name] = KnownWay(fingerprint(graded.entry), graded.led_to)
        # The observation is on disk: of a class of thousands it would fill the memory.
        self._graded[name] = KeptResult(graded.report, code_of(graded.observation))
        on_graded(graded)
        return graded.report

    def _in_order(self) -> list[KeptResult]:
        ids = [entry.student_id for entry in self._roster.entries]
        return [self._graded[name] for name in ids if name in self._graded]

    def _finish(self) -> Summary:
        shown, known = self._plan.settings.shown, self._in_order()
        return self._results.write_class(known, self._setup.rubric, self._rows, self._lang, shown)

    @property
    def _lang(self) -> str:
        return self._plan.settings.lang

    def _known_ways(self) -> dict[str, KnownWay]:
        grouped = [entry.student_id for entry in self._roster.entries if entry.group]
        return {name: self._ways[name] for name in grouped if name in self._ways}

    def _write_pages(self, summary: Summary) -> None:
        """Write the pages people read, last: the grades are safe whatever becomes of a page."""
        from grader.pages.writing import write_pages

        rubric = self._setup.rubric
        try:
            write_pages(self._results, self.reports, summary, rubric, lang=self._lang)
        except Exception as error:  # noqa: BLE001 - the class is graded, and its files are written
            self.unwritten.append(f"{PAGE}: {printable(str(error), 200)}")

    def _write_batch(
        self, state: Literal["starting", "running", "interrupted", "finished"]
    ) -> None:
        settings, ended = self._plan.settings, state in {"interrupted", "finished"}
        graded = sum(report.status == "graded" for report in self.reports)
        absent = sum(report.absent for report in self.reports)
        everybody = len(self._roster.entries)
        failed = [n for n, kept in self._unjudged.items() if self._graded.get(n) is kept]
        self._results.write_batch(
            Batch(
                state=state,
                rubric_sha256=self._setup.rubric.sha256,
                checks_sha256=self._setup.checks_sha256,
                roster_sha256=self._roster.sha256,
                seed=settings.seed,
                grader_sha256=grader_sha256(),
                attempt=settings.attempt,
                jobs=settings.jobs,
                account_timeout_s=settings.account_timeout_s,
                region=settings.region,
                endpoint_url=settings.endpoint_url,
                lang=settings.lang,
                due=UNSET if settings.due is None else settings.due,
                former_criteria=list(self._plan.former_criteria) or UNSET,
                open_by_student=settings.shown.open_by_student,
                absent=UNSET if settings.shown.absent == "blank" else settings.shown.absent,
                judging_failed=failed or UNSET,
                checks=list(self._setup.check_dirs),
                started_at=self._started,
                finished_at=now() if ended else None,
                duration_s=round(time.monotonic() - self._clock, 3) if ended else None,
                counts=Counts(everybody, graded, everybody - graded, absent or UNSET),
                students=self._rows,
                ways=self._known_ways(),
            )
        )
