"""Where only the student can settle what is open: blank, or the points that are sure, if so told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from grader import cli
from grader.results.directory import Results
from tests.export import importers
from tests.export.results_folders import ANN, BO, CY, RUBRIC, a_graded_class, a_report

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("csv", "moodle", "canvas", "lti", "gradescope", "junit")
SURE = ["--open-by-student", "sure"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Ann has a grade; of Bo's 13 points are sure and the rest is his, Cy's is the grader's."""
    root = a_graded_class(tmp_path / "results", {ANN: 17.5, BO: None, CY: None})
    for student, by in ((BO, "student"), (CY, "grader")):
        report = a_report(student, None)
        criteria = [
            msgspec.structs.replace(one, open_by=by) if one.status == "ungraded" else one
            for one in report.criteria
        ]
        sure = sum(one.points or 0 for one in criteria)
        Results(root).write_report(
            msgspec.structs.replace(report, criteria=tuple(criteria), sure_points=sure)
        )
    return root


def exported(root: Path, to: str, *more: str) -> str:
    """What was written, as text."""
    out = root.parent / f"out-{to}"
    needed = ["--assignment", "Lab 3 (4711)"] if to == "canvas" else []
    given = ["export", str(root), "--to", to, "--out", str(out), "--force", *needed, *more]
    assert cli.run(given) == 0
    files = [out] if out.is_file() else sorted(path for path in out.rglob("*") if path.is_file())
    return "\n".join(file.read_text(encoding="utf-8-sig") for file in files)


@pytest.mark.parametrize("to", FORMATS)
def test_both_stay_blank_unless_told_otherwise(root: Path, to: str) -> None:
    assert exported(root, to) == exported(root, to, "--open-by-student", "blank")
    assert exported(root, to) != exported(root, to, *SURE)


def test_only_who_has_all_to_settle_gets_the_sure_points(root: Path) -> None:
    exported(root, "csv")
    blank = importers.table((root.parent / "out-csv").read_bytes())
    exported(root, "csv", *SURE)
    sure = importers.table((root.parent / "out-csv").read_bytes())
    assert [row["score"] for row in blank] == ["17.5", "", ""]
    assert [row["score"] for row in sure] == ["17.5", "19", ""]
    assert [row["status"] for row in sure] == ["graded", "ungraded", "ungraded"]


def test_the_comment_says_that_more_may_come(root: Path) -> None:
    assert "These points are sure." in exported(root, "moodle", *SURE)
    assert "These points are sure." not in exported(root, "moodle")


def test_another_value_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["export", str(root), "--to", "csv", "--open-by-student", "zero"]) == 2
    assert "blank" in capsys.readouterr().err


@pytest.mark.parametrize(("kept", "score"), [("blank", ""), ("sure", "19")])
def test_a_batch_keeps_which_of_them_its_grades_have(root: Path, kept: str, score: str) -> None:
    results = Results(root)
    batch = msgspec.structs.replace(results.batch(), open_by_student=kept)
    results.write_batch(batch)
    reports = [one.report for one in results.each_stored((ANN, BO, CY))]
    results.write_class(
        [one for one in reports if one], RUBRIC, (ANN, BO, CY), "en", sure=kept == "sure"
    )
    rows = importers.table((root / "grades.csv").read_bytes())
    assert [row["score"] for row in rows] == ["17.5", score, ""]
    assert results.batch().open_by_student == kept
