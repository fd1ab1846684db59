"""What version 0.1.0 stored, the demo's class in its folder, loads, regrades and exports as it did."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader import cli
from grader.model.report import SUSPICION, read_report
from grader.results.directory import Results
from grader.results.grades_csv import ADJUSTED
from grader.scoring.open_by import open_by

STORED = Path(__file__).with_name("stored-0.1.0")
NEW = {"open_by", "sure_points", "found_as", "author_hint", "evidence", "suspicion", "attempt"}
BETTER_SAID = {"hint", "hint_id", "hint_values"}
"""What to do next is no finding, and may be said better than it was."""
GRADES = ("report.json", "summary.json", "grades.csv")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STORED, tmp_path / "results"))


def grades(folder: Path) -> dict[str, Any]:
    """What each file says, without the keys that are newer than 0.1.0, and without hints."""
    found = (path for name in GRADES for path in folder.rglob(name))
    return {
        str(path.relative_to(folder)): without_new(json.loads(path.read_bytes()))
        if path.suffix == ".json"
        else old_columns(path)
        for path in found
    }


def old_columns(path: Path) -> list[dict[str, str]]:
    """The rows of a table without the columns that are newer than 0.1.0, which say nothing here."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row.pop(name, "") for row in rows for name in ADJUSTED} == {""}
    return rows


def summary(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_bytes())
    return found


def without_the_first(said: dict[str, Any]) -> dict[str, Any]:
    """What is said of an event's records, without the first that was lost: 0.1.0 did not name it."""
    values = said.get("values")
    if not isinstance(values, dict) or "first" not in values:
        return said
    words, _, _ = said["message"].partition(" No answer came for ")
    template = said["message_id"].removesuffix(" {first}")
    counts = {name: value for name, value in values.items() if name != "first"}
    return {**said, "message": words, "message_id": template, "values": counts}


def without_new(said: Any) -> Any:
    if isinstance(said, dict):
        said = without_the_first(said)
        return {
            key: without_new(value) for key, value in said.items() if key not in NEW | BETTER_SAID
        }
    # What was flagged of others' submissions is dropped: the summary has it elsewhere.
    if isinstance(said, list):
        return [without_new(one) for one in said if not (isinstance(one, str) and one in SUSPICION)]
    return said


def test_every_file_loads(results: Path) -> None:
    there = Results(results)
    stored = list(there.each_stored(there.batch().students))
    assert len(stored) == 13
    assert all(one.observation is not None and one.report is not None for one in stored)


def test_every_report_is_of_the_group_that_its_row_names(results: Path) -> None:
    there = Results(results)
    for one in there.each_stored(there.batch().students):
        assert one.report is not None
        assert one.report.group == one.student.group


@pytest.mark.slow
def test_regrading_by_its_own_rubric_says_the_same_and_only_adds_what_is_new(
    results: Path,
) -> None:
    rubric = str(results / "rubric.yaml")
    assert cli.run(["regrade", str(results), "--rubric", rubric, "--quiet"]) == 3  # one is ungraded
    assert grades(results) == grades(STORED)
    # Only who is told more than before has an earlier report kept.
    assert [path.parent.name for path in results.rglob("history")] == ["first-record-only"]
    told = {one["student_id"]: one.get("suspicion") for one in summary(results)["scores"]}
    shared = {"flag": "account-shared", "account_id": "100000000001"}
    assert {name: one for name, one in told.items() if one} == {
        "reference": [{**shared, "with": ["shared-account"]}],
        "shared-account": [{**shared, "with": ["reference"]}],
    }
    for path in results.rglob("report.json"):
        assert not any(flag in path.read_text() for flag in SUSPICION)
        report = read_report(path)
        assert report.sure_points == (report.score or 0)
        assert all(
            one.hint and one.author_hint for one in report.criteria if one.status == "failed"
        )
        whose = {one.open_by for one in report.criteria}
        assert whose == ({"grader"} if report.status == "ungraded" else {None})


@pytest.mark.slow
def test_who_has_no_report_yet_is_named_and_the_status_says_so(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a batch leaves it that was interrupted."""
    there = Results(results)
    graded = [one for one in there.batch().students if not _is_open(there, one.student_id)]
    batch = msgspec.structs.replace(there.batch(), state="interrupted", students=graded)
    there.write_batch(batch)
    first, second = (student.student_id for student in graded[:2])
    assert cli.run(["regrade", str(results)]) == 0
    for name in (first, second):
        shutil.rmtree(there.folder(name))
    capsys.readouterr()
    for more in ([], ["--dry-run"]):
        assert cli.run(["regrade", str(results), *more]) == 3
        told = " ".join(capsys.readouterr().err.split())
        assert f"2 students have no report yet: {first} (" in told
        assert f"{second} (" in told
        assert f"Go on with: grader batch ROSTER --out {results} --resume" in told


def _is_open(there: Results, name: str) -> bool:
    report = there.report_of(name)
    return report is None or report.status == "ungraded"


def test_whose_its_open_criteria_are_is_not_known_and_so_the_graders(results: Path) -> None:
    reports = [read_report(path) for path in results.rglob("report.json")]
    (ungraded,) = [one for one in reports if one.status == "ungraded"]
    assert {one.open_by for one in ungraded.criteria} == {None}
    assert (open_by(ungraded), ungraded.sure_points) == ("grader", None)


def test_the_sure_points_that_it_lacks_are_nobodys_score(results: Path, tmp_path: Path) -> None:
    out = tmp_path / "grades.csv"
    sure = ["--open-by-student", "sure", "--quiet"]
    assert cli.run(["export", str(results), "--to", "csv", "--out", str(out), *sure]) == 0
    assert old_columns(out) == old_columns(STORED / "grades.csv")


def test_its_pages_are_made(results: Path) -> None:
    assert cli.run(["export", str(results), "--to", "html", "--quiet"]) == 0
    assert len(list(results.rglob("index.html"))) == 14


def test_what_is_handed_back_of_it_is_kept_and_said(results: Path) -> None:
    assert not (results / "handed-back.json").exists()
    assert cli.run(["export", str(results), "--to", "html", "--quiet"]) == 0
    assert "anded back" not in (results / "index.html").read_text()
    assert cli.run(["export", str(results), "--to", "xlsx", "--quiet"]) == 0
    assert "No mark is new or changed since." in (results / "index.html").read_text()
    arguments = [str(results), "memory-256", "bonus", "1", "--why", "Oral."]
    assert cli.run(["override", *arguments, "--quiet"]) == 0
    assert "was 19, now 20" in (results / "index.html").read_text()


def test_it_exports(results: Path, tmp_path: Path) -> None:
    out = tmp_path / "grades.csv"
    assert cli.run(["export", str(results), "--to", "csv", "--out", str(out), "--quiet"]) == 0
    assert old_columns(out) == old_columns(STORED / "grades.csv")
