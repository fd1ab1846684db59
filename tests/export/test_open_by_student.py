"""What each format gives whoever can settle alone what is open: nothing, or the points that are sure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import msgspec
import pytest

from grader import cli
from grader.commands.formats import FORMATS
from grader.model.report import read_report
from grader.results.directory import Results
from tests.export import importers
from tests.export.pushing import pushed
from tests.export.results_folders import (
    ANN,
    BO,
    BY_STUDENT,
    CONSUMER,
    CY,
    REMEDY,
    a_graded_class,
    a_report,
    an_open_report,
    in_moodle,
)
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from pathlib import Path

    from tests.export.lms import Lms

MORE = {"canvas": ["--assignment", importers.ASSIGNMENT]}
SURE = ["--open-by-student", "sure"]
READ = [name for name in importers.READERS if name != "junit"]
"""Formats that have room for points."""
NOT_SURE = "These points are sure. Still open, and only you can fix it: 4.6 of 20."
MIXED = {**BY_STUDENT, "memory": "grader"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Ann is graded, Bo can settle what is open, and Cy cannot: something is the grader's."""
    made = a_graded_class(
        tmp_path / "class",
        dict(zip(map(in_moodle, (ANN, BO, CY)), (17.5, None, None), strict=True)),
    )
    Results(made).write_report(an_open_report(BO, arrived=3))
    Results(made).write_report(an_open_report(CY, MIXED))
    return made


def scores(made: Path, to: str) -> dict[str, float]:
    """Who has a score, and which."""
    return {
        name: float(score)
        for name, score in importers.READERS[to](made).items()
        if score is not None
    }


def exported(root: Path, to: str, *more: str) -> Path:
    out = root.parent / "out"
    assert (
        cli.run(["export", str(root), "--to", to, "--out", str(out), *MORE.get(to, []), *more]) == 0
    )
    return out


def test_every_format_that_gives_one_score_is_in_the_table() -> None:
    one_score = {name for name, known in FORMATS.items() if known.one_score}
    assert one_score == importers.READERS.keys(), "READERS of tests/export/importers.py lacks it"


@pytest.mark.parametrize("to", first_only_when_quick(READ))
@pytest.mark.parametrize("asked", [[], ["--open-by-student", "blank"]])
def test_who_is_open_has_no_score_unless_asked_for(root: Path, to: str, asked: list[str]) -> None:
    assert scores(exported(root, to, *asked), to) == {"s1": 17.5}


@pytest.mark.parametrize("to", READ)
def test_who_can_settle_it_has_the_sure_points_where_asked_for(root: Path, to: str) -> None:
    assert scores(exported(root, to, *SURE), to) == {"s1": 17.5, "s2": 15.4}


@pytest.mark.parametrize("to", READ)
def test_the_sure_points_are_on_the_scale_asked_for(root: Path, to: str) -> None:
    on_100 = exported(root, to, *SURE, "--scale", "100")
    assert scores(on_100, to) == {"s1": 87.5, "s2": 77}


@pytest.mark.parametrize("to", FORMATS)
def test_the_report_itself_stays_ungraded(root: Path, to: str) -> None:
    before = read_report(root / "students/s2/report.json")
    exported(root, to, *SURE)
    after = read_report(root / "students/s2/report.json")
    assert after == before
    assert (after.status, after.score) == ("ungraded", None)


def test_whose_score_it_is_is_said(root: Path, capsys: Any) -> None:
    exported(root, "csv")
    assert f"s2 (Bo Ray) has no score: {CONSUMER}" in capsys.readouterr().err
    exported(root, "csv", *SURE, "--force")
    told = capsys.readouterr().err
    assert f"s2 (Bo Ray) has the points that are sure, 15.4: {CONSUMER}" in told
    assert "s3 (Cy Day) has no score" in told


def test_the_csv_tells_sure_points_from_a_grade(root: Path) -> None:
    (row,) = (
        r
        for r in importers.table(exported(root, "csv", *SURE).read_bytes())
        if r["name"] == "Bo Ray"
    )
    assert (row["status"], row["score"], row["memory"]) == ("ungraded", "15.4", "1")
    assert (row["handler"], row["records"], row["sums"]) == ("", "", "")


def test_a_comment_says_that_the_points_are_sure_what_is_open_and_what_to_do(root: Path) -> None:
    table = importers.table(exported(root, "moodle", *SURE).read_bytes())
    lines = next(row["Feedback"] for row in table if row["ID number"] == "s2").split("<br>")
    assert lines[:2] == ["15.4 of 20 points.", NOT_SURE]
    assert len(lines) == 5
    for line in lines[2:]:
        assert "could not be checked" in line
        assert CONSUMER in line
        assert f"This stays open until you settle it. {REMEDY}" in line


def test_a_graded_students_comment_is_as_ever(root: Path) -> None:
    table = importers.table(exported(root, "moodle", *SURE).read_bytes())
    feedback = next(row["Feedback"] for row in table if row["ID number"] == "s1")
    assert feedback.startswith("17.5 of 20 points.<br>")
    assert "sure" not in feedback


def test_gradescope_is_told_what_is_open_and_of_which_tests_it_is(root: Path) -> None:
    made = json.loads((exported(root, "gradescope", *SURE) / "s2/results.json").read_bytes())
    assert made["score"] == 15.4
    assert made["output"].splitlines()[:2] == [NOT_SURE, CONSUMER]
    without = [test["name"] for test in made["tests"] if "score" not in test]
    assert without == ["Handler", "Records", "Sums"]
    assert not any(test.get("visibility") == "hidden" for test in made["tests"])


def test_lti_posts_the_sure_points_with_their_comment(root: Path) -> None:
    made = json.loads((exported(root, "lti", *SURE) / "s2.json").read_bytes())
    assert (made["scoreGiven"], made["scoreMaximum"]) == (15.4, 20)
    assert made["comment"].splitlines()[1] == NOT_SURE


def test_a_push_posts_sure_points_where_asked_for_and_the_grade_when_it_is_there(
    root: Path, platform: Lms, key: Path
) -> None:
    pushed(root, platform, key)
    assert platform.scores == {"s1": 17.5}
    pushed(root, platform, key, *SURE)
    assert platform.scores == {"s1": 17.5, "s2": 15.4}
    Results(root).write_report(a_report(BO, 20))
    pushed(root, platform, key, *SURE)
    assert platform.scores == {"s1": 17.5, "s2": 20}
    assert len(platform.taken) == 3


@pytest.mark.parametrize(("asked", "sure"), [([], None), (SURE, "15.4")])
def test_junit_calls_what_is_open_an_error_and_what_is_sure_no_score(
    root: Path, asked: list[str], sure: str | None
) -> None:
    made = exported(root, "junit", *asked)
    assert importers.junit(made)["s2"] is None
    (bo,) = (one for one in ElementTree.parse(made).getroot() if one.get("name") == "s2")
    said = {one.get("name"): one.get("value") for one in bo.iter("property")}
    assert (bo.get("errors"), said.get("sure_points")) == ("3", sure)


def test_pages_say_both_and_are_the_same_either_way(root: Path) -> None:
    without, asked = (
        {path: path.read_bytes() for path in exported(root, "html", *more).rglob("*.html")}
        for more in ([], [*SURE, "--force"])
    )
    assert without == asked
    assert len(asked) == 4


def test_edited_sure_points_are_named_and_not_exported(root: Path, capsys: Any) -> None:
    edited = msgspec.structs.replace(an_open_report(BO), sure_points=20.0)
    Results(root).write_report(edited)
    out = root.parent / "out.csv"
    assert cli.run(["export", str(root), "--to", "csv", "--out", str(out), *SURE]) == 3
    assert "Its sure points are not those that its criteria earn." in capsys.readouterr().err
    assert "s2" not in importers.grades_csv(out)


@pytest.mark.parametrize("command", [["batch", "class.csv"], ["export", "results", "--to", "csv"]])
def test_another_value_is_refused_with_those_there_are(
    command: list[str], capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.run([*command, "--open-by-student", "all"]) == 2
    told = capsys.readouterr().err
    assert "--open-by-student" in told
    assert "blank" in told
    assert "sure" in told


@pytest.mark.parametrize("command", [["batch"], ["export"], ["push", "lti"]])
def test_the_option_is_in_the_help_with_its_default(
    command: list[str], capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.run([*command, "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert re.search(r"--open-by-student [<\[]blank\|sure", told)
    assert "[default: blank]" in told
