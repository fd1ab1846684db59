"""Starting over, going on, and being interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from tests.looking import hand_in
from tests.running import command, environment, grader

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

from tests.classes import read, reports, roster


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
