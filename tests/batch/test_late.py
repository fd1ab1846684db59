"""A class with a due time: noted, charged by the rubric's rule, and judged again without AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from grader import cli
from grader.batch.regrade import regrade
from grader.rubric.due import LateRule
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
    with Judge(workers=1) as started:
        yield started


@pytest.fixture
def lab(tmp_path: Path, aws_sandbox: Sandbox, judge: Judge) -> Class:
    return Class(tmp_path, aws_sandbox, judge, judge.collect())


@pytest.fixture
def rubric(lab: Class) -> Rubric:
    """Of six points, for which nothing is run; its due time is long over."""
    rubric = looked_at(load_rubric(default_rubric_path(), lab.checks))
    return msgspec.structs.replace(rubric, due="2020-01-01T00:00:00Z")


def test_what_aws_says_of_the_function_and_its_queues_is_noted_charged_and_kept(
    lab: Class, rubric: Rubric, reference_account: str
) -> None:
    row = Row("s1", "", reference_account)
    reports, _ = lab.grade(rubric, row)
    report = reports["s1"]
    assert (report.score, report.flags) == (6, ("modified-after-due",))
    (late,) = report.adjusted
    assert (late.kind, late.points, late.at[:3]) == ("late", 0, "202")

    strict = msgspec.structs.replace(rubric, late=LateRule(per_day=0.1, at_most=0.5))
    done = regrade(lab.results, lab.setup(strict), lang="en")
    assert (done.reports[0].score, done.reports[0].earned_score) == (3, 6)
    assert [change.after.student_id for change in done.changes] == ["s1"]

    timely = msgspec.structs.replace(strict, due="2999-01-01T00:00:00Z")
    assert regrade(lab.results, lab.setup(timely), lang="en").reports[0].adjusted == ()
    assert len(list(lab.results.folder("s1").glob("history/*.json"))) == 2


def test_a_mark_stays_when_a_batch_goes_on_and_looks_again(
    lab: Class, rubric: Rubric, reference_account: str
) -> None:
    row = Row("s1", "", reference_account)
    timely = msgspec.structs.replace(rubric, due="")
    lab.grade(timely, row)
    path = lab.results.root / "overrides.csv"
    path.write_text("student_id,criterion,points,why\ns1,memory,0,Copied\n")
    reports, _ = lab.grade(timely, row, resume=True)
    assert reports["s1"].score == lab.report("s1").score == 5
    reports, _ = lab.grade(timely, row, only=["s1"])
    assert (reports["s1"].score, reports["s1"].earned_score) == (5, 6)
    whys = [one.read_text().partition('"why": "')[2].split('"')[0] for one in history(lab)]
    assert whys == ["resume", "resume"]


def history(lab: Class) -> list[Path]:
    return sorted(lab.results.folder("s1").glob("history/*.json"))


@pytest.mark.parametrize("command", ["batch", "regrade"])
def test_a_due_time_without_zone_is_refused(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "any"
    assert cli.run([command, str(given), "--due", "2026-11-27T23:59:00"]) == 2
    assert "--due: This is not a time with its zone." in capsys.readouterr().err
