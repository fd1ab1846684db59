"""Exports of whoever handed in nothing: blank, or 0 where the instructor says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader import cli
from grader.results.directory import Results
from grader.scoring.absent import absent_report
from tests.export import importers
from tests.export.results_folders import ANN, CY, RUBRIC, a_graded_class, an_open_report
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from pathlib import Path

ZERO = ("--absent", "zero")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Ann is graded, Cy handed in nothing."""
    folder = a_graded_class(tmp_path / "results", {ANN: 20, CY: None})
    gone = absent_report(CY, RUBRIC, seed=1, region="us-east-1", lang="en")
    Results(folder).write_report(gone)
    return folder


def exported(root: Path, to: str, *more: str) -> Path:
    out = root.parent / to
    needed = ["--assignment", importers.ASSIGNMENT] if to == "canvas" else []
    options = ["--to", to, "--out", str(out), "--force", *needed, *more]
    assert cli.run(["export", str(root), *options]) == 0
    return out


@pytest.mark.parametrize("to", first_only_when_quick(importers.READERS))
def test_they_are_blank_unless_0_is_asked_for(root: Path, to: str) -> None:
    found = importers.READERS[to](exported(root, to))
    assert (found["s1"], found.get("s3")) == (20, None)
    assert importers.READERS[to](exported(root, to, *ZERO)) == {"s1": 20, "s3": 0}
    found = importers.READERS[to](exported(root, to))
    assert found.get("s3") is None


@pytest.mark.parametrize("to", ["moodle", "gradescope", "lti"])
def test_a_comment_says_that_nothing_was_handed_in_and_no_more(root: Path, to: str) -> None:
    out = exported(root, to, *ZERO)
    files = [path for path in [out, *out.rglob("*")] if path.is_file()]
    text = "".join(path.read_text() for path in files)
    assert "Nothing was handed in." in text
    assert "could not be checked" not in text
    assert "points are sure" not in text


def test_lti_sends_0(root: Path) -> None:
    told = (exported(root, "lti", *ZERO) / "s3.json").read_text()
    assert '"scoreGiven": 0.0' in told
    assert '"gradingProgress": "FullyGraded"' in told


def test_a_push_sends_0_where_that_is_asked_for(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    push = ["push", "lti", str(root), "--line-item", "https://lms.example.org/1", "--dry-run"]
    assert cli.run(push) == 0
    assert "s3: " not in capsys.readouterr().out
    assert cli.run([*push, *ZERO]) == 0
    assert "s3: 0/20 for the user s3" in capsys.readouterr().out


def test_they_are_named_in_one_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported(root, "csv")
    said = capsys.readouterr().err
    assert said == "1 student handed in nothing: s3 (Cy Day).\n"


def test_the_worksheets_cell_is_filled_with_0_or_left(root: Path) -> None:
    sheet = root.parent / "sheet.csv"
    sheet.write_text(
        "Identifier,Full name,Grade,Last modified (grade)\nParticipant 3,Cy Day,7,-\n"
        "Participant 1,Ann Lee,,-\n"
    )
    given = ("--worksheet", str(sheet))
    grade = [row["Grade"] for row in importers.table(exported(root, "moodle", *given).read_bytes())]
    assert grade == ["7", "20"]
    out = exported(root, "moodle", *given, *ZERO)
    assert [row["Grade"] for row in importers.table(out.read_bytes())] == ["0", "20"]


def test_0_is_of_those_alone_who_handed_in_nothing(root: Path) -> None:
    Results(root).write_report(an_open_report(CY))
    assert importers.grades_csv(exported(root, "csv", *ZERO)) == {"s1": 20, "s3": None}


def test_what_is_sure_is_no_score_of_theirs(root: Path) -> None:
    out = exported(root, "csv", "--open-by-student", "sure")
    assert importers.grades_csv(out) == {"s1": 20, "s3": None}
