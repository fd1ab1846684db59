"""Judging and scoring stored observations again: no AWS, and the same rubric gives the same report."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from grader import __version__
from grader.judging.pool import AT_A_TIME
from grader.model.code_digest import grader_sha256
from grader.observe.scope import as_asked
from grader.scoring.absent import absent_report
from grader.scoring.best_account import best_of
from grader.scoring.open_by import ShownScores
from grader.scoring.score import score
from grader.scoring.suspicion import Known, code_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grader.batch.setup import Course
    from grader.model.batch import Student
    from grader.model.observation import Observation
    from grader.model.report import CriterionResult, Report
    from grader.results.directory import Results
    from grader.rubric.load import Rubric
    from grader.scoring.summary import Summary


WRITERS = 8
"""Reports that are written at a time."""


@dataclass(frozen=True)
class Moved:
    """A criterion before and after. ``None`` where the rubric did not have it or has it no more."""

    id: str
    before: CriterionResult | None
    after: CriterionResult | None


@dataclass(frozen=True)
class Change:
    """A student whose result changed, and why. ``before`` is ``None`` where there was no report."""

    before: Report | None
    after: Report
    moved: tuple[Moved, ...]


@dataclass(frozen=True)
class Regraded:
    """What came of it. ``skipped`` are students without a stored observation: their report stays."""

    summary: Summary
    reports: list[Report]
    changes: list[Change]
    skipped: list[str]


def regrade(results: Results, course: Course, *, lang: str) -> Regraded:
    """Judge every stored observation by ``course``'s rubric, and write reports, summary, grades, pages.

    A report that changed is kept beside the new one as ``report.before.json``. Raises
    :class:`BadInput` where a stored file cannot be read: then nothing is written.
    """
    from grader.pages.writing import write_pages

    with results.locked():
        batch = results.batch()
        there: list[Student] = []
        skipped: list[str] = []
        for one in results.each_stored(batch.students):
            if one.report or one.observation:
                there.append(one.student)
            if one.report and not one.observation and not one.report.absent:
                skipped.append(one.student.student_id)
        again = list(
            judged_again(
                results, there, course, lang=lang, region=batch.region, everyone=batch.students
            )
        )
        everybody = [one.known for one in again]
        reports = [known.report for known in everybody]
        changes = _write_changed(results, again)
        shown = ShownScores(batch.open_by_student, batch.absent or "blank")
        summary = results.write_class(everybody, course.rubric, batch.students, lang, shown)
        used = msgspec.structs.replace(
            batch,
            rubric_sha256=course.rubric.sha256,
            checks_sha256=course.checks_sha256,
            grader_version=__version__,
            grader_sha256=grader_sha256(),
            checks=list(course.check_dirs),
            lang=lang,
        )
        if used != batch:
            results.write_rubric(course.rubric.source)
            results.write_batch(used)
        write_pages(results, reports, summary, course.rubric, lang=lang)
    return Regraded(summary, reports, changes, skipped)


class Rejudged(NamedTuple):
    """What a student has now: the report ``before``, and what is ``known`` by what counts now.

    Where that is another of a group's accounts than before, ``counts`` is it, and ``others`` the rest.
    """

    before: Report | None
    known: Known
    counts: Observation | None = None
    others: tuple[Observation, ...] = ()

    def write(self, results: Results) -> None:
        """Write the report that is known now, and what it rests on; what it said before is kept."""
        report = self.known.report
        if self.before is not None and not _only_adds(self.before, report):
            results.keep_before(report.student_id)
        if self.counts is not None:
            results.write_student(report, self.counts, self.others)
        else:
            results.write_report(report)


def judged_again(
    results: Results,
    students: Iterable[Student],
    course: Course,
    *,
    lang: str,
    region: str | None,
    everyone: Iterable[Student],
) -> Iterator[Rejudged]:
    """What ``course`` makes of what is stored of each of ``students``.

    Another of a group's accounts may count now. ``region`` is the batch's, for accounts that name none;
    ``everyone`` is the class, because a group's account may be in the region of any of its rows. A
    report without an observation stays; who has neither is left out. Raises :class:`BadInput` where a
    stored file cannot be read.
    """
    rubric = course.rubric
    default = region or rubric.lab.region
    regions: dict[str, set[str]] = {}
    for student in everyone:
        if student.group:
            regions.setdefault(student.group, set()).add(student.region or default)

    def asked(student: Student, seen: Observation) -> Observation:
        of_group = regions.get(student.group or "", set())
        own = student.region or default
        return as_asked(seen, rubric, seen.region if seen.region in of_group else own)

    some, size = list(students), AT_A_TIME * course.judge.workers
    for start in range(0, len(some), size):
        stored = list(results.each_stored(some[start : start + size]))
        seen = [asked(one.student, each) for one in stored for each in one.seen]
        judged = zip(seen, course.judge.judge(rubric, seen), strict=True)
        for one in stored:
            if not one.seen:
                if one.report is not None and one.report.absent:
                    yield Rejudged(
                        one.report, Known(_absent_again(one.student, one.report, rubric, lang))
                    )
                elif one.known is not None:
                    yield Rejudged(one.report, one.known)
                continue
            own = list(islice(judged, len(one.seen)))
            reports = [
                score(one.student, each, outcomes, rubric, course.checks, lang=lang)
                for each, outcomes in own
            ]
            best, report = best_of([each for each, _ in own], reports)
            counts = one.seen[best]
            known = Known(report, code_of(counts))
            if counts == one.observation:
                yield Rejudged(one.report, known)
            else:
                others = tuple(each for each in one.seen if each is not counts)
                yield Rejudged(one.report, known, counts, others)


def _absent_again(student: Student, before: Report, rubric: Rubric, lang: str) -> Report:
    """The report by this rubric of whoever handed in nothing."""
    return absent_report(
        student, rubric, seed=before.seed, region=before.region, lang=lang, before=before
    )


def _write_changed(results: Results, again: Sequence[Rejudged]) -> list[Change]:
    changed = [one for one in again if one.before != one.known.report or one.counts is not None]
    # Each waits for the disk: together they wait a fraction of the time.
    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(lambda one: one.write(results), changed))
    changes = [
        Change(one.before, one.known.report, _moved(one.before, one.known.report))
        for one in changed
    ]
    return [change for change in changes if change.moved]


def _only_adds(before: Report, after: Report) -> bool:
    """All that the later report says otherwise is what version 0.1.0 did not say at all, and what to do
    next, which may be said better: no grade and no finding."""
    earlier = {one.id: one for one in before.criteria}
    criteria = tuple(_as_said_before(one, earlier.get(one.id, one)) for one in after.criteria)
    return before == msgspec.structs.replace(after, sure_points=None, criteria=criteria)


def _as_said_before(after: CriterionResult, before: CriterionResult) -> CriterionResult:
    return msgspec.structs.replace(
        after,
        open_by=None,
        author_hint="",
        evidence=None,
        hint=before.hint,
        hint_id=before.hint_id,
        hint_values=before.hint_values,
    )


def _moved(before: Report | None, after: Report) -> tuple[Moved, ...]:
    """The criteria that came to something else; without an earlier report that is every one."""
    old = {result.id: result for result in before.criteria} if before else {}
    new = {result.id: result for result in after.criteria}
    return tuple(
        Moved(name, old.get(name), new.get(name))
        for name in (*new, *(name for name in old if name not in new))
        if _worth(old.get(name)) != _worth(new.get(name))
    )


def _worth(result: CriterionResult | None) -> object:
    return result and (result.status, result.points)
