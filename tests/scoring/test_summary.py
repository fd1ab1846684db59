from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from grader.model.batch import Student
from grader.model.outcome import Outcome
from grader.scoring.absent import absent_report
from grader.scoring.score import score
from grader.scoring.summary import Summary, summarise
from tests.observations import lab_rubric, only, reference
from tests.scoring.test_score import CHECKS

if TYPE_CHECKING:
    from grader.model.report import Report

RUBRIC = only(lab_rubric(), "memory", "sums")


class Member(NamedTuple):
    """Somebody of a class."""

    student_id: str
    account_id: str | None
    group: str | None = None
    name: str = ""
    email: str = ""
    due_at: str = ""


def report(member: Member, memory: str = "passed", sums: str = "passed", **changes: Any) -> Report:
    outcomes = [Outcome("memory", "memory", memory), Outcome("sums", "sums", sums)]  # type: ignore[arg-type]
    graded = score(member, reference(), outcomes, RUBRIC, CHECKS)
    return msgspec.structs.replace(graded, account_id=member.account_id, **changes)


def test_the_class_keeps_its_order() -> None:
    reports = [report(Member(name, name)) for name in "bac"]
    assert [one.student_id for one in summarise(reports, RUBRIC, "en").scores] == ["b", "a", "c"]


def test_whoever_handed_in_nothing_is_counted_apart_and_in_no_criterion() -> None:
    gone = absent_report(Student("c"), RUBRIC, seed=1, region="us-east-1", lang="en")
    summary = summarise([report(Member("a", "1")), gone], RUBRIC, "en")
    assert (summary.students, summary.graded, summary.ungraded) == (2, 1, 1)
    assert (summary.absent, summary.mean) == (1, 5)
    assert [one.ungraded for one in summary.criteria] == [0, 0]
    assert [(one.kind, one.open_by) for one in summary.scores] == [
        (UNSET, None),
        ("nothing-handed-in", None),
    ]


def test_a_class_without_anybody_absent_or_suspect_says_nothing_of_them() -> None:
    said = msgspec.json.encode(summarise([report(Member("a", "1"))], RUBRIC, "en"))
    assert not [key for key in (b"absent", b"kind", b"suspicion") if key in said]


def test_nobody_graded_has_no_statistics() -> None:
    for reports in ([], [report(Member("a", "1"), "ungraded", "ungraded")]):
        summary = summarise(reports, RUBRIC, "en")
        assert (summary.students, summary.graded) == (len(reports), 0)
        assert {summary.mean, summary.median, summary.lowest, summary.highest} == {None}
        for one in summary.criteria:
            assert (one.mean_points, one.pass_rate) == (None, None)


def test_statistics_are_over_the_graded_alone() -> None:
    reports = [
        report(Member("a", "1")),
        report(Member("b", "2"), sums="failed"),
        report(Member("c", "3"), memory="ungraded"),
    ]
    summary = summarise(reports, RUBRIC, "fr")
    assert (summary.students, summary.graded, summary.ungraded) == (3, 2, 1)
    assert (summary.mean, summary.median, summary.lowest, summary.highest) == (3, 3, 1, 5)
    memory, sums = summary.criteria
    assert (memory.title, memory.pass_rate, memory.ungraded) == ("memory (fr)", 1, 1)
    assert (sums.passed, sums.failed, sums.mean_points) == (2, 1, 2.6667)


@given(st.lists(st.sampled_from(["passed", "failed", "blocked", "ungraded"]), max_size=6))
def test_every_student_is_counted_once_and_numbers_stay_within_bounds(outcomes: list[str]) -> None:
    reports = [report(Member(f"s{n}", None), sums=one) for n, one in enumerate(outcomes)]
    summary = summarise(reports, RUBRIC, "en")
    assert summary.graded + summary.ungraded == summary.students == len(outcomes)
    for one in summary.criteria:
        counted = one.passed + one.partial + one.failed + one.blocked + one.ungraded
        assert counted == len(outcomes)
        assert one.pass_rate is None or 0 <= one.pass_rate <= 1
    if summary.mean is not None:
        assert summary.lowest is not None
        assert summary.highest is not None
        assert 0 <= summary.lowest <= summary.mean <= summary.highest <= summary.max_score
    assert msgspec.json.decode(msgspec.json.encode(summary), type=Summary) == summary
