"""A class at a glance: statistics, what is suspicious, and ``summary.json``."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from grader.model.resolve_types import resolve_types
from grader.rubric.load import text_in
from grader.scoring.open_by import open_by
from grader.scoring.suspicion import KeptResult, Suspicion, code_of, suspicions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.model.report import Report
    from grader.rubric.rubric import Criterion, Rubric

__all__ = ["KeptResult", "Summary", "code_of", "summarise", "summarise_class", "with_suspicion"]


class CriterionSummary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the students did on one criterion."""

    id: Annotated[str, Meta(description="The criterion's id in the rubric.")]
    title: Annotated[str, Meta(description="The criterion's title, in the batch's language.")]
    max_points: Annotated[float, Meta(description="The points it is worth.")]
    mean_points: Annotated[
        float | None,
        Meta(description="The mean of the points given for it, to 4 decimals; null for none."),
    ]
    pass_rate: Annotated[
        float | None,
        Meta(description="The share, from 0 to 1, of those who passed it; null for nobody graded."),
    ]
    passed: Annotated[int, Meta(description="How many students earned all of its points.")]
    partial: Annotated[int, Meta(description="How many passed some of its tests.")]
    failed: Annotated[int, Meta(description="How many failed it.")]
    blocked: Annotated[
        int, Meta(description="For how many it depended on something that did not pass.")
    ]
    ungraded: Annotated[int, Meta(description="For how many it could not be checked.")]


class StudentSummary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One student's line."""

    student_id: Annotated[str, Meta(description="The roster's id.")]
    name: Annotated[str, Meta(description="May be empty.")]
    group: Annotated[
        str | None, Meta(description="Who shares the account by right; null for nobody.")
    ]
    status: Annotated[Literal["graded", "ungraded"], Meta(description="Whether there is a score.")]
    score: Annotated[float | None, Meta(description="As in the report; null when ungraded.")]
    flags: Annotated[list[str], Meta(description="As in the report.")]
    sure_points: Annotated[
        float | None,
        Meta(description="The points that are earned whatever comes, as in the report."),
    ] = None
    open_by: Annotated[
        Literal["grader", "student"] | None,
        Meta(
            description="When ungraded, whose it is to settle: “student” where all that is open is "
            "theirs. Null when graded, and for whoever handed in nothing."
        ),
    ] = None
    kind: Annotated[
        Literal["nothing-handed-in"] | UnsetType, Meta(description="As in the report.")
    ] = UNSET
    suspicion: Annotated[
        list[Suspicion] | UnsetType,
        Meta(
            description="What the student has in common with others of other groups, for the instructor "
            "alone. Missing where there is nothing."
        ),
    ] = UNSET


class Summary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class. ``mean``, ``median`` and the like are over the graded students, ``null`` for none."""

    schema: Annotated[
        Literal["summary/1"], Meta(description="The version of this file's format.")
    ] = "summary/1"
    title: Annotated[str, Meta(description="The rubric's title, in the batch's language.")]
    max_score: Annotated[float, Meta(description="The points of all criteria together.")]
    students: Annotated[int, Meta(description="How many students have a report.")]
    graded: Annotated[int, Meta(description="How many of them have a score.")]
    ungraded: Annotated[int, Meta(description="How many of them have none.")]
    absent: Annotated[
        int | UnsetType,
        Meta(
            description="How many of the ungraded handed in nothing; missing for none. Criteria do not "
            "count them."
        ),
    ] = UNSET
    mean: Annotated[float | None, Meta(description="The mean score, to 4 decimals.")]
    median: Annotated[float | None, Meta(description="The median score, to 4 decimals.")]
    lowest: Annotated[float | None, Meta(description="The lowest score.")]
    highest: Annotated[float | None, Meta(description="The highest score.")]
    criteria: Annotated[
        list[CriterionSummary], Meta(description="One for each criterion, in the rubric's order.")
    ]
    scores: Annotated[
        list[StudentSummary], Meta(description="One for each student, in the roster's order.")
    ]


resolve_types(Summary)


def summarise_class(known: Sequence[KeptResult], rubric: Rubric, lang: str) -> Summary:
    """The summary of a class of which the code is known too, with what is suspicious."""
    summary = summarise([result.report for result in known], rubric, lang)
    return with_suspicion(summary, suspicions(known, rubric))


def with_suspicion(summary: Summary, found: Mapping[str, list[Suspicion]]) -> Summary:
    """The summary with what was ``found`` suspicious of each student."""
    scores = [
        msgspec.structs.replace(score, suspicion=found.get(score.student_id) or UNSET)
        for score in summary.scores
    ]
    return msgspec.structs.replace(summary, scores=scores)


def summarise(reports: Sequence[Report], rubric: Rubric, lang: str) -> Summary:
    """The summary of a class's reports, in their order; what is suspicious takes more than reports."""
    scores = [report.score for report in reports if report.score is not None]
    there = [report for report in reports if not report.nothing_seen]
    absent = sum(report.absent for report in reports)
    return Summary(
        title=text_in(rubric.title, lang),
        max_score=rubric.max_score,
        students=len(reports),
        graded=len(scores),
        ungraded=len(reports) - len(scores),
        absent=absent or UNSET,
        mean=_rounded(statistics.fmean(scores)) if scores else None,
        median=_rounded(statistics.median(scores)) if scores else None,
        lowest=min(scores, default=None),
        highest=max(scores, default=None),
        criteria=[_criterion(criterion, there, lang) for criterion in rubric.criteria],
        scores=[_student(report) for report in reports],
    )


def _student(report: Report) -> StudentSummary:
    return StudentSummary(
        student_id=report.student_id,
        name=report.name,
        group=report.group,
        status=report.status,
        score=report.score,
        flags=list(report.flags),
        sure_points=report.sure_points,
        open_by=open_by(report),
        kind=report.kind,
    )


def _criterion(criterion: Criterion, reports: Sequence[Report], lang: str) -> CriterionSummary:
    of_all = [
        result for report in reports for result in report.criteria if result.id == criterion.id
    ]
    count = {
        status: sum(result.status == status for result in of_all)
        for status in ("passed", "partial", "failed", "blocked", "ungraded")
    }
    points = [result.points for result in of_all if result.points is not None]
    return CriterionSummary(
        id=criterion.id,
        title=text_in(criterion.title, lang),
        max_points=criterion.points,
        mean_points=_rounded(statistics.fmean(points)) if points else None,
        pass_rate=_rounded(count["passed"] / len(points)) if points else None,
        **count,
    )


def _rounded(value: float) -> float:
    return round(value, 4)
