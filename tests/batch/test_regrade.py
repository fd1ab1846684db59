"""Judging a class again: who changed, by how much and why, and what was never looked at."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from grader.results.directory import Results
from grader.rubric.load import default_rubric_path
from tests.class_rosters import read_json, reports, roster
from tests.observing import hand_in
from tests.programs import grader_here
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def graded(aws_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of one who did everything right and one who gave too much memory."""
    folder = tmp_path_factory.mktemp("graded")
    right, memory = aws_sandbox.new_account(), aws_sandbox.new_account()
    hand_in(aws_sandbox, right)
    hand_in(aws_sandbox, memory, memory_mb=256)
    grader_here("batch", roster(folder, aws_sandbox, f"s1,,,{right}", f"s2,,,{memory}"), cwd=folder)
    assert {name: one.score for name, one in reports(folder).items()} == {"s1": 20, "s2": 19}
    return folder


@pytest.fixture
def folder(graded: Path, tmp_path: Path) -> Path:
    shutil.copytree(graded / "results", tmp_path / "results")
    return tmp_path


def rubric(folder: Path, *changes: tuple[str, str]) -> Path:
    """The shipped rubric with other words in it."""
    text = default_rubric_path().read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    path = folder / "new.yaml"
    path.write_text(text)
    return path


@pytest.mark.slow
def test_it_says_who_changed_by_how_much_and_why(folder: Path) -> None:
    done = grader_here(
        "regrade",
        "results",
        "--rubric",
        rubric(folder, ("expect: 128", "expect: 256")),
        cwd=folder,
    )
    assert "s1: 20/20 -> 19/20 (-1)\n" in done.stdout
    assert "  memory  1/1 -> 0/1  expected 256 MB, found 128 MB." in done.stdout
    assert "s2: 19/20 -> 20/20 (+1)\n  memory  0/1 -> 1/1\n" in done.stdout
    told = done.stdout.partition("s1: ")[2]
    assert max(map(len, told.splitlines())) <= 80


def test_the_old_report_is_kept_beside(folder: Path) -> None:
    old = read_json(folder / "results/students/s1/report.json")
    path = rubric(folder, ("expect: 128", "expect: 256"))
    grader_here("regrade", "results", "--rubric", path, cwd=folder)
    kept = folder / "results/students/s1/history/001.json"
    assert (read_json(kept)["report"], read_json(kept)["why"]) == (old, "regrade")
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_points_that_only_move_are_told_too(folder: Path) -> None:
    path = rubric(
        folder, ("expect: 128", "expect: 256"), ("at_least: python3.8", "at_least: python3.99")
    )
    first = grader_here("regrade", "results", "--rubric", path, cwd=folder)
    assert "s2: 19/20 -> 19/20 (+0)" in first.stdout


@pytest.mark.parametrize(
    ("before", "after", "open_criteria", "why"),
    first_only_when_quick(
        [
            ("foo: bar", "baz: qux", {"environment"}, "baz"),
            (
                "name: periodic_lambda",
                "name: other_lambda",
                {"schedule"},
                "periodic_lambda, not of other_lambda",
            ),
            (
                "name: first_lambda",
                "name: other_lambda",
                {"function", "runtime", "memory", "timeout", "environment", "input-queue"}
                | {"handler", "records", "sums"},
                "first_lambda, not of other_lambda",
            ),
            ("pairs: 5", "pairs: 7", {"sums"}, "5 pairs were sent, not 7"),
            (
                "message: [number1, number2]",
                "message: [a, b]",
                {"handler", "records", "sums"},
                "another form",
            ),
            (
                "region: us-east-1",
                "region: us-west-2",
                set(),
                "us-east-1, not in us-west-2",
            ),
        ],
        keep=2,
    ),
)
def test_what_was_not_looked_at_is_ungraded_and_says_so(
    folder: Path, before: str, after: str, open_criteria: set[str], why: str
) -> None:
    path = rubric(folder, (before, after))
    done = grader_here("regrade", "results", "--rubric", path, cwd=folder)
    report = reports(folder)["s1"]
    found = {result.id: result for result in report.criteria if result.status == "ungraded"}
    assert (done.returncode, report.score) == (3, None)
    assert why in re.sub(r"\s+", " ", done.stdout)
    if open_criteria:
        assert found.keys() - {"mapping"} == open_criteria
    else:
        assert len(found) == len(report.criteria)


@pytest.mark.slow
def test_runs_that_were_not_looked_for_are_ungraded(folder: Path) -> None:
    path = rubric(folder)
    path.write_text(
        path.read_text()
        + "  - {id: runs, title: Runs, check: schedule_runs, on: periodic, points: 1}\n"
    )
    done = grader_here("regrade", "results", "--rubric", path, cwd=folder)
    assert "s1: 20/20 -> -/21 (not graded)\n  runs  none -> -/1" in done.stdout


@pytest.mark.slow
def test_under_the_first_rubric_again_the_reports_are_the_first_ones(folder: Path) -> None:
    old = (folder / "results/students/s2/report.json").read_bytes()
    first = folder / "first.yaml"
    shutil.copy(folder / "results/rubric.yaml", first)
    path = rubric(folder, ("name: first_lambda", "name: other_lambda"))
    grader_here("regrade", "results", "--rubric", path, cwd=folder)
    assert grader_here("regrade", "results", "--rubric", first, cwd=folder).returncode == 0
    assert (folder / "results/students/s2/report.json").read_bytes() == old


@pytest.mark.slow
def test_a_regrading_that_was_cut_short_is_finished_by_resuming(folder: Path, graded: Path) -> None:
    """Half of the class has reports of another rubric, and a file lies about that was not finished."""
    path = rubric(folder, ("expect: 128", "expect: 256"))
    grader_here("regrade", "results", "--rubric", path, cwd=folder)
    for name in ("batch.json", "rubric.yaml", "students/s2/report.json"):
        shutil.copy(graded / "results" / name, folder / "results" / name)
    stray = folder / "results/students/s1/.report.json.abcd1234.unfinished"
    stray.write_text("{")
    done = grader_here("batch", graded / "class.csv", "--resume", cwd=folder)
    assert done.returncode == 0
    assert {name: one.score for name, one in reports(folder).items()} == {"s1": 20, "s2": 19}
    assert not stray.exists()


def test_a_report_that_is_not_of_its_observation_is_judged_again(
    folder: Path, graded: Path
) -> None:
    """The grader was killed after it wrote the one and before it wrote the other."""
    mine, other = (folder / "results/students" / name for name in ("s1", "s2"))
    shutil.copy(other / "observation.json", mine / "observation.json")
    assert Results(folder / "results").batch().state == "finished"
    assert grader_here("batch", graded / "class.csv", "--resume", cwd=folder).returncode == 0
    assert read_json(mine / "report.json")["score"] == 19


def test_a_report_without_an_observation_stays_and_its_student_is_named(folder: Path) -> None:
    before = reports(folder)["s2"].criteria
    (folder / "results/students/s2/observation.json").unlink()
    path = rubric(folder, ("expect: 128", "expect: 256"))
    done = grader_here("regrade", "results", "--rubric", path, cwd=folder)
    assert "s2: nothing was observed, so the report stays as it is." in done.stderr
    assert "s1: nothing" not in done.stderr
    assert reports(folder)["s2"].criteria == before
    summary = read_json(folder / "results/summary.json")
    assert [(one["student_id"], one["score"]) for one in summary["scores"]] == [
        ("s1", 19),
        ("s2", 19),
    ]


def test_every_damaged_file_is_named_and_nothing_is_written(folder: Path) -> None:
    students = folder / "results" / "students"
    (students / "s1" / "observation.json").write_text("{")
    (students / "s2" / "report.json").write_text("[]")
    before = contents(students)
    path = rubric(folder, ("expect: 128", "expect: 256"))
    done = grader_here("regrade", "results", "--rubric", path, cwd=folder)
    assert done.returncode == 2
    for damaged in ("s1/observation.json", "s2/report.json"):
        assert done.stderr.count(damaged) == 1, done.stderr
    assert contents(students) == before


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
