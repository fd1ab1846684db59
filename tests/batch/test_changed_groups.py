"""Whoever changes the group has no grade and no account of the group before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.rubric.load import default_rubric_path, load_rubric
from tests.batch.classes import Class, Row, looked_at
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
    pairs: Class, rubric: Rubric, right: str, aws_sandbox: Sandbox
) -> None:
    own, third = aws_sandbox.new_account(), Row("s3", "", aws_sandbox.new_account())
    first = Row("s1", "pair", right)
    reports, _ = pairs.grade(rubric, first, Row("s2", "pair", own), third)
    assert reports["s2"].score == 6
    now = [first, Row("s2", "", own), third]
    pairs.grade(rubric, *now, only=["s3"], force=True)
    reports, _ = pairs.grade(rubric, *now, resume=True)
    alone = reports["s2"]
    assert (alone.score, alone.account_id, alone.group) == (0, own, None)


def test_the_pairs_grade_of_who_left_and_could_not_be_reached_is_tried_again(
    pairs: Class, rubric: Rubric, right: str, aws_sandbox: Sandbox
) -> None:
    own, first = aws_sandbox.new_account(), Row("s1", "pair", right)
    pairs.grade(rubric, first, Row("s2", "pair", own))
    left = Row("s2", "", own, "expired-2")
    reports, run = pairs.grade(rubric, first, left, resume=True, force=True)
    assert (reports["s2"].score, reports["s2"].group) == (6, "pair")
    assert [one.student_id for one in run.not_again] == ["s2"]
    reports, _ = pairs.grade(rubric, first, Row("s2", "", own), resume=True)
    assert (reports["s2"].score, reports["s2"].group) == (0, None)


def test_a_new_group_does_not_get_the_account_of_a_members_old_one(
    pairs: Class, rubric: Rubric, right: str, aws_sandbox: Sandbox
) -> None:
    own, first = aws_sandbox.new_account(), Row("s1", "pair", right)
    pairs.grade(rubric, first, Row("s2", "pair", own))
    new = [Row("s2", "new", own), Row("s3", "new", aws_sandbox.new_account())]
    reports, _ = pairs.grade(rubric, first, *new, resume=True, force=True)
    assert {name: one.score for name, one in reports.items()} == {"s1": 6, "s2": 0, "s3": 0}
    assert f"{right}.json" not in [*pairs.others("s2"), *pairs.others("s3")]
