"""A class from the command line: files, flags, resuming, interrupting."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from grader.report import read_report
from tests.looking import hand_in
from tests.running import command, environment, grader

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

CANARY = "canary-secret-of-the-roster"
COLUMNS = (
    "student_id,name,group,endpoint_url,aws_access_key_id,aws_secret_access_key,account_id,section"
)


def roster(folder: Path, sandbox: Sandbox, *rows: str) -> Path:
    """A roster of ``student_id,name,group,account`` rows; the account ``-`` is unreachable."""
    lines = [COLUMNS]
    for row in rows:
        student, name, group, account = row.split(",")
        url = "http://127.0.0.1:9" if account == "-" else sandbox.endpoint_url
        key = "1" * 12 if account == "-" else account
        lines.append(f"{student},{name},{group},{url},{key},{CANARY},,=cmd()")
    path = folder / "class.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def reports(folder: Path) -> dict[str, Any]:
    return {f.parent.name: read_report(f) for f in folder.glob("results/students/*/report.json")}


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


@pytest.fixture
def right(aws_sandbox: Sandbox, fresh_account: str) -> str:
    """An account in which everything is right."""
    hand_in(aws_sandbox, fresh_account)
    return fresh_account


def test_a_class_is_graded_and_its_files_are_written(
    aws_sandbox: Sandbox, right: str, tmp_path: Path
) -> None:
    empty = aws_sandbox.new_account()
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{right}", f"s2,@evil,,{empty}", "s3,Cy,,-")
    done = grader("batch", path, "--seed", "4", "--json", "all.json", cwd=tmp_path)
    assert done.returncode == 3
    found = {name: report.score for name, report in reports(tmp_path).items()}
    assert found == {"s1": 20, "s2": 0, "s3": None}
    assert "3 students, 2 graded, 1 not graded" in done.stdout
    assert "1/3 " in done.stderr
    assert read(tmp_path / "all.json") == read(tmp_path / "results/summary.json")
    batch = read(tmp_path / "results/batch.json")
    assert (batch["state"], batch["seed"], batch["counts"]["graded"]) == ("finished", 4, 2)
    with (tmp_path / "results/grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert rows["s3"]["score"] == ""
    assert rows["s2"]["name"] == "'@evil"
    assert rows["s1"]["section"] == "'=cmd()"
    assert list(rows["s1"])[7:19] == [c["id"] for c in read(tmp_path / "all.json")["criteria"]]
    assert CANARY not in done.stdout + done.stderr
    assert not any(
        CANARY.encode() in file.read_bytes()
        for file in (tmp_path / "results").rglob("*")
        if file.is_file()
    )


def test_a_group_is_observed_once_and_reported_for_each(
    aws_sandbox: Sandbox, right: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,pair,{right}", f"s2,Bo,pair,{right}")
    assert grader("batch", path, cwd=tmp_path).returncode == 0
    one, two = (reports(tmp_path)[name] for name in ("s1", "s2"))
    assert one.started_at == two.started_at
    assert one.criteria == two.criteria
    assert one.flags == two.flags == ()


def test_an_account_of_two_groups_is_observed_once_and_flagged(
    aws_sandbox: Sandbox, right: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,one,{right}", f"s2,Bo,two,{right}")
    grader("batch", path, cwd=tmp_path)
    one, two = (reports(tmp_path)[name] for name in ("s1", "s2"))
    assert one.started_at == two.started_at
    assert one.flags == two.flags == ("account-shared",)
    assert one.score == two.score == 20


def test_the_same_code_in_two_accounts_is_flagged(
    aws_sandbox: Sandbox, right: str, tmp_path: Path
) -> None:
    other = aws_sandbox.new_account()
    hand_in(aws_sandbox, other)
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{right}", f"s2,Bo,,{other}")
    grader("batch", path, cwd=tmp_path)
    assert [report.flags for report in reports(tmp_path).values()] == [("same-code",)] * 2


def test_results_are_not_overwritten_unasked(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results/mine.txt").write_text("precious")
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,a\n")
    for option in ([], ["--force"], ["--resume"]):
        done = grader("batch", "class.csv", *option, cwd=tmp_path)
        assert done.returncode == 2
        assert [file.name for file in (tmp_path / "results").iterdir()] == ["mine.txt"]


def test_resuming_grades_who_was_not_graded_and_nobody_else(
    aws_sandbox: Sandbox, right: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{right}", "s2,Bo,,-")
    grader("batch", path, "--seed", "9", cwd=tmp_path)
    before = reports(tmp_path)
    assert grader("batch", path, cwd=tmp_path).returncode == 2
    done = grader("batch", path, "--resume", cwd=tmp_path)
    assert "1/1 s2" in done.stderr
    assert reports(tmp_path)["s1"] == before["s1"]
    assert read(tmp_path / "results/batch.json")["attempt"] == 2
    assert read(tmp_path / "results/summary.json")["students"] == 2


def test_a_changed_roster_is_named_when_resuming(
    aws_sandbox: Sandbox, right: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{right}")
    grader("batch", path, cwd=tmp_path)
    roster(tmp_path, aws_sandbox, f"s1,Ann,,{right}", f"s2,Bo,,{right}")
    done = grader("batch", path, "--resume", cwd=tmp_path)
    assert (done.returncode, "roster changed" in done.stderr) == (2, True)
    assert grader("batch", path, "--resume", "--force", cwd=tmp_path).returncode == 0
    assert reports(tmp_path).keys() == {"s1", "s2"}


def test_starting_over_leaves_nobody_of_an_earlier_roster(
    aws_sandbox: Sandbox, right: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"old,Ann,,{right}")
    grader("batch", path, cwd=tmp_path)
    roster(tmp_path, aws_sandbox, f"new,Ann,,{right}")
    assert grader("batch", path, "--force", cwd=tmp_path).returncode == 0
    assert reports(tmp_path).keys() == {"new"}


def test_only_one_student_is_graded_on_request(
    aws_sandbox: Sandbox, right: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{right}", "s2,Bo,,-")
    assert grader("batch", path, "--only", "s1", cwd=tmp_path).returncode == 0
    assert reports(tmp_path).keys() == {"s1"}


def test_regrade_judges_again_and_changes_nothing(
    aws_sandbox: Sandbox, right: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{right}", "s2,Bo,,-")
    grader("batch", path, cwd=tmp_path)
    files = sorted((tmp_path / "results").glob("students/*/*.json"))
    before = [file.read_bytes() for file in files]
    done = grader("regrade", "results", cwd=tmp_path)
    assert (done.returncode, "0 of them changed" in done.stderr) == (3, True)
    assert [file.read_bytes() for file in files] == before


def test_a_damaged_observation_is_named_and_nothing_is_written(
    aws_sandbox: Sandbox, right: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{right}")
    grader("batch", path, cwd=tmp_path)
    damaged = tmp_path / "results/students/s1/observation.json"
    damaged.write_bytes(damaged.read_bytes()[:100])
    done = grader("regrade", "results", cwd=tmp_path)
    assert (done.returncode, "students/s1/observation.json" in done.stderr) == (2, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_batch_keeps_who_is_done_and_ends_soon(
    aws_sandbox: Sandbox, right: str, tmp_path: Path, number: int
) -> None:
    waiting = aws_sandbox.new_account()
    hand_in(aws_sandbox, waiting, handler="prints_only", old_messages=3)
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{right}", f"s2,Bo,,{waiting}")
    with subprocess.Popen(
        command("batch", path),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            done = tmp_path / "results/students/s1/report.json"
            Retrying(
                retry=retry_if_result(lambda there: not there),
                stop=stop_after_delay(60),
                wait=wait_fixed(0.05),
            )(done.exists)
            os.killpg(process.pid, number)
            interrupted = time.monotonic()
            _, errors = process.communicate(timeout=30)
            took = time.monotonic() - interrupted
        finally:
            process.kill()
    assert process.returncode == 130
    assert took < 5, f"{took:.1f} s"
    assert reports(tmp_path)["s1"].score == 20
    assert "--resume" in errors
    assert "Traceback" not in errors
    assert "leaked" not in errors
    assert read(tmp_path / "results/batch.json")["state"] == "interrupted"
    done_again = grader("batch", path, "--resume", cwd=tmp_path)
    assert done_again.returncode == 0
    assert "1/1 s2" in done_again.stderr
    assert reports(tmp_path)["s2"].score == 13
