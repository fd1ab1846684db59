"""Many accounts at once: shared ones, broken ones, and a grader that fails on one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader import grading
from grader.grading import Graded, Grading, Settings
from grader.judge import Judge
from grader.roster import Account, Keys
from grader.rubric import default_rubric_path, load_rubric
from grader.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.judging.outcome import CheckInfo
    from grader.rubric import Rubric
    from grader.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def judge() -> Iterator[tuple[Judge, dict[str, CheckInfo], Rubric]]:
    with Judge(workers=1) as one:
        checks = one.collect()
        yield one, checks, load_rubric(default_rubric_path(), checks)


def student(name: str, account: str, line: int, group: str | None = None, **more: Any) -> Account:
    keys = Keys(Secret(account), Secret("test"), None)
    given = {"account_id": None, "region": None, "endpoint_url": None} | more
    return Account(name, "", "", group, **given, access=keys, line=line)


def graded(
    judge: tuple[Judge, dict[str, CheckInfo], Rubric],
    sandbox: Sandbox,
    *accounts: Account,
    jobs: int = 8,
) -> dict[str, Graded]:
    one, checks, rubric = judge
    results: dict[str, Graded] = {}
    settings = Settings(seed=1, jobs=jobs, endpoint_url=sandbox.endpoint_url, exchange=False)

    def take(result: Graded) -> None:
        results[result.account.student_id] = result

    Grading(rubric, one, checks, settings, take).run(accounts)
    return results


def test_a_crash_on_one_account_leaves_the_others_their_grades(
    judge: Any,
    aws_sandbox: Sandbox,
    right: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = grading.observe

    def observe(aws: Any, rubric: Any, identity: Any, **more: Any) -> Any:
        if identity.value.account_id != right:
            raise ZeroDivisionError("a bug of ours")
        return real(aws, rubric, identity, **more)

    monkeypatch.setattr(grading, "observe", observe)
    other = aws_sandbox.new_account()
    found = graded(judge, aws_sandbox, student("s1", right, 2), student("s2", other, 3))
    assert found["s2"].observation is None
    assert found["s2"].report.status == "ungraded"
    assert "ZeroDivisionError" in found["s2"].report.criteria[0].message
    assert "a bug of ours" in capsys.readouterr().err
    assert [c.status for c in found["s1"].report.criteria[:8]] == ["passed"] * 8


def test_one_job_is_enough_for_rows_that_share_an_account(
    judge: Any, aws_sandbox: Sandbox, right: str
) -> None:
    rows = [student(f"s{n}", right, n, group=f"g{n}") for n in range(4)]
    found = graded(judge, aws_sandbox, *rows, jobs=1)
    assert len(found) == 4
    assert len({id(one.observation) for one in found.values()}) == 1


def test_a_group_is_reached_by_whichever_of_its_ways_works(
    judge: Any, aws_sandbox: Sandbox, right: str
) -> None:
    dead = student("s1", right, 2, "pair", endpoint_url="http://127.0.0.1:9")
    found = graded(judge, aws_sandbox, dead, student("s2", right, 3, "pair"))
    assert found["s1"].report.criteria[0].status == "passed"
    assert found["s2"].report.criteria[0].status == "passed"


def test_an_account_that_is_not_the_rosters_is_flagged_and_not_graded(
    judge: Any, aws_sandbox: Sandbox, right: str
) -> None:
    found = graded(judge, aws_sandbox, student("s1", right, 2, account_id="9" * 12))
    assert found["s1"].report.score is None
    assert found["s1"].report.flags == ("account-mismatch",)
