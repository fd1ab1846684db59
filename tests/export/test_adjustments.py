"""Lateness, overrides, bonuses and totals read the same wherever a score is shown: kinds × places."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import msgspec
import pytest
from rich.console import Console

from grader import cli
from grader.model.timestamps import time_of
from grader.results.directory import Results
from grader.results.read_class import read_class
from grader.rubric.due import LateRule
from grader.rubric.load import load_rubric
from grader.scoring.adjust import adjusted
from grader.scoring.late import with_lateness
from grader.scoring.summary import summarise
from grader.terminal.report import show_class, show_report
from tests.export.results_folders import ANN, RUBRIC, a_graded_class, a_report, a_student
from tests.quick_run import first_only_when_quick
from tests.scoring.test_late import DUE, modified

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from grader.model.report import Report

KNOWN = a_student("s1", "Ann Lee", "ann@example.org", **{**ANN.extra, "canvas_id": "77"})
WHY = "Shown at the desk."

KINDS: dict[str, tuple[tuple[str, str] | None, float, str]] = {
    "override": (("sums", "1.5"), 17.5, WHY),
    "bonus": (("bonus", "-2"), 18, WHY),
    "total": (("total", "7.5"), 7.5, WHY),
    "late": (None, 16, "Last modified 2026-11-29 10:00:00 UTC, after the due time"),
}
"""The mark, the score that it makes of 20 points, and the reason that the student reads."""


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def results(kind: str, tmp_path: Path) -> Path:
    root = a_graded_class(tmp_path / "results", {KNOWN: 20})
    mark = KINDS[kind][0]
    if mark is None:
        Results(root).write_student(late_report(), None)
        cli.run(["regrade", str(root), "--quiet"])
    else:
        assert cli.run(["override", str(root), "s1", *mark, "--why", WHY, "--quiet"]) == 0
    return root


def late_report() -> Report:
    rubric = msgspec.structs.replace(RUBRIC, late=LateRule(per_day=0.1, at_most=0.5))
    seen = modified(function="2026-11-29T10:00:00.000Z")
    return with_lateness(a_report(KNOWN, 20), seen, rubric, time_of(DUE))


def exported(results: Path, name: str, *more: str) -> Path:
    out = results.parent / f"out-{name}"
    command = ["export", str(results), "--to", name, "--out", str(out), "--quiet", *more]
    assert cli.run(command) == 0
    return out


def in_report(results: Path) -> tuple[float, str]:
    report = json.loads((results / "students/s1/report.json").read_bytes())
    assert report["earned_score"] == 20
    return report["score"], report["adjustments"][0]["why"]


def in_terminal(results: Path) -> tuple[float, str]:
    (row,) = read_class(results).rows
    out = Console(width=200, record=True, file=io.StringIO())
    show_report(row.report, out)
    text = out.export_text()
    return float(text.partition("Score: ")[2].split()[0]), text


def in_page(results: Path) -> tuple[float, str]:
    text = (results / "students/s1/index.html").read_text()
    score = text.partition('<p class="score">')[2].partition("<strong>")[2].split("<")[0]
    return float(score), re.sub("<[^>]*>", "", text)


def in_gradescope(results: Path) -> tuple[float, str]:
    made = json.loads((exported(results, "gradescope") / "s1/results.json").read_bytes())
    assert sum(test["score"] for test in made["tests"]) == 20
    return made["score"], made["output"]


def in_lti(results: Path) -> tuple[float, str]:
    made = json.loads((exported(results, "lti") / "s1.json").read_bytes())
    return made["scoreGiven"], made["comment"]


def in_moodle(results: Path) -> tuple[float, str]:
    with exported(results, "moodle").open(newline="") as file:
        (row,) = csv.DictReader(file)
    return float(row["Score"]), row["Feedback"]


PLACES: dict[str, Callable[[Path], tuple[float, str]]] = {
    "report": in_report,
    "terminal": in_terminal,
    "page": in_page,
    "gradescope": in_gradescope,
    "lti": in_lti,
    "moodle": in_moodle,
}


@pytest.mark.parametrize("place", first_only_when_quick(PLACES, keep=3))
def test_score_and_reason_read_the_same(results: Path, kind: str, place: str) -> None:
    _mark, score, why = KINDS[kind]
    shown, text = PLACES[place](results)
    assert shown == score
    assert why in text


def test_the_table_has_a_column_for_each_and_adds_up(results: Path, kind: str) -> None:
    for path in (results / "grades.csv", exported(results, "csv")):
        with path.open(newline="") as file:
            (row,) = csv.DictReader(file)
        assert float(row["score"]) == KINDS[kind][1]
        said = {"override": ("", "", "sums"), "bonus": ("", "-2", ""), "total": ("", "", "total")}
        late, bonus, overridden = said.get(kind, ("-4", "", ""))
        assert (row["late"], row["bonus"], row["overridden"]) == (late, bonus, overridden)
        points = sum(float(row[one.id]) for one in RUBRIC.criteria)
        if kind != "total":
            assert points + float(late or 0) + float(bonus or 0) == KINDS[kind][1]


def test_canvas_gets_the_score_and_says_that_it_has_no_room_for_reasons(
    results: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = exported(results, "canvas", "--assignment", "Lab (12)")
    assert out.read_text().splitlines()[-1].split(",")[-1] == f"{KINDS[kind][1]:g}"
    assert "why 1 score was adjusted is not in it" in capsys.readouterr().err


@pytest.mark.slow
def test_junit_shows_what_was_earned(results: Path) -> None:
    root = ElementTree.parse(exported(results, "junit")).getroot()
    said: dict[str, Any] = {one.get("name", ""): one.get("value") for one in root.iter("property")}
    assert said["score"] == "20"


def test_the_table_of_a_class_shows_the_score_and_that_something_is_noted(
    results: Path, kind: str
) -> None:
    read = read_class(results)
    out = Console(width=200, record=True, file=io.StringIO())
    reports = [row.report for row in read.rows]
    show_class(reports, summarise(reports, RUBRIC, "en"), out)
    text = out.export_text()
    assert f"{KINDS[kind][1]:g}/20" in text
    assert ("late" if kind == "late" else "marked by hand") in text


@pytest.mark.slow
def test_on_another_scale_all_of_it_is_scaled(results: Path, kind: str) -> None:
    out = exported(results, "csv", "--scale", "100")
    with out.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert float(row["score"]) == 5 * KINDS[kind][1]


def test_what_students_may_not_see_is_not_told_by_a_mark_of_it(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {KNOWN: 20})
    source = RUBRIC.source.replace("  - id: sums\n", "  - id: sums\n    visibility: hidden\n")
    (root / "rubric.yaml").write_text(source)
    sha256 = load_rubric(root / "rubric.yaml", None).sha256
    there = Results(root)
    there.write_batch(msgspec.structs.replace(there.batch(), rubric_sha256=sha256))
    report = msgspec.structs.replace(a_report(KNOWN, 20), rubric_sha256=sha256)
    there.write_student(report, None)
    assert cli.run(["override", str(root), "s1", "sums", "1", "--why", WHY, "--quiet"]) == 0
    for _score, text in (in_page(root), in_lti(root), in_moodle(root)):
        assert "A criterion that is not shown was marked by hand." in text
        assert "Sums: " not in text


def test_an_adjustment_of_what_was_adjusted_starts_from_what_was_earned() -> None:
    report = late_report()
    assert adjusted(report, None, ()).score == 20
