"""Groups whose rows lead to several accounts, or to one by several ways."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.batch import visiting
from grader.batch.regrade import regrade
from grader.model.fact import Found, Unknown
from grader.model.observation import decode
from grader.rubric.load import default_rubric_path, load_rubric
from tests.batch.classes import ByKeys, Class, Row, looked_at
from tests.judges import Judge
from tests.observing import hand_in
from tests.polling import wait_for
from tests.programs import LIMIT_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.model.observation import Observation
    from grader.model.report import Report
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=1) as one:
        yield one


@pytest.fixture
def pairs(tmp_path: Path, aws_sandbox: Sandbox, judge: Judge) -> Class:
    return Class(tmp_path, aws_sandbox, judge, judge.collect())


@pytest.fixture
def whole(pairs: Class) -> Rubric:
    return load_rubric(default_rubric_path(), pairs.checks)


@pytest.fixture
def rubric(whole: Rubric) -> Rubric:
    """Of six points, for which nothing is run."""
    return looked_at(whole)


def said(reports: dict[str, Report]) -> dict[str, tuple[float | None, tuple[str, ...]]]:
    return {name: (one.score, one.flags) for name, one in reports.items()}


def seen(pairs: Class, student: str) -> Observation:
    return decode((pairs.results.folder(student) / "observation.json").read_bytes())


# -- several accounts -----------------------------------------------------------------------------


def test_every_member_gets_the_account_with_most_points(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    """Row 2: one partner's account is untouched, the other's is right."""
    untouched = aws_sandbox.new_account()
    reports, _ = pairs.grade(
        rubric,
        Row("s1", "pair", untouched),
        Row("s2", "pair", reference_account),
        Row("s3", "", untouched),
    )
    pair = (6.0, ("group-accounts",))
    assert said(reports) == {"s1": pair, "s2": pair, "s3": (0.0, ())}
    assert {reports[name].account_id for name in ("s1", "s2")} == {reference_account}
    for name in ("s1", "s2"):
        assert pairs.others(name) == [f"{untouched}.json"]
        assert pairs.report(name) == reports[name]
    assert pairs.others("s3") == []


def test_equal_points_go_to_the_same_account_whatever_the_order(
    pairs: Class, rubric: Rubric, aws_sandbox: Sandbox
) -> None:
    first, second = sorted(aws_sandbox.new_account() for _ in range(2))
    rows = [Row("s1", "pair", second), Row("s2", "pair", first)]
    for order in (rows, rows[::-1]):
        reports, _ = pairs.grade(rubric, *order, force=True)
        assert {one.account_id for one in reports.values()} == {first}


@pytest.mark.slow
def test_regrading_chooses_again_and_back_again(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    other = aws_sandbox.new_account()
    hand_in(aws_sandbox, other, memory_mb=256)
    first, _ = pairs.grade(rubric, Row("s1", "pair", other), Row("s2", "pair", reference_account))
    before = files(pairs)
    assert {one.account_id for one in first.values()} == {reference_account}
    dearer = tuple(
        msgspec.structs.replace(one, expect=256) if one.id == "memory" else one
        for one in rubric.criteria
    )
    changed = msgspec.structs.replace(rubric, criteria=dearer, sha256="f" * 64)
    done = regrade(pairs.results, pairs.setup(changed), lang="en")
    assert [(one.account_id, one.score) for one in done.reports] == [(other, 6), (other, 6)]
    assert seen(pairs, "s1").account_id == other
    assert pairs.others("s2") == [f"{reference_account}.json"]
    regrade(pairs.results, pairs.setup(rubric), lang="en")
    assert files(pairs) == before


def files(pairs: Class) -> dict[str, bytes]:
    """What is kept of the students, without the reports before."""
    paths = (pairs.folder / "results/students").rglob("*.json")
    return {str(path): path.read_bytes() for path in paths if "history" not in path.parts}


@pytest.mark.slow
def test_a_pairs_accounts_in_two_regions_are_both_regraded(
    pairs: Class, rubric: Rubric, reference_account: str
) -> None:
    rows = [
        Row("s1", "pair", reference_account, region="us-west-2"),
        Row("s2", "pair", reference_account),
    ]
    reports, _ = pairs.grade(rubric, *rows)
    # What is looked for in the other region stands in the lab's own: that one is open.
    pair = (6.0, ("group-account-open",))
    assert said(reports) == {"s1": pair, "s2": pair}
    done = regrade(pairs.results, pairs.setup(rubric), lang="en")
    assert done.changes == []
    assert pairs.others("s1") == [f"{reference_account}.json"]


@pytest.mark.slow
def test_shuffled_rows_give_the_same_results(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    """Keys that are refused, that are the second ones of an account, that lead nowhere, in any order."""
    half, untouched = aws_sandbox.new_account(), aws_sandbox.new_account()
    hand_in(aws_sandbox, half, memory_mb=256)
    rows = [
        Row("s1", "a", half, "expired-1"),
        Row("s2", "a", half, "good-2"),
        Row("s3", "b", untouched),
        Row("s4", "b", "", account_id=""),
        Row("s5", "", reference_account, "nothing-5"),
        Row("s6", "c", reference_account, "good-6"),
        Row("s7", "c", untouched, "good-7"),
        Row("s8", "", reference_account, "good-8"),
    ]

    def results(order: list[Row]) -> dict[str, Any]:
        wire = ByKeys()
        reports, _ = pairs.grade(rubric, *order, wire=wire, force=True)
        looked = wire.used("scheduler.ListSchedules") | wire.used("lambda.Invoke")
        timeless = {
            name: msgspec.structs.replace(one, started_at="", finished_at="", duration_s=0)
            for name, one in reports.items()
        }
        return {"reports": timeless, "keys": looked, **{n: pairs.others(n) for n in reports}}

    first = results(rows)
    assert results(rows[::-1]) == first
    assert results(rows[3:] + rows[:3]) == first
    assert first["reports"]["s5"].score is None
    assert {first["reports"][name].score for name in ("s6", "s7", "s8")} == {6}


# -- ways that lead nowhere -----------------------------------------------------------------------


def test_a_partners_ended_lab_leaves_the_pair_the_grade_of_the_other_way(
    pairs: Class, rubric: Rubric, reference_account: str
) -> None:
    """Row 3, first half."""
    reports, _ = pairs.grade(
        rubric,
        Row("s1", "pair", reference_account, "expired"),
        Row("s2", "pair", reference_account, "good"),
    )
    flagged = (6.0, ("group-account-open",))
    assert said(reports) == {"s1": flagged, "s2": flagged}
    assert pairs.others("s1") == ["open.json"]


def test_a_way_that_should_lead_to_the_account_that_was_seen_is_no_open_question(
    pairs: Class, rubric: Rubric, reference_account: str
) -> None:
    rows = [
        Row("s1", "pair", reference_account, "expired", account_id=reference_account),
        Row("s2", "pair", reference_account),
    ]
    reports, _ = pairs.grade(rubric, *rows)
    assert said(reports) == {"s1": (6.0, ()), "s2": (6.0, ())}


def test_who_goes_a_partners_way_is_expected_in_the_partners_account(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    own, untouched = Row("s2", "pair", "", account_id="2" * 12), aws_sandbox.new_account()
    reports, _ = pairs.grade(
        rubric, Row("s1", "pair", reference_account, account_id=reference_account), own
    )
    assert said(reports) == {"s1": (6.0, ()), "s2": (6.0, ())}
    reports, _ = pairs.grade(rubric, Row("s1", "pair", untouched), own, force=True)
    assert said(reports) == {"s1": (0.0, ()), "s2": (0.0, ())}


def test_nobody_gets_0_for_an_untouched_account_while_the_partners_may_be_the_one(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    """Row 3, second half; then the partner hands in a new block, and the first one has ended."""
    untouched = aws_sandbox.new_account()
    own = Row("s2", "pair", untouched, "good-2")
    reports, _ = pairs.grade(rubric, Row("s1", "pair", reference_account, "expired"), own)
    flagged = (None, ("group-account-open",))
    assert said(reports) == {"s1": flagged, "s2": flagged}
    assert "ExpiredToken" in reports["s2"].criteria[0].message
    assert pairs.others("s1") == [f"{untouched}.json"]
    assert regrade(pairs.results, pairs.setup(rubric), lang="en").changes == []

    wire = ByKeys(ended={"good-2"})
    reports, _ = pairs.grade(
        rubric, Row("s1", "pair", reference_account, "good-1"), own, wire=wire, resume=True
    )
    # To which account the ended way had led is known, so that nothing is open any more.
    assert said(reports) == dict.fromkeys(("s1", "s2"), (6.0, ("group-accounts",)))
    assert pairs.others("s2") == [f"{untouched}.json"]


def test_an_account_that_has_a_result_is_left_alone_when_the_partners_is_tried_again(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    partial = aws_sandbox.new_account()
    hand_in(aws_sandbox, partial, memory_mb=256)
    rows = [Row("s1", "pair", partial, "good-1"), Row("s2", "pair", reference_account, "expired-2")]
    reports, _ = pairs.grade(rubric, *rows)
    assert said(reports)["s1"] == (5.0, ("group-account-open",))
    wire = ByKeys()
    now = [rows[0], Row("s2", "pair", reference_account, "good-2")]
    reports, _ = pairs.grade(rubric, *now, wire=wire, resume=True)
    assert said(reports) == dict.fromkeys(("s1", "s2"), (6.0, ("group-accounts",)))
    assert wire.asked.keys() == {"good-2"}


def test_going_on_tries_an_open_way_again_and_then_leaves_the_group_alone(
    pairs: Class, rubric: Rubric, reference_account: str
) -> None:
    rows = [
        Row("s1", "pair", reference_account, "good-1"),
        Row("s2", "pair", reference_account, "expired-2"),
    ]
    pairs.grade(rubric, *rows)
    again = ByKeys()
    reports, run = pairs.grade(rubric, *rows, wire=again, resume=True)
    assert again.asked == {"expired-2": ["sts.GetCallerIdentity"]}
    assert said(reports)["s1"] == (6.0, ("group-account-open",))
    assert run.not_again == []
    new = [rows[0], Row("s2", "pair", reference_account, "good-2")]
    reports, _ = pairs.grade(rubric, *new, resume=True)
    assert said(reports) == {"s1": (6.0, ()), "s2": (6.0, ())}
    assert pairs.others("s2") == []
    nobody = ByKeys()
    pairs.grade(rubric, *new, wire=nobody, resume=True)
    assert nobody.asked == {}


def test_a_group_that_0_1_0_graded_is_left_alone_however_often_the_class_is_gone_on_with(
    pairs: Class, rubric: Rubric, reference_account: str
) -> None:
    """Version 0.1.0 did not say which ways there were."""
    rows = [
        Row("s1", "pair", reference_account, "good-1"),
        Row("s2", "pair", reference_account, "good-2"),
    ]
    pairs.grade(rubric, *rows)
    old = msgspec.structs.replace(pairs.results.batch(), ways=msgspec.UNSET)
    pairs.results.write_batch(old)
    wire = ByKeys(ended={"good-1", "good-2"})
    for _ in range(2):
        reports, _run = pairs.grade(rubric, *rows, wire=wire, resume=True)
        assert said(reports) == {"s1": (6.0, ()), "s2": (6.0, ())}
    assert wire.asked == {}


@pytest.mark.slow
def test_a_partners_new_block_is_tried_although_the_pair_has_a_grade(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    untouched = aws_sandbox.new_account()
    first, second = Row("s1", "pair", untouched), Row("s2", "pair", "")
    reports, _ = pairs.grade(rubric, first, second)
    assert said(reports) == {"s1": (0.0, ()), "s2": (0.0, ())}
    reports, _ = pairs.grade(
        rubric, first, Row("s2", "pair", reference_account, "late"), resume=True
    )
    assert said(reports) == dict.fromkeys(("s1", "s2"), (6.0, ("group-accounts",)))


def test_a_new_row_of_a_group_is_taken_without_being_forced(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    first = Row("s1", "pair", aws_sandbox.new_account())
    pairs.grade(rubric, first, Row("s3", "", reference_account))
    before = pairs.report("s3")
    late = Row("s2", "pair", reference_account, "late")
    reports, _ = pairs.grade(rubric, first, late, Row("s3", "", reference_account), resume=True)
    assert {name: reports[name].score for name in ("s1", "s2")} == {"s1": 6, "s2": 6}
    assert reports["s3"].started_at == before.started_at


# -- several ways to one account ------------------------------------------------------------------


@pytest.mark.parametrize("first", [0, 1], ids=["before", "after"])
def test_keys_that_may_do_nothing_take_and_get_nothing_wherever_their_row_stands(
    pairs: Class, rubric: Rubric, reference_account: str, first: int
) -> None:
    """Row 4."""
    rows = [Row("a", "", reference_account, "nothing"), Row("b", "", reference_account, "good")]
    wire = ByKeys()
    reports, _ = pairs.grade(rubric, rows[first], rows[1 - first], wire=wire)
    assert (reports["a"].score, reports["b"].score) == (None, 6)
    assert "lambda:GetFunctionConfiguration" in reports["a"].criteria[0].message
    assert reports["a"].account_id == reference_account
    assert isinstance(seen(pairs, "a").identity, Found)


@pytest.mark.slow
def test_whoever_may_read_it_shares_what_another_saw(
    pairs: Class, whole: Rubric, reference_account: str
) -> None:
    """The keys of the first may not run the function: the next way is an attempt with its own pairs."""
    wire = ByKeys()
    rows = [Row("a", "", reference_account, "reader"), Row("b", "", reference_account, "good")]
    reports, _ = pairs.grade(whole, *rows, wire=wire)
    assert {one.score for one in reports.values()} == {20}
    assert wire.used("lambda.Invoke") == {"reader", "good"}
    attempts = {seen(pairs, name).attempt for name in ("a", "b")}
    assert attempts == {1 + visiting.ANOTHER_WAY} != {1}


@pytest.mark.slow
def test_a_group_tries_its_next_way_where_the_first_is_refused_something(
    pairs: Class, whole: Rubric, reference_account: str
) -> None:
    rows = [
        Row("a", "pair", reference_account, "reader"),
        Row("b", "pair", reference_account, "good"),
    ]
    reports, _ = pairs.grade(whole, *rows)
    assert said(reports) == {"a": (20.0, ()), "b": (20.0, ())}
    assert pairs.others("a") == []


def test_where_no_other_way_helps_it_stays_open_by_what_was_refused(
    pairs: Class, whole: Rubric, reference_account: str
) -> None:
    reports, _ = pairs.grade(whole, Row("a", "", reference_account, "reader"))
    status = {one.id: one.status for one in reports["a"].criteria}
    assert (status["memory"], status["records"]) == ("passed", "ungraded")


# -- one of a group, and ways that hang ------------------------------------------------------------


@pytest.mark.slow
def test_one_of_a_group_alone_takes_the_whole_group(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    """Row 5."""
    other = Row("s3", "", aws_sandbox.new_account(), "others")
    rows = [
        Row("s1", "pair", reference_account, "one"),
        Row("s2", "pair", reference_account, "two"),
        other,
    ]
    pairs.grade(rubric, *rows)
    hand_in(aws_sandbox, other.account)
    wire = ByKeys()
    reports, _ = pairs.grade(rubric, *rows, wire=wire, only=["s2"])
    assert {"one", "two"} == wire.asked.keys()
    assert seen(pairs, "s1") == seen(pairs, "s2")
    assert seen(pairs, "s1").attempt == 2
    assert said(reports)["s3"][0] == 0


def test_a_group_that_cannot_be_reached_again_keeps_its_grade_and_is_named(
    pairs: Class, rubric: Rubric, reference_account: str
) -> None:
    rows = [
        Row("s1", "pair", reference_account, "one"),
        Row("s2", "pair", reference_account, "two"),
    ]
    pairs.grade(rubric, *rows)
    ended = [row._replace(keys=f"expired-{row.keys}") for row in rows]
    reports, run = pairs.grade(rubric, *ended, only=["s1"])
    assert {one.score for one in reports.values()} == {6}
    assert [(one.student_id, one.score) for one in run.not_again] == [("s1", None), ("s2", None)]


@pytest.mark.slow
def test_a_way_that_hangs_holds_up_nobody_and_is_attached_when_it_answers(
    pairs: Class, rubric: Rubric, reference_account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visiting, "IDENTIFY_S", 0.5)
    wire = ByKeys()
    rows = [
        Row("s1", "", reference_account, "hangs"),
        Row("s2", "", reference_account, "good"),
        Row("s3", "pair", reference_account, "hangs-too"),
        Row("s4", "pair", reference_account, "good-4"),
    ]
    with ThreadPoolExecutor(1) as threads:
        run = threads.submit(pairs.grade, rubric, *rows, wire=wire, jobs=1)
        report = pairs.folder / "results/students/s2/report.json"
        try:
            wait_for(report.exists)
            assert not wire.go.is_set()
        finally:
            wire.go.set()
        reports, _ = run.result(timeout=LIMIT_S)
    assert {one.score for one in reports.values()} == {6}
    assert len({one.started_at for one in reports.values()}) == 1  # it was looked at once


def test_who_was_refused_waits_for_a_way_that_answers_late(
    pairs: Class, rubric: Rubric, reference_account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visiting, "IDENTIFY_S", 0.2)
    wire = ByKeys()
    rows = [Row("a", "", reference_account, "nothing"), Row("b", "", reference_account, "hangs")]
    with ThreadPoolExecutor(1) as threads:
        run = threads.submit(pairs.grade, rubric, *rows, wire=wire)
        wait_for(lambda: "lambda.GetFunctionConfiguration" in wire.asked["nothing"])
        wire.go.set()
        reports, _ = run.result(timeout=LIMIT_S)
    assert (reports["a"].score, reports["b"].score) == (None, 6)
    facts = seen(pairs, "a").functions.values()
    assert all(isinstance(fact, Unknown) for fact in facts)
