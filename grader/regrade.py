"""Judging and scoring stored observations again: no AWS, and the same rubric gives the same report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from grader.score import score
from grader.summary import with_class_flags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.course import Course
    from grader.judging.outcome import Outcome
    from grader.observation import Observation
    from grader.report import Report
    from grader.results import Results, Stored
    from grader.summary import Summary


@dataclass(frozen=True)
class Change:
    """A student whose result changed. A score is ``None`` where there is none."""

    student_id: str
    before: float | None
    after: float | None
    criteria: tuple[str, ...]


@dataclass(frozen=True)
class Regraded:
    """What came of it. ``skipped`` are students without a stored observation: their report stays."""

    summary: Summary
    reports: list[Report]
    changes: list[Change]
    skipped: list[str]


def regrade(results: Results, course: Course, *, lang: str) -> Regraded:
    """Judge every stored observation by ``course``'s rubric, and write reports, summary and grades.

    A report that changed is kept beside the new one as ``report.before.json``. Raises
    :class:`~grader.problems.BadInput` where a stored file cannot be read: then nothing is written.
    """
    batch = results.batch()
    stored = [one for one in results.stored(batch.students) if one.report or one.observation]
    graded = judged_again(stored, course, lang=lang)
    skipped = [one.student.student_id for one in stored if one.observation is None]
    with results.locked():
        reports = with_class_flags(graded, course.rubric.lab.known_code)
        changes = _write_changed(results, stored, reports)
        summary = results.write_class(reports, course.rubric, batch.students, lang)
        used = msgspec.structs.replace(batch, rubric_sha256=course.rubric.sha256, lang=lang)
        if used != batch:
            results.write_rubric(course.rubric.source)
            results.write_batch(used)
    return Regraded(summary, reports, changes, skipped)


def judged_again(
    stored: Sequence[Stored], course: Course, *, lang: str
) -> list[tuple[Report, Observation | None]]:
    """The stored observations judged and scored by ``course``; a report without one stays."""
    seen = [one.observation for one in stored if one.observation is not None]
    judged = iter(course.judge.judge(course.rubric, seen))
    return [
        (one.report, None)
        if one.observation is None and one.report is not None
        else _again(one, next(judged), course, lang)
        for one in stored
    ]


def _again(
    one: Stored, outcomes: Sequence[Outcome], course: Course, lang: str
) -> tuple[Report, Observation | None]:
    if one.observation is None:
        raise TypeError("there is nothing to judge")
    report = score(one.student, one.observation, outcomes, course.rubric, course.checks, lang=lang)
    return report, one.observation


def _write_changed(
    results: Results, stored: Sequence[Stored], reports: Sequence[Report]
) -> list[Change]:
    changes = []
    for one, after in zip(stored, reports, strict=True):
        before = one.report
        if before == after:
            continue
        if before is not None:
            results.keep_before(after.student_id)
        results.write_report(after)
        if before is None or before.score != after.score or before.status != after.status:
            changes.append(_change(before, after))
    return changes


def _change(before: Report | None, after: Report) -> Change:
    earlier = (
        {result.id: (result.status, result.points) for result in before.criteria} if before else {}
    )
    moved = tuple(
        result.id
        for result in after.criteria
        if earlier.get(result.id) != (result.status, result.points)
    )
    return Change(after.student_id, before.score if before else None, after.score, moved)
