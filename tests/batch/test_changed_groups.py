"""Whoever changes the group has no grade and no account of the group before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from grader.batch.parties import Graded
from grader.batch.plan import plan
from grader.batch.regrade import regrade
from grader.batch.run import ClassRun
from grader.batch.settings import Settings
from grader.model.access import MissingFile, NothingHandedIn
from grader.roster.load import load_roster
from grader.rubric.load import default_rubric_path, load_rubric
from tests.batch.classes import ByKeys, Class, Row, looked_at
from tests.batch.test_groups import seen
from tests.judges import Judge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
def rubric(pairs: Class) -> Rubric:
    """Of six points, for which nothing is run."""
    return looked_at(load_rubric(default_rubric_path(), pairs.checks))


def test_who_leaves_a_pair_does_not_keep_its_grade_though_another_was_graded_first(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    own, third = aws_sandbox.new_account(), Row("s3", "", aws_sandbox.new_account())
    first = Row("s1", "pair", reference_account)
    reports, _ = pairs.grade(rubric, first, Row("s2", "pair", own), third)
    assert reports["s2"].score == 6
    now = [first, Row("s2", "", own), third]
    pairs.grade(rubric, *now, only=["s3"], force=True)
    reports, _ = pairs.grade(rubric, *now, resume=True)
    alone = reports["s2"]
    assert (alone.score, alone.account_id, alone.group) == (0, own, None)


def test_the_pairs_grade_of_who_left_and_could_not_be_reached_is_tried_again(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    own, first = aws_sandbox.new_account(), Row("s1", "pair", reference_account)
    pairs.grade(rubric, first, Row("s2", "pair", own))
    left = Row("s2", "", own, "expired-2")
    reports, run = pairs.grade(rubric, first, left, resume=True, force=True)
    assert (reports["s2"].score, reports["s2"].group) == (6, "pair")
    assert [one.student_id for one in run.not_again] == ["s2"]
    reports, _ = pairs.grade(rubric, first, Row("s2", "", own), resume=True)
    assert (reports["s2"].score, reports["s2"].group) == (0, None)


def test_a_new_group_does_not_get_the_account_of_a_members_old_one(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    own, first = aws_sandbox.new_account(), Row("s1", "pair", reference_account)
    pairs.grade(rubric, first, Row("s2", "pair", own))
    new = [Row("s2", "new", own), Row("s3", "new", aws_sandbox.new_account())]
    reports, _ = pairs.grade(rubric, first, *new, resume=True, force=True)
    assert {name: one.score for name, one in reports.items()} == {"s1": 6, "s2": 0, "s3": 0}
    assert f"{reference_account}.json" not in [*pairs.others("s2"), *pairs.others("s3")]


def test_who_leaves_a_pair_and_handed_in_nothing_has_no_grade_of_the_partners(
    pairs: Class, rubric: Rubric, reference_account: str
) -> None:
    first = Row("s1", "pair", reference_account)
    reports, _ = pairs.grade(rubric, first, Row("s2", "pair", ""))
    assert {name: one.score for name, one in reports.items()} == {"s1": 6, "s2": 6}
    apart = [Row("s1", "", reference_account), Row("s2", "", "")]
    for how in ({"force": True}, {}):
        reports, run = pairs.grade(rubric, *apart, resume=True, **how)
        assert (reports["s1"].score, reports["s2"].absent, run.not_again) == (6, True, [])
        assert not (pairs.results.folder("s2") / "observation.json").exists()
    (former,) = (pairs.results.folder("s2") / "history").iterdir()
    assert b'"score": 6' in former.read_bytes()


def test_a_report_of_the_group_before_says_so_when_the_class_is_regraded(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    pairs.grade(rubric, Row("s1", "pair", reference_account), Row("s2", "pair", ""))
    alone = Row("s2", "", aws_sandbox.new_account(), "expired-2")
    pairs.grade(rubric, Row("s1", "", reference_account), alone, resume=True, force=True)
    before = pairs.report("s2")
    assert (before.group, before.account_id) == ("pair", reference_account)
    regrade(pairs.results, pairs.setup(rubric), lang="en")
    assert pairs.report("s2") == before


def test_who_joins_a_group_that_handed_in_at_the_desk_gets_what_it_has(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    pairs.grade(
        rubric, Row("s1", "g", reference_account), Row("s2", "g", aws_sandbox.new_account())
    )
    at_the_desk = [Row("s1", "g", ""), Row("s2", "g", ""), Row("s3", "g", ""), Row("s4", "h", "")]
    wire = ByKeys()
    reports, _ = pairs.grade(rubric, *at_the_desk, wire=wire, resume=True, keep_all=True)
    assert not wire.asked
    assert [reports[name].score for name in ("s1", "s2", "s3")] == [6, 6, 6]
    assert pairs.others("s3") == pairs.others("s1") != []
    assert reports["s4"].absent
    again, _ = pairs.grade(rubric, *at_the_desk, resume=True)
    assert again == reports


def test_a_file_put_back_after_a_desk_is_no_new_way_and_who_came_late_gets_what_there_is(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    rows = [
        Row("s1", "g", reference_account),
        Row("s2", "g", aws_sandbox.new_account()),
        Row("s3", "g", ""),
    ]
    pairs.grade(rubric, *rows[:2])
    students = load_roster(pairs.roster(*rows))
    nowhere = {"s1": MissingFile(), "s2": MissingFile(), "s3": NothingHandedIn()}
    gone = [replace(row, access=nowhere[row.student_id]) for row in students.entries]
    at_the_desk = replace(students, entries=tuple(gone))
    planned = plan(pairs.results, at_the_desk, rubric, Settings(seed=1), resume=True, keep_all=True)
    assert [row.student_id for row in planned.todo] == ["s3"]

    def hand_in(run: ClassRun) -> None:
        run.take(Graded(gone[0], seen(pairs, "s1"), pairs.report("s1")))

    ClassRun(pairs.setup(rubric), pairs.results, at_the_desk, planned, work=hand_in).run(
        lambda _graded: None
    )
    assert pairs.report("s3").score == 6
    wire = ByKeys()
    reports, _ = pairs.grade(rubric, *rows[:2], wire=wire, resume=True, force=True)
    assert not wire.asked
    assert [reports[name].score for name in ("s1", "s2")] == [6, 6]


def test_where_nobody_need_be_graded_again_everybodys_result_is_kept(
    pairs: Class, rubric: Rubric, reference_account: str
) -> None:
    pairs.grade(rubric, Row("s1", "", reference_account))
    students = load_roster(pairs.roster(Row("s1", "", reference_account, region="us-west-2")))
    how: dict[str, Any] = {"resume": True, "force": True, "keep_all": True}
    planned = plan(pairs.results, students, rubric, Settings(seed=1), **how)
    assert [row.student_id for row in planned.todo] == ["s1"]
    run = ClassRun(pairs.setup(rubric), pairs.results, students, planned, work=lambda _run: None)
    run.run(lambda _graded: None)
    assert [report.score for report in run.reports] == [6]
    assert "s1" in (pairs.results.root / "grades.csv").read_text()


def test_who_enters_a_group_and_cannot_be_reached_keeps_the_grade_of_the_one_before(
    pairs: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    own, first = aws_sandbox.new_account(), Row("s1", "pair", reference_account)
    pairs.grade(rubric, first, Row("s2", "pair", own))
    seen = (pairs.results.folder("s2") / "observation.json").read_bytes()
    moved = Row("s2", "new", own, "expired-2")
    reports, run = pairs.grade(rubric, first, moved, resume=True, force=True)
    assert (reports["s2"].score, reports["s2"].group) == (6, "pair")
    assert [one.student_id for one in run.not_again] == ["s2"]
    assert (pairs.results.folder("s2") / "observation.json").read_bytes() == seen
    reports, _ = pairs.grade(rubric, first, Row("s2", "new", own), resume=True)
    assert (reports["s2"].score, reports["s2"].group) == (0, "new")


@pytest.mark.parametrize("spelt", ["E\u0301quipe 1", "\u00c9quipe  1", "\u00c9quipe\u00a01"])
def test_a_group_that_0_1_0_stored_as_it_was_spelt_is_the_same_one(
    pairs: Class, rubric: Rubric, reference_account: str, spelt: str
) -> None:
    rows = [Row("s1", spelt, reference_account), Row("s2", spelt, "")]
    before, _ = pairs.grade(rubric, *rows)
    for path in (
        pairs.results.root / "batch.json",
        *pairs.results.root.glob("students/*/report.json"),
    ):
        text = path.read_text()
        assert "\u00c9quipe 1" in text
        path.write_text(text.replace("\u00c9quipe 1", spelt))
    assert regrade(pairs.results, pairs.setup(rubric), lang="en").changes == []
    for how in ({}, {"lang": "fr"}):
        wire = ByKeys(ended=["good"])
        now, _ = pairs.grade(rubric, *rows, wire=wire, resume=True, **how)
        assert not wire.asked
        assert [now[name].score for name in now] == [before[name].score for name in now] == [6, 6]
