"""Gradescope's ``results.json``: one test a criterion.

Source: Gradescope's autograder specification. Either a score or tests must be there.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from grader.export.comment import adjusted_lines, explanation, why_ungraded
from grader.export.formats import File, earlier
from grader.i18n.language import N_, language
from grader.model.indented_json import indented_json
from grader.model.resolve_types import resolve_types
from grader.results.atomic_write import write_json
from grader.rubric.rubric import Visibility  # noqa: TC001 - msgspec reads it
from grader.safety.printable import printable
from grader.scoring.adjust import is_still_open
from grader.scoring.hide_criteria import hide_criteria, visibility_of
from grader.scoring.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.export.formats import Export
    from grader.model.report import CriterionResult, Report
    from grader.rubric.rubric import Rubric

TextFormat = Literal["text", "html", "simple_format", "md", "ansi"]
Points = Annotated[float, msgspec.Meta(ge=0)]

GRADESCOPE_SCHEMA = "gradescope"

_FILE = "results.json"
_LINE = 2000
_TO_STAFF = N_(
    "For the instructor: there is no score yet. Put right what is named here, then grade again."
)


class Test(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One criterion. Without ``score`` it could not be checked, or the student has no score yet."""

    __test__ = False  # pytest would take it for a test class, by its name

    name: str
    number: str
    status: Literal["passed", "failed"] | UnsetType = UNSET
    score: Points | UnsetType = UNSET
    max_score: Points | UnsetType = UNSET
    output: str | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET


class GradescopeResults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``results.json``. ``score`` overrides the sum of the tests, and ``execution_time`` is in seconds.

    Gradescope asks for a score there or in each test, and does not say what it makes of none.
    """

    score: Points | UnsetType = UNSET
    execution_time: Points | UnsetType = UNSET
    output: str | UnsetType = UNSET
    output_format: TextFormat = "text"
    test_output_format: TextFormat = "text"
    test_name_format: TextFormat = "text"
    tests: Annotated[tuple[Test, ...], msgspec.Meta(min_length=1)]
    extra_data: dict[str, Any] | UnsetType = UNSET


resolve_types(GradescopeResults)


def files(export: Export) -> Iterator[File]:
    """``results.json`` in a folder for each student who has a score."""
    for row in export.rows:
        made = None
        if row.report.score is not None:
            made = encode_gradescope(
                results_of(row.report, export.rubric, export.scale, export.lang)
            )
        yield File(f"{row.student_id}/{_FILE}", made, GRADESCOPE_SCHEMA)
    yield from _left_over(export)


def _left_over(export: Export) -> Iterator[File]:
    """The folders that an earlier export made for students who are gone, as their files say."""
    ours = {row.student_id for row in export.rows}
    for path in sorted(export.out.glob(f"*/{_FILE}")) if export.out is not None else ():
        student = path.parent.name
        if student not in ours and _student_in(earlier(path)) == student:
            yield File(f"{student}/{_FILE}", None)


def _student_in(data: bytes) -> str | None:
    """The student whose results the grader wrote into the file; ``None`` where it did not write
    it."""
    try:
        extra = msgspec.json.decode(data, type=GradescopeResults).extra_data
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return extra.get("student_id") if extra is not UNSET and "grader_version" in extra else None


def encode_gradescope(results: GradescopeResults) -> bytes:
    """The file's bytes."""
    return indented_json(results)


def write_results(path: Path, report: Report, rubric: Rubric, lang: str) -> None:
    """Write one report's ``results.json``, on the rubric's own scale."""
    write_json(
        path, encode_gradescope(results_of(report, rubric, Scale(), lang)), GRADESCOPE_SCHEMA
    )


def results_of(report: Report, rubric: Rubric | None, scale: Scale, lang: str) -> GradescopeResults:
    """What Gradescope is told of one report.

    Without a rubric nobody knows what students may see, and every test is hidden. Without a score a
    hidden test tells the course's staff: where a test is hidden Gradescope shows students no total,
    and so no 0.
    """
    score = scale.total(report)
    report = hide_criteria(report, partial(_is_seen_later, rubric=rubric), lang)
    tests = [
        _test(number, result, report, scale, _visibility(result.id, rubric))
        for number, result in enumerate(report.criteria, start=1)
    ]
    if score is None:
        told = language(lang).say(_TO_STAFF)
        tests.append(Test(name=told, number=str(len(tests) + 1), visibility="hidden"))
    said = [_why(report, rubric, scale, lang)] if report.status == "ungraded" else []
    said += [
        printable(line, _LINE, joiners=True)
        for line in adjusted_lines(
            report,
            scale,
            lang,
            lambda criterion_id: _visibility(criterion_id, rubric) not in (UNSET, "visible"),
        )
    ]
    return GradescopeResults(
        score=UNSET if score is None else float(score),
        execution_time=max(0.0, report.duration_s),
        output="\n".join(said) or UNSET,
        tests=tuple(tests),
        extra_data={
            "student_id": report.student_id,
            "seed": report.seed,
            "rubric_sha256": report.rubric_sha256,
            "grader_version": report.grader_version,
        },
    )


def _test(
    number: int,
    result: CriterionResult,
    report: Report,
    scale: Scale,
    visibility: Visibility | UnsetType,
) -> Test:
    status: Literal["passed", "failed"] | UnsetType = UNSET
    if result.status != "ungraded":
        status = "passed" if result.status == "passed" else "failed"
    points = None if report.score is None else scale.points(result, report)
    return Test(
        name=printable(result.title, 300, joiners=True),
        number=str(number),
        status=status,
        score=UNSET if points is None else float(points),
        # Full marks without a score would read as none of them.
        max_score=UNSET
        if points is None
        else float(scale.score(result.max_points, report.max_score)),
        output="\n".join(explanation(result)) or UNSET,
        visibility=visibility,
    )


def _visibility(criterion: str, rubric: Rubric | None) -> Visibility | UnsetType:
    return visibility_of(criterion, rubric) or UNSET


def _is_seen_later(result: CriterionResult, because: str, rubric: Rubric | None) -> bool:
    cause = _visibility(because, rubric)
    return cause not in (UNSET, "visible", _visibility(result.id, rubric))


def _why(report: Report, rubric: Rubric | None, scale: Scale, lang: str) -> str:
    reasons = dict.fromkeys(
        line
        for result in report.criteria
        if is_still_open(result, report) and _visibility(result.id, rubric) in (UNSET, "visible")
        for line in explanation(result)
    )
    first = why_ungraded(report, scale, language(lang))
    return first if report.absent else "\n".join([first, *reasons])
