"""Many accounts at once: shared ones, broken ones, and a grader that fails on one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.batch import pipeline as grading
from grader.batch.pipeline import Pipeline
from grader.batch.plan import plan
from grader.batch.run import ClassRun
from grader.batch.settings import Settings
from grader.batch.setup import GradingSetup
from grader.engines import visit
from grader.engines.protocol import EngineLost
from grader.i18n.message import message
from grader.model.access import Keys
from grader.results.directory import Results
from grader.roster.load import RosterEntry, load_roster
from grader.rubric.load import default_rubric_path, load_rubric
from grader.safety.secret import Secret
from tests.class_rosters import roster
from tests.judges import Judge
from tests.observing import hand_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.batch.parties import Graded
    from grader.model.outcome import CheckInfo
    from grader.model.report import Report
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def judge() -> Iterator[tuple[Judge, dict[str, CheckInfo], Rubric]]:
    with Judge(workers=1) as one:
        checks = one.collect()
        yield one, checks, load_rubric(default_rubric_path(), checks)


def student(
    name: str, account: str, line: int, group: str | None = None, **more: Any
) -> RosterEntry:
    keys = Keys(Secret(account), Secret("test"), None)
    given = {"account_id": None, "region": None, "endpoint_url": None} | more
    return RosterEntry(student_id=name, group=group, **given, access=keys, line=line)


def graded(
    judge: tuple[Judge, dict[str, CheckInfo], Rubric],
    sandbox: Sandbox,
    *accounts: RosterEntry,
    jobs: int = 8,
    exchange: bool = False,
    **more: Any,
) -> dict[str, Graded]:
    one, checks, rubric = judge
    results: dict[str, Graded] = {}
    endpoint_url = sandbox.endpoint_url
    settings = Settings(seed=1, jobs=jobs, endpoint_url=endpoint_url, exchange=exchange, **more)

    def take(result: Graded) -> None:
        results[result.entry.student_id] = result

    Pipeline(rubric, one, checks, settings, take).run(accounts)
    return results


@pytest.mark.slow
def test_a_crash_on_one_account_leaves_the_others_their_grades(
    judge: Any,
    aws_sandbox: Sandbox,
    right: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = visit.observe

    def observe(aws: Any, rubric: Any, needs: Any, kinds: Any, identity: Any, **more: Any) -> Any:
        if identity.value.account_id != right:
            raise ZeroDivisionError("a bug of ours")
        return real(aws, rubric, needs, kinds, identity, **more)

    monkeypatch.setattr(visit, "observe", observe)
    other = aws_sandbox.new_account()
    found = graded(judge, aws_sandbox, student("s1", right, 2), student("s2", other, 3))
    assert found["s2"].observation is None
    assert found["s2"].report.status == "ungraded"
    assert "ZeroDivisionError" in found["s2"].report.criteria[0].message
    assert "a bug of ours" in capsys.readouterr().err
    assert [c.status for c in found["s1"].report.criteria[:8]] == ["passed"] * 8


def test_a_fault_that_meets_everybody_is_shown_once_and_counted(
    judge: Any,
    aws_sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def observe(_aws: Any, _rubric: Any, _needs: Any, _kinds: Any, seen: Any, **_more: Any) -> Any:
        raise ZeroDivisionError(f"of {seen.value.account_id}")

    monkeypatch.setattr(visit, "observe", observe)
    rows = [student(f"s{n}", aws_sandbox.new_account(), n) for n in range(4)]
    found = graded(judge, aws_sandbox, *rows)
    assert {one.report.status for one in found.values()} == {"ungraded"}
    said = capsys.readouterr().err
    assert said.count("Traceback") == 1
    assert "The grader failed in the same way for 3 more students." in said


def test_why_the_engine_is_lost_is_told_once_and_does_nothing_to_a_terminal(
    judge: Any,
    aws_sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def observe(*_given: Any, **_more: Any) -> Any:
        raise EngineLost(message("{why}", why="gone\x1b]0;owned\x07"))

    monkeypatch.setattr(visit, "observe", observe)
    rows = [student(f"s{n}", aws_sandbox.new_account(), n) for n in range(2)]
    graded(judge, aws_sandbox, *rows)
    said = capsys.readouterr().err
    assert said.count("The cluster was lost: gone") == 1
    assert "\x1b" not in said


def test_one_job_is_enough_for_rows_that_share_an_account(
    judge: Any, aws_sandbox: Sandbox, right: str
) -> None:
    rows = [student(f"s{n}", right, n, group=f"g{n}") for n in range(4)]
    found = graded(judge, aws_sandbox, *rows, jobs=1)
    assert len(found) == 4
    seen = {one.observation.started_at for one in found.values() if one.observation}
    assert len(seen) == 1


@pytest.mark.slow
def test_the_second_look_at_a_silence_keeps_no_other_account_waiting(
    judge: Any, aws_sandbox: Sandbox
) -> None:
    accounts = [aws_sandbox.new_account() for _ in range(3)]
    for account in accounts:
        hand_in(aws_sandbox, account, handler="prints_only", mapping="disabled")
    rows = [student(f"s{n}", account, n) for n, account in enumerate(accounts, 2)]
    found = graded(judge, aws_sandbox, *rows, jobs=1, exchange=True, confirm_s=20)
    seen = [one.observation for one in found.values() if one.observation]
    begun, ended = (sorted(o.started_at for o in seen), sorted(o.finished_at for o in seen))
    assert begun[1] < ended[0]  # with one job alone the second would begin when the first has ended


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


def test_a_crash_while_scoring_one_student_leaves_the_others_their_grades(
    judge: Any, aws_sandbox: Sandbox, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = grading.score

    def score(account: Any, *given: Any, **more: Any) -> Any:
        if account.student_id == "s2":
            raise ZeroDivisionError("a bug of ours")
        return real(account, *given, **more)

    monkeypatch.setattr(grading, "score", score)
    rows = [student(f"s{n}", right, n) for n in (1, 2, 3)]
    found = graded(judge, aws_sandbox, *rows)
    assert [found[f"s{n}"].report.criteria[0].status for n in (1, 2, 3)] == [
        "passed",
        "ungraded",
        "passed",
    ]


def test_a_student_whose_files_cannot_be_written_stops_nobody_else(
    judge: Any,
    aws_sandbox: Sandbox,
    right: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, checks, rubric = judge
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{right}", f"s2,Bo,,{right}")
    real = Results.write_student

    def write(self: Results, report: Report, *seen: Any, **former: Any) -> None:
        if report.student_id == "s1":
            raise OSError("the disk is full")
        real(self, report, *seen, **former)

    monkeypatch.setattr(Results, "write_student", write)
    results, students = Results(tmp_path / "results"), load_roster(path)
    planned = plan(results, students, rubric, Settings(seed=1, exchange=False))
    run = ClassRun(GradingSetup(rubric, one, checks), results, students, planned)
    run.run(lambda _: None)
    assert run.unwritten == ["s1: the disk is full"]
    assert [report.student_id for report in run.reports] == ["s2"]
    assert results.batch().state == "finished"


@pytest.mark.slow
def test_an_account_that_takes_too_long_is_ungraded_and_its_queues_are_left_as_found(
    judge: Any, aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="slow", environment={"SECONDS": "55"})
    sqs = aws_sandbox.client("sqs", fresh_account)
    output = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    sqs.send_message(QueueUrl=output, MessageBody="not ours")

    found = graded(
        judge,
        aws_sandbox,
        student("s1", fresh_account, 2),
        exchange=True,
        account_timeout_s=40,
    )["s1"]

    status = {result.id: result.status for result in found.report.criteria}
    assert found.report.status == "ungraded"
    assert status["sums"] == "ungraded"
    assert status["memory"] == "passed"
    assert "--account-timeout" in next(c for c in found.report.criteria if c.id == "sums").message
    received = sqs.receive_message(QueueUrl=output, WaitTimeSeconds=1).get("Messages", [])
    assert [message["Body"] for message in received] == ["not ours"]
