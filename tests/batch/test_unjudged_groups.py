"""Groups whose judge fails: nobody loses a grade or what was seen, and it is tried again."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pytest

from grader.batch.regrade import regrade
from grader.judging.ungraded import all_ungraded
from grader.model.machine_limit import WorkerDied
from grader.rubric.load import default_rubric_path, load_rubric
from tests.batch.classes import Class, Row, looked_at
from tests.judges import Judge
from tests.observing import hand_in
from tests.programs import LIMIT_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
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
def rubric(pairs: Class) -> Rubric:
    """Of six points, for which nothing is run."""
    return looked_at(load_rubric(default_rubric_path(), pairs.checks))


def said(reports: dict[str, Report]) -> dict[str, tuple[float | None, tuple[str, ...]]]:
    return {name: (one.score, one.flags) for name, one in reports.items()}


def files(pairs: Class) -> dict[str, bytes]:
    """All that is kept of the students."""
    paths = (pairs.folder / "results/students").rglob("*.json")
    return {str(path): path.read_bytes() for path in paths}


def fails(
    monkeypatch: pytest.MonkeyPatch, judge: Judge, fault: Exception, account: str = ""
) -> None:
    """The judge fails at everything, or at what was seen of an ``account``."""
    real = judge.submit

    def submit(
        rubric: Rubric, observations: Sequence[Observation], **how: Any
    ) -> Future[list[list[Outcome]]]:
        judged: Future[list[list[Outcome]]] = Future()
        if observations and not account:
            judged.set_exception(fault)
            return judged
        outcomes = real(rubric, observations, **how).result(timeout=LIMIT_S)
        judged.set_result(
            [
                all_ungraded(rubric, fault) if seen.account_id == account else said
                for seen, said in zip(observations, outcomes, strict=True)
            ]
        )
        return judged

    monkeypatch.setattr(judge, "submit", submit)


@pytest.mark.parametrize("how", [{"resume": True}, {"only": ["s1"]}], ids=["resume", "only"])
def test_a_judge_that_dies_takes_nothing_from_a_group(
    pairs: Class, rubric: Rubric, reference_account: str, monkeypatch: pytest.MonkeyPatch, how: Any
) -> None:
    rows = [
        Row("s1", "pair", reference_account, "good-1"),
        Row("s2", "pair", reference_account, "expired-2"),
    ]
    pairs.grade(rubric, *rows)
    before = files(pairs)
    fails(monkeypatch, pairs.judge, WorkerDied())
    reports, run = pairs.grade(rubric, *rows, **how)
    flagged = (6.0, ("group-account-open",))
    assert said(reports) == {"s1": flagged, "s2": flagged}
    assert [(one.student_id, one.score) for one in run.not_again] == [("s1", None), ("s2", None)]
    assert files(pairs) == before


def test_a_new_block_that_met_a_judge_that_died_is_tried_again(
    pairs: Class,
    rubric: Rubric,
    reference_account: str,
    aws_sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = Row("s1", "pair", aws_sandbox.new_account()), Row("s2", "pair", "")
    pairs.grade(rubric, first, second)
    now = [first, Row("s2", "pair", reference_account, "late")]
    with monkeypatch.context() as meanwhile:
        fails(meanwhile, pairs.judge, WorkerDied())
        reports, _ = pairs.grade(rubric, *now, resume=True)
        assert said(reports) == {"s1": (0.0, ()), "s2": (0.0, ())}
    reports, _ = pairs.grade(rubric, *now, resume=True)
    assert said(reports) == dict.fromkeys(("s1", "s2"), (6.0, ("group-accounts",)))


def test_a_judge_that_fails_at_one_account_lets_no_other_one_count_instead(
    pairs: Class,
    rubric: Rubric,
    reference_account: str,
    aws_sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    partial = aws_sandbox.new_account()
    hand_in(aws_sandbox, partial, memory_mb=256)
    rows = [Row("s1", "pair", reference_account), Row("s2", "pair", partial)]
    pairs.grade(rubric, *rows)
    before = files(pairs)
    with monkeypatch.context() as meanwhile:
        fails(meanwhile, pairs.judge, ZeroDivisionError("a bug of ours"), reference_account)
        more = Row("s3", "pair", partial, "late")
        reports, run = pairs.grade(rubric, *rows, more, resume=True)
    assert {name: reports[name].score for name in ("s1", "s2")} == {"s1": 6, "s2": 6}
    assert [one.student_id for one in run.not_again] == ["s1", "s2"]
    assert all("ZeroDivisionError" in one.criteria[0].message for one in run.not_again)
    assert {path: data for path, data in files(pairs).items() if path in before} == before


def test_what_was_seen_of_a_group_is_kept_where_the_judge_dies_the_first_time(
    pairs: Class,
    rubric: Rubric,
    reference_account: str,
    aws_sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [Row("s1", "pair", aws_sandbox.new_account()), Row("s2", "pair", reference_account)]
    with monkeypatch.context() as meanwhile:
        fails(meanwhile, pairs.judge, WorkerDied())
        reports, _ = pairs.grade(rubric, *rows)
    assert {one.score for one in reports.values()} == {None}
    done = regrade(pairs.results, pairs.setup(rubric), lang="en")
    assert [one.score for one in done.reports] == [6, 6]


def test_a_better_grade_counts_though_another_account_could_not_be_judged(
    pairs: Class,
    rubric: Rubric,
    aws_sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late, partial = aws_sandbox.new_account(), aws_sandbox.new_account()
    hand_in(aws_sandbox, partial, memory_mb=256)
    rows = [Row("s1", "pair", late), Row("s2", "pair", partial)]
    reports, _ = pairs.grade(rubric, *rows)
    assert {one.score for one in reports.values()} == {5}
    hand_in(aws_sandbox, late)
    fails(monkeypatch, pairs.judge, ZeroDivisionError("a bug of ours"), partial)
    reports, run = pairs.grade(rubric, *rows, only=["s1"])
    assert said(reports) == dict.fromkeys(
        ("s1", "s2"), (6.0, ("group-account-open", "group-accounts"))
    )
    assert run.not_again == []
