"""A class at a glance: flags that need everybody's results, statistics, and ``summary.json``."""

from __future__ import annotations

import statistics
from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from grader.model.observation import Found
from grader.rubric.load import text_in
from grader.scoring.open_by import open_by

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from grader.model.observation import Observation
    from grader.model.report import Report
    from grader.rubric.load import Criterion, Rubric

CLASS_FLAGS = frozenset({"account-shared", "same-code"})
"""Flags that only the whole class can tell: computed anew whenever a batch ends."""


class Known(NamedTuple):
    """What a class keeps of a student: the report, and the ``CodeSha256`` of each function seen."""

    report: Report
    code: frozenset[str] = frozenset()


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
            "theirs. Null when graded."
        ),
    ] = None


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


def summarise(reports: Sequence[Report], rubric: Rubric, lang: str) -> Summary:
    """The summary of a class's reports, in their order."""
    scores = [report.score for report in reports if report.score is not None]
    return Summary(
        title=text_in(rubric.title, lang),
        max_score=rubric.max_score,
        students=len(reports),
        graded=len(scores),
        ungraded=len(reports) - len(scores),
        mean=_rounded(statistics.fmean(scores)) if scores else None,
        median=_rounded(statistics.median(scores)) if scores else None,
        lowest=min(scores, default=None),
        highest=max(scores, default=None),
        criteria=[_criterion(criterion, reports, lang) for criterion in rubric.criteria],
        scores=[_student(report) for report in reports],
    )


def _student(report: Report) -> StudentSummary:
    summary = msgspec.convert(report, StudentSummary, from_attributes=True)
    return msgspec.structs.replace(summary, open_by=open_by(report))


def _criterion(criterion: Criterion, reports: Sequence[Report], lang: str) -> CriterionSummary:
    of_all = [one for report in reports for one in report.criteria if one.id == criterion.id]
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


def with_class_flags(results: Iterable[Known], known_code: Iterable[str]) -> list[Report]:
    """The reports with ``account-shared`` and ``same-code`` as the whole class has them.

    Members of one group share an account and its code by right.
    """
    results = list(results)
    accounts: dict[Hashable, set[Hashable]] = defaultdict(set)
    code: dict[str, set[tuple[Hashable, Hashable]]] = defaultdict(set)
    known = set(known_code)
    for report, hashes in results:
        if report.account_id:
            accounts[report.account_id].add(_owner(report))
        for sha256 in hashes - known:
            code[sha256].add(_place(report))
    return [
        _flagged(
            report,
            {
                "account-shared": len(accounts[report.account_id]) > 1,
                "same-code": any(
                    _apart(_place(report), other)
                    for sha256 in hashes - known
                    for other in code[sha256]
                ),
            },
        )
        for report, hashes in results
    ]


def _owner(report: Report) -> Hashable:
    return ("group", report.group) if report.group else ("student", report.student_id)


def _place(report: Report) -> tuple[Hashable, Hashable]:
    """Whose code it is, and in which account."""
    owner = _owner(report)
    return owner, report.account_id or owner


def _apart(one: tuple[Hashable, Hashable], other: tuple[Hashable, Hashable]) -> bool:
    """Others, in another account: the same account has the same code, and has its own flag."""
    return one[0] != other[0] and one[1] != other[1]


def code_of(seen: Observation | None) -> frozenset[str]:
    """The ``CodeSha256`` of each function that was seen: what ``same-code`` is told by."""
    if seen is None:
        return frozenset()
    functions = [fact.value for fact in seen.functions.values() if isinstance(fact, Found)]
    return frozenset(function.code_sha256 for function in functions if function.code_sha256)


def _flagged(report: Report, flags: dict[str, bool]) -> Report:
    kept = set(report.flags) - CLASS_FLAGS
    kept |= {name for name, raised in flags.items() if raised}
    return msgspec.structs.replace(report, flags=tuple(sorted(kept)))
