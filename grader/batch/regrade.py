"""Judging and scoring stored observations again: no AWS, and the same rubric gives the same report."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import UNSET

from grader import __version__
from grader.batch.same_row import as_judged
from grader.batch.score_or_fault import score_or_fault
from grader.batch.settings import region_to_judge_in
from grader.inputs.problems import BadInput
from grader.judging.ungraded import Unjudged
from grader.model.code_digest import grader_sha256
from grader.observe.scope import restrict_to
from grader.results.accounts import ACCOUNTS
from grader.results.directory import OBSERVATION, REPORT, WAIT
from grader.results.handed_back import read_handed_back
from grader.results.named_accounts import NamedAccounts
from grader.results.overrides import Overrides, Worth, read_overrides
from grader.scoring.absent import absent_report
from grader.scoring.best_account import best_of
from grader.scoring.open_by import ShownScores
from grader.scoring.summary import summarise_class
from grader.scoring.suspicion import KeptResult, code_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grader.batch.setup import GradingSetup
    from grader.inputs.problems import Problem
    from grader.model.batch import Batch, Student
    from grader.model.history import Why
    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
    from grader.model.report import CriterionResult, Report
    from grader.results.directory import Results, StoredStudent
    from grader.rubric.rubric import Rubric
    from grader.scoring.summary import Summary


NO_OVERRIDES = Overrides()

WRITERS = 8
"""Reports that are written at a time."""


@dataclass(frozen=True)
class CriterionChange:
    """A criterion before and after. ``None`` where the rubric did not have it or has it no more."""

    id: str
    before: CriterionResult | None
    after: CriterionResult | None


@dataclass(frozen=True)
class ReportChange:
    """A student whose result changed, and why. ``before`` is ``None`` where there was no report."""

    before: Report | None
    after: Report
    moved: tuple[CriterionChange, ...]

    @property
    def is_adjusted(self) -> bool:
        """Whether lateness or a human's marks changed."""
        before = self.before.adjusted if self.before is not None else ()
        return before != self.after.adjusted


@dataclass(frozen=True)
class Regraded:
    """Result of :func:`regrade`. ``skipped`` are students without a stored observation: their report
    stays. ``missing`` have no report, or one of an account that is no longer theirs. ``notes`` are what
    a human should know of ``overrides.csv``. ``not_again`` says why the report of those stays whose
    observation could not be judged."""

    summary: Summary
    reports: list[Report]
    changes: list[ReportChange]
    skipped: list[str]
    notes: tuple[Problem, ...] = ()
    not_again: tuple[Report, ...] = ()
    missing: tuple[Student, ...] = ()


def regrade(
    results: Results,
    setup: GradingSetup,
    *,
    lang: str,
    due: str | None = None,
    dry_run: bool = False,
) -> Regraded:
    """Judge every stored observation by ``setup``'s rubric; write reports, summary, grades and pages.

    What a report said that changed is kept in its student's history. ``due`` is another time of
    ``--due``. With ``dry_run`` nothing is written, nor where a stored file cannot be read, which is a
    :class:`BadInput`.
    """
    from grader.pages.writing import write_pages

    with nullcontext() if dry_run else results.locked(WAIT):
        batch = results.batch()
        if due is not None:
            batch = msgspec.structs.replace(batch, due=due)
        there: list[Student] = []
        skipped: list[str] = []
        asked: set[str] = set()
        suspect = False
        named = NamedAccounts(batch.students)
        for student in batch.students:
            report = results.report_of(student.student_id)
            asked |= criteria_of(report)
            if report is not None and not named.may_be(student, report.account_id):
                continue
            has_observation, has_report, has_others = results.which_exist(
                student.student_id, OBSERVATION, REPORT, ACCOUNTS
            )
            if has_observation or has_report:
                there.append(as_judged(student, report))
            if report is not None and not has_observation and not report.nothing_seen:
                skipped.append(student.student_id)
            damaged = has_report and report is None
            # A killed grader wrote these first.
            left_alone = has_others and not (has_observation or has_report)
            suspect = suspect or damaged or left_alone
        if suspect:
            _read_all(results, batch)
        former = former_criteria(batch, asked, setup.rubric)
        names = [student.student_id for student in batch.students]
        overrides = read_overrides(results.root, names, Worth.of(setup.rubric, former))
        read_handed_back(results.root)  # damaged, it would only be met by the pages, at the end
        try:
            again = list(
                judged_again(
                    results,
                    there,
                    setup,
                    lang=lang,
                    region=batch.region,
                    everyone=batch.students,
                    due=batch.due or None,
                    overrides=overrides,
                )
            )
        except BadInput:
            _read_all(results, batch)
            raise
        everybody = [rejudged.result for rejudged in again]
        reports = [known.report for known in everybody]
        missing = _missing(batch.students, reports)
        changed = [rejudged for rejudged in again if rejudged.is_change]
        changes = _told(changed)
        failed = tuple(one.not_again for one in again if one.not_again is not None)
        if dry_run:
            summary = summarise_class(everybody, setup.rubric, lang)
            return Regraded(summary, reports, changes, skipped, overrides.notes, failed, missing)
        _write(results, changed)
        shown = ShownScores.as_kept(batch)
        summary = results.write_class(everybody, setup.rubric, batch.students, lang, shown)
        used = msgspec.structs.replace(
            batch,
            rubric_sha256=setup.rubric.sha256,
            checks_sha256=setup.checks_sha256,
            judging_failed=[report.student_id for report in failed] or UNSET,
            grader_version=__version__,
            grader_sha256=grader_sha256(),
            checks=list(setup.check_dirs),
            former_criteria=former or UNSET,
            lang=lang,
        )
        if used != results.batch():
            results.write_rubric(setup.rubric.source)
            results.write_batch(used)
        write_pages(results, reports, summary, setup.rubric, lang=lang)
    return Regraded(summary, reports, changes, skipped, overrides.notes, failed, missing)


def _missing(students: Iterable[Student], reports: Iterable[Report]) -> tuple[Student, ...]:
    known = {report.student_id for report in reports}
    return tuple(student for student in students if student.student_id not in known)


def _read_all(results: Results, batch: Batch) -> None:
    """Read a whole class, so that every damaged file is named and not only those that are met first."""
    for _each in results.each_stored(batch.students):
        pass


def criteria_of(report: Report | None) -> set[str]:
    """The ids of the criteria by which a report was made."""
    return set() if report is None else {criterion.id for criterion in report.criteria}


def former_criteria(batch: Batch, asked: Iterable[str], rubric: Rubric) -> list[str]:
    """The ids of criteria that this class was graded by, now (``asked``) or earlier, and that
    ``rubric`` no longer has."""
    earlier = () if batch.former_criteria is UNSET else batch.former_criteria
    return sorted({*earlier, *asked} - {criterion.id for criterion in rubric.criteria})


class Rejudged(NamedTuple):
    """What a student has now: the report ``before``, and the ``result`` by what counts now.

    If another of the group's accounts counts now, ``counting_observation`` is its observation and
    ``others`` are the rest.
    ``not_again`` is the ungraded report of an observation that could not be judged: ``before`` stays.
    """

    before: Report | None
    result: KeptResult
    counting_observation: Observation | None = None
    others: tuple[Observation, ...] = ()
    not_again: Report | None = None

    @property
    def is_change(self) -> bool:
        """Whether there is anything to write."""
        return self.before != self.result.report or self.counting_observation is not None

    def write(self, results: Results, why: Why) -> None:
        """Write the report that is known now, and what it rests on; what it said before is kept, with
        ``why`` it changed."""
        report, former = self.result.report, self.before
        if former is not None and _only_adds(former, report):
            former = None
        observation = self.counting_observation
        if observation is not None:
            results.write_student(report, observation, self.others, former=former, why=why)
        else:
            results.write_report(report, former=former, why=why)


def judged_again(
    results: Results,
    students: Iterable[Student],
    setup: GradingSetup,
    *,
    lang: str,
    region: str | None,
    everyone: Iterable[Student],
    due: str | None = None,
    overrides: Overrides = NO_OVERRIDES,
) -> Iterator[Rejudged]:
    """What ``setup`` makes of what is stored of each of ``students``, with a human's marks on it.

    Another of a group's accounts may count now. ``region`` is the batch's, for accounts that name none;
    ``everyone`` is the class, because a group's account may be in the region of any of its rows. A
    report stays, but for a human's marks, where there is no observation or it cannot be judged; students
    with neither are left out. ``due`` is the time of ``--due``. Raises :class:`BadInput` where a stored
    file cannot be read.
    """
    rubric = setup.rubric
    class_ = list(everyone)
    named = NamedAccounts(class_)
    groups: dict[str | None, list[Student]] = {}
    for member in class_:
        groups.setdefault(member.group, []).append(member)

    def asked(student: Student, seen: Observation) -> Observation:
        members = groups.get(student.group, ()) if student.group else ()
        regions = [
            region_to_judge_in(member, region, rubric, seen) for member in (student, *members)
        ]
        return restrict_to(seen, rubric, seen.region if seen.region in regions else regions[0])

    some = list(students)
    size = setup.judge.share(len(some))
    read: deque[tuple[list[StoredStudent], list[Observation]]] = deque()

    def batches() -> Iterator[list[Observation]]:
        stored: list[StoredStudent] = []
        seen: list[Observation] = []
        for each_student in results.each_stored(some):
            student = named.only_named(each_student)
            own = [asked(student.student, each) for each in student.observations]
            # A group's student has an observation of each of its accounts: these are what is counted.
            if stored and max(len(seen) + len(own), len(stored) + 1) > size:
                read.append((stored, seen))
                yield seen
                stored, seen = [], []
            stored.append(student)
            seen += own
        read.append((stored, seen))
        yield seen

    for found in setup.judge.judge_each(rubric, batches()):
        stored, seen = read.popleft()
        judged = zip(seen, found, strict=True)
        for stored_student in stored:
            if not stored_student.observations:
                if stored_student.report is not None:
                    report = stored_student.report
                    if report.nothing_seen:
                        report = _absent_again(stored_student.student, report, rubric, lang)
                    yield Rejudged(stored_student.report, KeptResult(overrides.apply_to(report)))
                continue
            own = list(islice(judged, len(stored_student.observations)))
            scored = [
                score_or_fault(stored_student.student, *each, setup, lang=lang, due=due)
                for each in own
            ]
            reports = [report for _outcomes, report in scored]
            best, report = best_of([each for each, _ in own], reports)
            failed = _unjudged(stored_student, best, [outcomes for outcomes, _ in scored])
            if failed is not None and stored_student.report is not None:
                # A fault of the grader takes no grade away, nor lets another account count instead.
                kept = overrides.apply_to(stored_student.report)
                yield Rejudged(
                    stored_student.report,
                    KeptResult(kept, code_of(stored_student.observation)),
                    not_again=reports[failed],
                )
                continue
            counting = stored_student.observations[best]
            result = KeptResult(overrides.apply_to(report), code_of(counting))
            if counting == stored_student.observation:
                yield Rejudged(stored_student.report, result)
            else:
                others = tuple(each for each in stored_student.observations if each is not counting)
                yield Rejudged(stored_student.report, result, counting, others)


def _unjudged(stored: StoredStudent, best: int, judged: Sequence[list[Outcome]]) -> int | None:
    """The index of what could not be judged: what counted until now, or what would count now."""
    decisive = [best] if stored.observation is None else [0, best]
    return next((index for index in decisive if isinstance(judged[index], Unjudged)), None)


def _absent_again(student: Student, before: Report, rubric: Rubric, lang: str) -> Report:
    """The report by this rubric of whoever handed in nothing."""
    return absent_report(
        student, rubric, seed=before.seed, region=before.region, lang=lang, before=before
    )


def _write(results: Results, changed: Sequence[Rejudged]) -> None:
    # Each waits for the disk: together they wait a fraction of the time.
    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(lambda rejudged: rejudged.write(results, "regrade"), changed))


def _told(changed: Sequence[Rejudged]) -> list[ReportChange]:
    """The changes worth reporting: those of points or findings, not of wording."""
    changes = [change_of(rejudged.before, rejudged.result.report) for rejudged in changed]
    return [change for change in changes if change.moved or change.is_adjusted]


def change_of(before: Report | None, after: Report) -> ReportChange:
    """A student's result before and after."""
    return ReportChange(before, after, _moved(before, after))


def _only_adds(before: Report, after: Report) -> bool:
    """Whether the later report differs only in what version 0.1.0 did not say, and in the words of what
    to do next: in no grade and no finding."""
    earlier = {criterion.id: criterion for criterion in before.criteria}
    criteria = tuple(
        _as_said_before(criterion, earlier.get(criterion.id, criterion))
        for criterion in after.criteria
    )
    new = {"sure_points": None, "attempt": msgspec.UNSET}
    return before == msgspec.structs.replace(after, **new, criteria=criteria)


def _as_said_before(after: CriterionResult, before: CriterionResult) -> CriterionResult:
    return msgspec.structs.replace(
        after,
        open_by=None,
        only_looks=before.only_looks,
        author_hint="",
        evidence=None,
        hint=before.hint,
        hint_id=before.hint_id,
        hint_values=before.hint_values,
    )


def _moved(before: Report | None, after: Report) -> tuple[CriterionChange, ...]:
    """The criteria that came to something else; without an earlier report that is every one."""
    old = {result.id: result for result in before.criteria} if before else {}
    new = {result.id: result for result in after.criteria}
    return tuple(
        CriterionChange(name, old.get(name), new.get(name))
        for name in (*new, *(name for name in old if name not in new))
        if _worth(old.get(name)) != _worth(new.get(name))
    )


def _worth(result: CriterionResult | None) -> object:
    return result and (result.status, result.points)
