from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from grader.model.observation import Found, Unknown
from grader.model.outcome import Outcome
from grader.scoring.score import score
from grader.scoring.summary import Known, Summary, code_of, summarise, with_class_flags
from tests.observations import a_function, lab_rubric, only, reference
from tests.scoring.test_score import CHECKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.model.observation import Observation
    from grader.model.report import Report

RUBRIC = only(lab_rubric(), "memory", "sums")


class Member(NamedTuple):
    """Somebody of a class. ``code`` is what the function's package hashes to, if it was seen."""

    student_id: str
    account_id: str | None
    group: str | None = None
    code: str | None = "code"
    name: str = ""
    email: str = ""


def seen(member: Member) -> Observation | None:
    if member.code is None:
        return None
    functions = {"sum": Found(a_function(code_sha256=member.code))}
    return reference(functions=functions)


def report(member: Member, memory: str = "passed", sums: str = "passed", **changes: Any) -> Report:
    outcomes = [Outcome("memory", "memory", memory), Outcome("sums", "sums", sums)]  # type: ignore[arg-type]
    graded = score(member, reference(), outcomes, RUBRIC, CHECKS)
    return msgspec.structs.replace(graded, account_id=member.account_id, **changes)


def known_of(member: Member) -> Known:
    return Known(report(member), code_of(seen(member)))


def flagged(*members: Member, known: Sequence[str] = ()) -> dict[str, set[str]]:
    found = with_class_flags([known_of(one) for one in members], known)
    return {one.student_id: set(one.flags) for one in found}


def test_one_account_of_two_groups_is_flagged_for_both() -> None:
    found = flagged(Member("a", "1", "red"), Member("b", "1", "blue"), Member("c", "2", code="own"))
    assert found == {"a": {"account-shared"}, "b": {"account-shared"}, "c": set()}


def test_a_group_shares_its_account_and_its_code_by_right() -> None:
    assert flagged(Member("a", "1", "red"), Member("b", "1", "red")) == {"a": set(), "b": set()}
    assert flagged(Member("a", "1", "red"), Member("b", "2", "red")) == {"a": set(), "b": set()}


def test_a_group_is_no_student_of_the_same_name() -> None:
    found = flagged(Member("red", "1"), Member("b", "1", "red"))
    assert found == {"red": {"account-shared"}, "b": {"account-shared"}}


def test_the_same_code_in_two_accounts_is_flagged() -> None:
    found = flagged(Member("a", "1"), Member("b", "2"), Member("c", "3", code="own"))
    assert found == {"a": {"same-code"}, "b": {"same-code"}, "c": set()}


def test_code_that_the_course_hands_out_is_not_flagged() -> None:
    found = flagged(Member("a", "1"), Member("b", "2"), known=["code"])
    assert found == {"a": set(), "b": set()}


def test_who_was_not_seen_has_no_code_and_no_account_in_common() -> None:
    found = flagged(Member("a", None, code=None), Member("b", None, code=None))
    assert found == {"a": set(), "b": set()}


def test_a_function_that_was_not_seen_has_no_code() -> None:
    unseen = reference(functions={"sum": Unknown("throttled", "slow down")})
    both = [Known(report(Member(name, name)), code_of(unseen)) for name in "ab"]
    assert [one.flags for one in with_class_flags(both, ())] == [(), ()]


def test_a_flag_that_no_longer_holds_is_taken_away_and_no_other() -> None:
    alone = Member("a", "1")
    before = report(alone, flags=("account-shared", "foreign-messages", "same-code"))
    (after,) = with_class_flags([Known(before, code_of(seen(alone)))], ())
    assert after.flags == ("foreign-messages",)


MEMBERS = st.lists(
    st.builds(
        Member,
        student_id=st.sampled_from(["s1", "s2", "s3", "s4", "s5", "s6", "red"]),
        account_id=st.sampled_from([None, "1", "2", "3"]),
        group=st.sampled_from([None, None, "red", "blue"]),
        code=st.sampled_from([None, "own", "code", "handed-out", ""]),
    ),
    unique_by=lambda one: one.student_id,
    max_size=6,
)


def apart(one: Member, other: Member) -> bool:
    """Other people, who have nothing to share by right."""
    return one != other and (one.group is None or one.group != other.group)


@given(MEMBERS)
def test_class_flags_are_raised_where_two_share_what_they_should_not(members: list[Member]) -> None:
    found = flagged(*members, known=["handed-out"])
    for one in members:
        others = [other for other in members if apart(one, other)]
        account = any(one.account_id and one.account_id == other.account_id for other in others)
        code = any(
            one.code == other.code
            and (one.account_id is None or one.account_id != other.account_id)
            for other in others
            if one.code in {"own", "code"}
        )
        assert ("account-shared" in found[one.student_id]) == account
        assert ("same-code" in found[one.student_id]) == code


@given(MEMBERS)
def test_the_class_keeps_its_order_and_its_flags_settle(members: list[Member]) -> None:
    once = with_class_flags([known_of(one) for one in members], ())
    again = [Known(one, code_of(seen(whose))) for one, whose in zip(once, members, strict=True)]
    twice = with_class_flags(again, ())
    assert once == twice
    order = [one.student_id for one in members]
    assert [one.student_id for one in once] == order
    assert [one.student_id for one in summarise(once, RUBRIC, "en").scores] == order


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
