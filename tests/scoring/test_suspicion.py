"""Who shares an account or code with whom: what the instructor is told, and no report."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model.batch import Student
from grader.model.fact import Found, Unknown
from grader.model.report import SUSPICION, Report, encode_report
from grader.rubric.exercised import exercised
from grader.scoring import suspicion
from grader.scoring.absent import absent_report
from grader.scoring.suspicion import MOST_NAMED, Code, KeptResult, code_of, suspicions
from tests.export.results_folders import a_report
from tests.observations import a_function, lab_rubric, only, reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.rubric.rubric import Rubric
    from grader.scoring.suspicion import Suspicion

LAB = lab_rubric()


class Member(NamedTuple):
    """Somebody of a class. ``code`` is what the package of ``sum`` hashes to, if it was seen, and
    ``periodic`` that of the other function."""

    student_id: str
    account_id: str | None
    group: str | None = None
    code: str | None = "code"
    periodic: str | None = None


def known_of(member: Member) -> KeptResult:
    given = {"sum": member.code, "periodic": member.periodic}
    functions = {
        role: Found(a_function(name=f"{role}_of_{member.student_id}", code_sha256=sha256))
        for role, sha256 in given.items()
        if sha256 is not None
    }
    student = Student(member.student_id, group=member.group)
    report = a_report(student, 20, account_id=member.account_id)
    return KeptResult(report, code_of(reference(functions=functions)))


def found(
    *members: Member, known: Sequence[str] = (), rubric: Rubric = LAB
) -> dict[str, list[Suspicion]]:
    lab = msgspec.structs.replace(rubric.lab, known_code=tuple(known))
    rubric = msgspec.structs.replace(rubric, lab=lab)
    return suspicions([known_of(one) for one in members], rubric)


def flags(*members: Member, known: Sequence[str] = (), rubric: Rubric = LAB) -> dict[str, set[str]]:
    told = found(*members, known=known, rubric=rubric)
    return {one.student_id: {s.flag for s in told.get(one.student_id, ())} for one in members}


def test_one_account_of_two_groups_is_told_of_both_with_whom() -> None:
    told = found(Member("a", "1", "red"), Member("b", "1", "blue"), Member("c", "2", code="own"))
    assert {name: [(s.flag, s.with_, s.account_id) for s in of] for name, of in told.items()} == {
        "a": [("account-shared", ["b"], "1")],
        "b": [("account-shared", ["a"], "1")],
    }


def test_the_same_code_in_two_accounts_is_told_with_the_function_and_the_hash() -> None:
    told = found(Member("a", "1"), Member("b", "2"), Member("c", "3", code="own"))
    assert {
        name: [(s.flag, s.with_, s.function, s.code_sha256) for s in of]
        for name, of in told.items()
    } == {
        "a": [("same-code", ["b"], "sum_of_a", "code")],
        "b": [("same-code", ["a"], "sum_of_b", "code")],
    }


def test_a_group_shares_its_account_and_its_code_by_right() -> None:
    assert found(Member("a", "1", "red"), Member("b", "1", "red")) == {}
    assert found(Member("a", "1", "red"), Member("b", "2", "red")) == {}


def test_a_group_is_no_student_of_the_same_name() -> None:
    told = flags(Member("red", "1"), Member("b", "1", "red"))
    assert told == {"red": {"account-shared"}, "b": {"account-shared"}}


def test_code_that_the_course_hands_out_is_nobodys() -> None:
    assert found(Member("a", "1"), Member("b", "2"), known=["code"]) == {}


def test_the_periodic_function_has_code_that_no_rubric_runs() -> None:
    one, other = (Member(name, name, code=name, periodic="the console's") for name in "ab")
    assert exercised(LAB) == {"sum"}
    assert found(one, other) == {}


def test_a_rubric_that_only_looks_suspects_nobody_of_the_same_code() -> None:
    looks = only(LAB, "memory", "runtime", "schedule")
    assert exercised(looks) == frozenset()
    members = Member("a", "1"), Member("b", "2"), Member("c", "2")
    assert flags(*members, rubric=looks) == {
        "a": set(),
        "b": {"account-shared"},
        "c": {"account-shared"},
    }
    assert exercised(only(LAB, "memory", "sums")) == {"sum"}


def test_a_check_of_the_authors_that_only_looks_makes_no_code_suspicious() -> None:
    own = msgspec.structs.replace(only(LAB, "memory").criteria[0], check="log_format_is_json")
    rubric = msgspec.structs.replace(LAB, criteria=(own,))
    results = [known_of(Member("a", "1")), known_of(Member("b", "2"))]
    assert {*suspicions(results, rubric)} == {"a", "b"}  # nobody knows what it asks for
    told = [
        result._replace(
            report=msgspec.structs.replace(
                result.report,
                criteria=tuple(
                    msgspec.structs.replace(criterion, id=own.id, only_looks=True)
                    for criterion in result.report.criteria[:1]
                ),
            )
        )
        for result in results
    ]
    assert suspicions(told, rubric) == {}


def test_a_function_that_was_not_seen_has_no_code() -> None:
    assert code_of(None) == frozenset()
    assert code_of(reference(functions={"sum": Unknown("throttled", "slow down")})) == frozenset()
    functions = {"sum": Found(a_function(name="f", code_sha256="x"))}
    assert code_of(reference(functions=functions)) == {Code("sum", "f", "x")}


def test_whoever_handed_in_nothing_shares_no_account() -> None:
    gone = absent_report(
        Student("gone", account_id="1"), LAB, seed=1, region="us-east-1", lang="en"
    )
    assert suspicions([known_of(Member("a", "1")), KeptResult(gone)], LAB) == {}


def test_of_many_the_first_are_named_and_the_rest_counted() -> None:
    told = found(*(Member(f"s{n}", str(n)) for n in range(MOST_NAMED + 3)))
    (one,) = told["s0"]
    assert (len(one.with_), one.with_[0], one.more) == (MOST_NAMED, "s1", 2)


@pytest.mark.parametrize("flag", sorted(SUSPICION))
def test_a_report_drops_it_when_it_is_read_and_never_writes_it(flag: str) -> None:
    written = encode_report(a_report(Student("a"), 20.0, flags=("foreign-messages",)))
    older = written.replace(b'"foreign-messages"', f'"{flag}", "foreign-messages"'.encode())
    assert flag.encode() in older
    read = msgspec.json.decode(older, type=Report)
    assert read.flags == ("foreign-messages",)
    assert encode_report(read) == written
    assert flag not in msgspec.structs.replace(read, flags=(flag, "x")).flags


MEMBERS = st.lists(
    st.builds(
        Member,
        student_id=st.sampled_from(["s1", "s2", "s3", "s4", "s5", "s6", "red"]),
        account_id=st.sampled_from([None, "1", "2", "3"]),
        group=st.sampled_from([None, None, "red", "blue"]),
        code=st.sampled_from([None, "own", "code", "handed-out", ""]),
        periodic=st.sampled_from([None, "own", "code"]),
    ),
    unique_by=lambda one: one.student_id,
    max_size=6,
)


def apart(one: Member, other: Member) -> bool:
    """Other people, who have nothing to share by right."""
    return one != other and (one.group is None or one.group != other.group)


@given(MEMBERS)
def test_it_is_told_where_two_share_what_they_should_not(members: list[Member]) -> None:
    told = flags(*members, known=["handed-out"])
    for one in members:
        others = [other for other in members if apart(one, other)]
        account = any(one.account_id and one.account_id == other.account_id for other in others)
        code = any(
            one.code == other.code
            and (one.account_id is None or one.account_id != other.account_id)
            for other in others
            if one.code in {"own", "code"}
        )
        assert ("account-shared" in told[one.student_id]) == account
        assert ("same-code" in told[one.student_id]) == code


@given(MEMBERS, st.randoms())
def test_the_order_of_the_rows_changes_the_order_of_names_alone(
    members: list[Member], random: st.DataObject
) -> None:
    def told(of: list[Member]) -> dict[str, list[tuple[object, ...]]]:
        return {
            name: [(s.flag, s.account_id, s.function, frozenset(s.with_)) for s in every]
            for name, every in found(*of).items()
        }

    shuffled = list(members)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert told(shuffled) == told(members)


def test_the_function_that_a_rubrics_route_leads_through_is_the_one() -> None:
    route = msgspec.structs.replace(LAB.exchange.route, through="periodic")
    exchange = msgspec.structs.replace(LAB.exchange, route=route)
    assert exercised(msgspec.structs.replace(LAB, exchange=exchange)) == {"periodic"}


CLASSES = st.lists(
    st.tuples(
        st.sampled_from([None, "1", "2", "3"]),
        st.sampled_from([None, "g", "h"]),
        st.sampled_from(["code", "other", None]),
    ),
    max_size=40,
)


@given(CLASSES)
def test_of_many_the_first_are_named_and_the_others_counted(
    drawn: list[tuple[str | None, str | None, str | None]],
) -> None:
    """Compared with what everybody says who looks at everybody else."""
    few = 2
    members = [Member(f"s{n:02}", *one) for n, one in enumerate(drawn)]

    def owner(member: Member) -> str:
        return member.group or member.student_id

    def apart(mine: Member, other: Member) -> bool:
        return owner(mine) != owner(other) and (
            mine.account_id is None or mine.account_id != other.account_id
        )

    wanted: dict[str, list[tuple[str, list[str], int]]] = {}
    for mine in members:
        told = []
        if mine.account_id:
            told.append(
                (
                    "account-shared",
                    [
                        other.student_id
                        for other in members
                        if other.account_id == mine.account_id and owner(other) != owner(mine)
                    ],
                )
            )
        if mine.code:
            told.append(
                (
                    "same-code",
                    [
                        other.student_id
                        for other in members
                        if other.code == mine.code and apart(mine, other)
                    ],
                )
            )
        some = [(flag, ids[:few], max(len(ids) - few, 0)) for flag, ids in told if ids]
        if some:
            wanted[mine.student_id] = some
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suspicion, "MOST_NAMED", few)
        came = found(*members)
    assert {
        name: [(one.flag, one.with_, one.more) for one in several] for name, several in came.items()
    } == wanted
