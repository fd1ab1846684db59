"""Starting over, going on, and being interrupted."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.observing import hand_in, messages
from tests.polling import wait_for
from tests.programs import LIMIT_S, background, command, grader, grader_here, read_to

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

from grader.results.directory import Results
from grader.rubric.load import default_rubric_path
from tests.class_rosters import read_json, reports, roster


def test_results_are_not_overwritten_unasked(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results/mine.txt").write_text("precious")
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,a\n")
    for option in ([], ["--force"], ["--resume"]):
        done = grader_here("batch", "class.csv", *option, cwd=tmp_path)
        assert done.returncode == 2
        assert [file.name for file in (tmp_path / "results").iterdir()] == ["mine.txt"]


@pytest.mark.slow
def test_resuming_grades_who_was_not_graded_and_nobody_else(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}", "s2,Bo,,-")
    grader_here("batch", path, "--seed", "9", cwd=tmp_path)
    before = reports(tmp_path)
    assert grader_here("batch", path, cwd=tmp_path).returncode == 2
    done = grader_here("batch", path, "--resume", cwd=tmp_path)
    assert "1/1 s2" in done.stderr
    assert reports(tmp_path)["s1"] == before["s1"]
    assert read_json(tmp_path / "results/batch.json")["attempt"] == 2
    assert read_json(tmp_path / "results/summary.json")["students"] == 2


@pytest.mark.slow
def test_going_on_takes_new_rows_and_refuses_that_others_are_gone(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}")
    grader_here("batch", path, cwd=tmp_path)
    roster(tmp_path, aws_sandbox, f"s2,Bo,,{reference_account}", f"s1,Anna,,{reference_account}")
    assert grader_here("batch", path, "--resume", cwd=tmp_path).returncode == 0
    assert {name: one.name for name, one in reports(tmp_path).items()} == {"s1": "Anna", "s2": "Bo"}
    roster(tmp_path, aws_sandbox, f"s2,Bo,,{reference_account}")
    done = grader_here("batch", path, "--resume", cwd=tmp_path)
    assert done.returncode == 2
    assert "The roster changed since this batch was started: removed s1." in done.stderr
    assert grader_here("batch", path, "--resume", "--force", cwd=tmp_path).returncode == 0
    assert read_json(tmp_path / "results/summary.json")["students"] == 1


@pytest.mark.slow
def test_starting_over_leaves_nobody_of_an_earlier_roster(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"old,Ann,,{reference_account}")
    grader_here("batch", path, cwd=tmp_path)
    roster(tmp_path, aws_sandbox, f"new,Ann,,{reference_account}")
    assert grader_here("batch", path, "--force", cwd=tmp_path).returncode == 0
    assert reports(tmp_path).keys() == {"new"}


@pytest.mark.slow
def test_starting_over_in_an_outage_loses_no_grade(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(
        tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}", f"s2,Bo,,{reference_account}"
    )
    grader_here("batch", path, cwd=tmp_path)
    before = (tmp_path / "results/students/s1/report.json").read_bytes()
    roster(tmp_path, aws_sandbox, "s1,Ann,,-", "s2,Bo,,-")
    done = grader_here("batch", path, "--force", cwd=tmp_path)
    assert {name: one.score for name, one in reports(tmp_path).items()} == {"s1": None, "s2": None}
    (kept,) = tmp_path.glob("results.before-*")
    assert f"What was there before is kept in {kept}." in done.stderr
    assert (kept / "students/s1/report.json").read_bytes() == before
    again = grader_here("export", kept, "--to", "csv", "--out", "old.csv", cwd=tmp_path)
    assert again.returncode == 0
    assert "graded,20,20" in (tmp_path / "old.csv").read_text()


@pytest.mark.slow
def test_only_one_student_is_graded_on_request(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}", "s2,Bo,,-")
    assert grader_here("batch", path, "--only", "s1", cwd=tmp_path).returncode == 0
    assert reports(tmp_path).keys() == {"s1"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_an_interrupted_batch_keeps_who_is_done_and_ends_soon(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path, number: int
) -> None:
    busy, held = aws_sandbox.new_account(), aws_sandbox.new_account()
    hand_in(aws_sandbox, busy, handler="slow", environment={"SECONDS": "55"})
    hand_in(aws_sandbox, held, handler="prints_only", old_messages=3)
    path = roster(
        tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}", f"s2,Bo,,{busy}", f"s3,Cy,,{held}"
    )
    # However long s1 takes, s3 has no end before.
    line = command("batch", path, "--confirm-silence", "600")
    with background(line, cwd=tmp_path) as process:
        wait_for((tmp_path / "results/students/s1/report.json").exists)
        os.killpg(process.pid, number)
        interrupted = time.monotonic()
        said = read_to(process.stderr, "Interrupted")
        # Whoever is impatient gains nothing by it, and loses nothing.
        os.killpg(process.pid, number)
        assert process.stderr is not None
        errors = said + process.stderr.read()
        process.wait(timeout=LIMIT_S)
        took = time.monotonic() - interrupted
    assert process.returncode == 130
    # Not a measurement: the function of s2 takes 55 s, and nobody waited for it.
    assert took < 45, f"{took:.1f} s"
    assert reports(tmp_path)["s1"].score == 20
    assert reports(tmp_path).keys() == {"s1"}
    assert "--resume" in errors
    assert "Traceback" not in errors
    assert "leaked" not in errors
    assert read_json(tmp_path / "results/batch.json")["state"] == "interrupted"
    visible = messages(aws_sandbox, held, "output_queue")
    assert visible == {"visible": 3, "in flight": 0}


def test_going_on_keeps_the_options_of_the_start(aws_sandbox: Sandbox, tmp_path: Path) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{aws_sandbox.new_account()}", "s2,Bo,,-")
    (tmp_path / "mine.yaml").write_text(default_rubric_path().read_text() + "# mine\n")
    given = ("--region", "us-west-2", "--lang", "fr", "--rubric", "mine.yaml", "--seed", "8")
    limits = ("--jobs", "3", "--account-timeout", "77", "--out", "my results")
    (tmp_path / "results").symlink_to("my results")
    first = grader_here("batch", path, *given, *limits, cwd=tmp_path)
    printed = re.search(r": grader (batch .* --resume)$", first.stderr, re.MULTILINE)
    assert printed, first.stderr
    assert grader_here(*shlex.split(printed[1]), cwd=tmp_path).returncode == 3
    batch = read_json(tmp_path / "results/batch.json")
    assert (batch["region"], batch["lang"], batch["seed"]) == ("us-west-2", "fr", 8)
    assert (batch["jobs"], batch["account_timeout_s"], batch["attempt"]) == (3, 77, 2)
    assert {report.region for report in reports(tmp_path).values()} == {"us-west-2"}
    assert (tmp_path / "results/rubric.yaml").read_text().endswith("# mine\n")
    other = grader_here("batch", path, "--resume", "--region", "us-east-1", cwd=tmp_path)
    assert other.returncode == 2
    assert "La région a changé depuis le début de cette correction" in other.stderr


@pytest.mark.slow
def test_grading_one_again_leaves_the_others_whatever_is_forced(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(
        tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}", f"s2,Bo,,{aws_sandbox.new_account()}"
    )
    grader_here("batch", path, cwd=tmp_path)
    assert grader_here("batch", path, "--only", "s2", "--force", cwd=tmp_path).returncode == 0
    assert {name: report.score for name, report in reports(tmp_path).items()} == {"s1": 20, "s2": 0}
    assert read_json(tmp_path / "results/summary.json")["students"] == 2


@pytest.mark.slow
def test_a_fault_of_today_does_not_take_yesterdays_grade(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}")
    grader_here("batch", path, cwd=tmp_path)
    roster(tmp_path, aws_sandbox, "s1,Ann,,-")
    done = grader_here("batch", path, "--only", "s1", "--force", cwd=tmp_path)
    assert "1/1 s1 (Ann): not graded" in done.stderr
    assert reports(tmp_path)["s1"].score == 20


@pytest.mark.slow
def test_a_roster_made_anew_without_its_groups_takes_no_grade_away(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,pair-7,{reference_account}")
    grader_here("batch", path, cwd=tmp_path)
    before = (tmp_path / "results/students/s1/observation.json").read_bytes()
    roster(tmp_path, aws_sandbox, "s1,Ann,,-")
    done = grader_here("batch", path, "--resume", "--force", cwd=tmp_path)
    assert "1/1 s1 (Ann): not graded" in done.stderr
    assert reports(tmp_path)["s1"].score == 20
    assert (tmp_path / "results/students/s1/observation.json").read_bytes() == before


@pytest.mark.slow
def test_what_was_seen_outlives_a_rubric_that_asks_for_more(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}")
    grader_here("batch", path, cwd=tmp_path)
    more = tmp_path / "more.yaml"
    rubric = default_rubric_path().read_text(encoding="utf-8")
    more.write_text(rubric.replace("expect: {foo: bar}", "expect: {foo: bar, other: x}"))
    assert grader_here("regrade", "results", "--rubric", more, cwd=tmp_path).returncode == 3
    roster(tmp_path, aws_sandbox, "s1,Ann,,-")
    grader_here("batch", path, "--resume", "--force", "--rubric", more, cwd=tmp_path)
    assert reports(tmp_path)["s1"].score is None
    grader_here("regrade", "results", "--rubric", default_rubric_path(), cwd=tmp_path)
    assert reports(tmp_path)["s1"].score == 20


@pytest.mark.slow
def test_a_changed_rubric_is_applied_to_everyone(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}", "s2,Bo,,-")
    grader_here("batch", path, cwd=tmp_path)
    rubric = default_rubric_path().read_text().replace("expect: 128", "expect: 256")
    (tmp_path / "new.yaml").write_text(rubric)
    refused = grader_here("batch", path, "--resume", "--rubric", "new.yaml", cwd=tmp_path)
    assert refused.returncode == 2
    assert "rubric changed since this batch was started: changed memory (expect)" in refused.stderr
    grader_here("batch", path, "--resume", "--rubric", "new.yaml", "--force", cwd=tmp_path)
    found = reports(tmp_path)
    assert found["s1"].score == 19
    assert len({report.rubric_sha256 for report in found.values()}) == 1


def test_a_folder_is_one_graders_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,a\n")
    with Results(tmp_path / "results").locked():
        done = grader("batch", "class.csv", cwd=tmp_path)
    assert (done.returncode, "at work" in done.stderr) == (2, True)
    assert not (tmp_path / "results/batch.json").exists()


@pytest.mark.slow
def test_a_reader_that_goes_away_does_not_end_the_grading(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(
        tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}", f"s2,Bo,,{aws_sandbox.new_account()}"
    )
    with background(command("batch", path), cwd=tmp_path, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=LIMIT_S) == 0
    assert read_json(tmp_path / "results/batch.json")["state"] == "finished"
    assert reports(tmp_path).keys() == {"s1", "s2"}


@pytest.mark.slow
def test_a_start_that_was_killed_before_anybody_was_graded_is_made_again(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    """What lies there is of the batch before, which was to be replaced."""
    path = roster(
        tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}", f"s2,Bo,,{aws_sandbox.new_account()}"
    )
    grader_here("batch", path, cwd=tmp_path)
    before = reports(tmp_path)
    batch = tmp_path / "results/batch.json"
    batch.write_text(batch.read_text().replace('"finished"', '"starting"', 1))
    shutil.rmtree(tmp_path / "results/students/s2")
    (tmp_path / "results/rubric.yaml").unlink()
    assert grader_here("batch", path, "--resume", cwd=tmp_path).returncode == 0
    after = reports(tmp_path)
    assert after.keys() == before.keys()
    assert after["s1"].started_at > before["s1"].started_at


@pytest.mark.slow
def test_a_first_file_that_was_never_finished_is_nobodys_results(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}")
    stray = tmp_path / "results/.batch.json.abcd_123.unfinished"
    stray.parent.mkdir()
    stray.write_text('{"schema": ')
    assert grader_here("batch", path, "--resume", cwd=tmp_path).returncode == 0
    assert not stray.exists()


@pytest.mark.slow
def test_nohup_is_honoured(aws_sandbox: Sandbox, reference_account: str, tmp_path: Path) -> None:
    path = roster(
        tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}", f"s2,Bo,,{aws_sandbox.new_account()}"
    )
    with background(["nohup", *command("batch", path)], cwd=tmp_path) as process:
        read_to(process.stderr, "1/2")
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0
    assert reports(tmp_path).keys() == {"s1", "s2"}
