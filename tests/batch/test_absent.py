"""Who handed in nothing: listed, open, no fault; 0 where that is asked for."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from tests.class_rosters import COLUMNS, read_json, reports, roster
from tests.programs import grader_here

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox


def class_of(folder: Path, sandbox: Sandbox, right: str, *more: str) -> Path:
    """Ann and her partner Di, who handed in nothing; Bo and Cy, who did not either."""
    path = roster(folder, sandbox, f"s1,Ann,pair,{right}")
    assert COLUMNS.startswith("student_id,name,group,")
    rows = ["s2,Bo,,,,,,", "s3,Cy,other,,,,,", "s4,Di,pair,,,,,", *more]
    path.write_text(path.read_text() + "".join(f"{row}\n" for row in rows))
    return path


def grades(path: Path) -> dict[str, tuple[str, str]]:
    with path.open(newline="") as file:
        return {row["student_id"]: (row["status"], row["score"]) for row in csv.DictReader(file)}


@pytest.fixture
def graded(aws_sandbox: Sandbox, reference_account: str, tmp_path: Path) -> Path:
    path = class_of(tmp_path, aws_sandbox, reference_account)
    assert grader_here("batch", path, "--quiet", cwd=tmp_path).returncode == 0
    return path


def test_they_are_listed_and_left_blank_and_make_no_status(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = class_of(tmp_path, aws_sandbox, reference_account)
    done = grader_here("batch", path, cwd=tmp_path)
    assert done.returncode == 0
    assert "1/2 " in done.stderr  # two accounts' rows are graded, and nobody waits for the others
    assert "2 students handed in nothing: s2 (Bo), s3 (Cy)." in done.stderr
    assert "4 students, 2 graded, 2 handed in nothing" in done.stdout
    assert "could not be graded" not in done.stderr
    found = reports(tmp_path)
    assert {name: (one.score, one.absent) for name, one in found.items()} == {
        "s1": (20, False),
        "s2": (None, True),
        "s3": (None, True),
        "s4": (20, False),
    }
    nothing, blank = ("ungraded", ""), ("graded", "20")
    told = {"s1": blank, "s2": nothing, "s3": nothing, "s4": blank}
    assert grades(tmp_path / "results/grades.csv") == told
    batch = read_json(tmp_path / "results/batch.json")
    assert batch["counts"] == {"students": 4, "graded": 2, "ungraded": 2, "absent": 2}
    summary = read_json(tmp_path / "results/summary.json")
    assert (summary["absent"], summary["mean"]) == (2, 20)
    assert "Nothing was handed in." in (tmp_path / "results/students/s2/index.html").read_text(
        encoding="utf-8"
    )


@pytest.mark.slow
def test_where_it_is_asked_for_they_have_0_and_going_on_keeps_that(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = class_of(tmp_path, aws_sandbox, reference_account)
    zero = ("ungraded", "0")
    for options in (("--absent", "zero"), ("--resume",)):
        assert grader_here("batch", path, *options, cwd=tmp_path).returncode == 0
        told = grades(tmp_path / "results/grades.csv")
        assert (told["s2"], told["s3"], told["s1"]) == (zero, zero, ("graded", "20"))
    assert grader_here("regrade", "results", cwd=tmp_path).returncode == 0
    assert grades(tmp_path / "results/grades.csv")["s2"] == zero
    # The report itself, and the statistics, know no score.
    assert reports(tmp_path)["s2"].score is None
    assert read_json(tmp_path / "results/summary.json")["mean"] == 20
    assert grader_here("batch", path, "--resume", "--absent", "blank", cwd=tmp_path).returncode == 0
    assert grades(tmp_path / "results/grades.csv")["s2"] == ("ungraded", "")


@pytest.mark.slow
def test_going_on_changes_nothing_of_theirs(graded: Path, tmp_path: Path) -> None:
    file = tmp_path / "results/students/s2/report.json"
    before = file.read_bytes()
    done = grader_here("batch", graded, "--resume", cwd=tmp_path)
    assert (done.returncode, file.read_bytes() == before) == (0, True)
    assert "2 students handed in nothing" in done.stderr
    done = grader_here("regrade", "results", cwd=tmp_path)
    assert (done.returncode, file.read_bytes() == before) == (0, True)
    assert "nothing was observed" not in done.stderr


@pytest.mark.slow
def test_whoever_hands_in_late_is_graded_then(
    aws_sandbox: Sandbox, reference_account: str, graded: Path, tmp_path: Path
) -> None:
    text = graded.read_text()
    row = f"s2,Bo,,{aws_sandbox.endpoint_url},{aws_sandbox.new_account()},secret,,"
    graded.write_text(text.replace("s2,Bo,,,,,,", row))
    done = grader_here("batch", graded, "--resume", "--force", cwd=tmp_path)
    assert "1/1 s2 (Bo): 0/20" in done.stderr
    assert "1 student handed in nothing: s3 (Cy)." in done.stderr
    assert reports(tmp_path)["s2"].score == 0


@pytest.mark.slow
def test_whoever_is_in_no_list_any_more_as_handed_in_keeps_the_grade(
    graded: Path, tmp_path: Path
) -> None:
    lines = graded.read_text().splitlines()
    lines[1] = "s1,Ann,pair,,,,,"
    graded.write_text("\n".join(lines) + "\n")
    done = grader_here("batch", graded, "--resume", "--force", cwd=tmp_path)
    assert done.returncode == 0
    assert reports(tmp_path)["s1"].score == 20
    assert grader_here("batch", graded, "--only", "Ann", "--force", cwd=tmp_path).returncode == 0
    assert reports(tmp_path)["s1"].score == 20


@pytest.mark.slow
def test_another_rubric_is_that_of_their_reports_too(graded: Path, tmp_path: Path) -> None:
    rubric = tmp_path / "results/rubric.yaml"
    (tmp_path / "new.yaml").write_text(rubric.read_text().replace("expect: 128", "expect: 256"))
    assert grader_here("regrade", "results", "--rubric", "new.yaml", cwd=tmp_path).returncode == 0
    found = reports(tmp_path)
    assert {one.rubric_sha256 for one in found.values()} == {found["s1"].rubric_sha256}
    assert found["s2"].absent
    done = grader_here("export", "results", "--to", "csv", cwd=tmp_path)
    assert (done.returncode, "To put right" in done.stderr) == (0, False)


@pytest.mark.slow
def test_doctor_and_lint_name_them_and_find_nothing_to_fix(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = class_of(tmp_path, aws_sandbox, reference_account)
    for command in ("doctor", "lint"):
        done = grader_here(command, path, cwd=tmp_path)
        assert (done.returncode, "s2 (Bo), s3 (Cy)" in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_class_of_which_nobody_handed_in_has_results(tmp_path: Path, lang: str) -> None:
    (tmp_path / "class.csv").write_text("student_id,name,profile\ns1,Ann,\ns2,Bo,\n")
    done = grader_here("batch", "class.csv", "--lang", lang, cwd=tmp_path)
    assert done.returncode == 0
    found: dict[str, Any] = reports(tmp_path)
    assert [one.absent for one in found.values()] == [True, True]
    assert grader_here("export", "results", "--to", "html", cwd=tmp_path).returncode == 0
