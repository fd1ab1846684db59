"""Several formats by one command: each in its place, all of them or none."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import msgspec
import pytest

from grader import cli
from grader.results.directory import Results
from tests.export import importers
from tests.export.results_folders import ANN, BO, CY, a_graded_class, a_report, a_student, ids

if TYPE_CHECKING:
    from pathlib import Path

THREE = ("--to", "csv", "--to", "moodle", "--to", "lti")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_graded_class(tmp_path / "results", {ANN: 20, BO: 10, CY: None})


def export(root: Path, *options: str) -> int:
    return cli.run(["export", str(root), *options])


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_each_format_goes_to_its_place(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(root, *THREE) == 0
    made = {"grades.csv", "moodle.csv", "lti/s1.json", "lti/s2.json", "lti/scores.ndjson"}
    assert files(root / "exports") == made
    said = capsys.readouterr()
    assert [line.rpartition(":")[2] for line in said.out.splitlines()] == [
        " 2 students have a score."
    ] * 3
    assert said.err.count("has no score") == 1  # whoever has none is named once


def test_a_place_for_several_is_their_folder(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "given"
    assert export(root, "--to", "csv", "--to", "html", "--out", str(out)) == 0
    assert importers.grades_csv(out / "grades.csv") == {"s1": 20, "s2": 10, "s3": None}
    assert (out / "html/index.html").is_file()
    assert (out / "html/students/s1/index.html").is_file()


def test_a_format_that_is_named_twice_is_made_once(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(root, "--to", "csv", "--to", "csv") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_an_option_is_that_of_the_format_that_has_a_use_for_it(root: Path) -> None:
    options = ["--to", "csv", "--to", "canvas", "--assignment", "Lab 3 (4711)"]
    assert export(root, *options) == 0
    assert files(root / "exports") == {"grades.csv", "canvas.csv"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--to", "csv", "--to", "moodel"], ["Did you mean “moodle”?"]),
        (["--to", "cvs", "--to", "moodel"], ["format 'cvs'", "format 'moodel'"]),
        (["--to", "csv", "--to", "canvas"], ["needs the assignment's column"]),
        (["--to", "csv", "--to", "lti", "--worksheet", "x.csv"], ["csv, lti has no use for it"]),
        (["--to", "csv", "--to", "html", "--scale", "5"], ["the rubric's own points"]),
    ],
)
def test_where_one_cannot_be_made_none_is(
    root: Path, options: list[str], said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(root, *options) == 2
    assert not (root / "exports").exists()
    error = capsys.readouterr().err
    assert all(text in error for text in said)


def test_where_one_would_replace_something_none_is_written(root: Path) -> None:
    assert export(root, "--to", "moodle") == 0
    assert export(root, *THREE) == 2
    assert files(root / "exports") == {"moodle.csv"}
    assert export(root, *THREE, "--force") == 0


def test_what_each_leaves_out_makes_the_status(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 20, a_student("s9", "Zoe"): 3})
    assert export(root, "--to", "csv") == 0
    assert export(root, *THREE, "--force") == 3


PERSIAN = "علی\u200cزاده"


@pytest.mark.parametrize(
    "to", ["csv", "moodle", "moodle-feedback", "canvas", "lti", "gradescope", "junit"]
)
def test_what_is_written_with_joiners_keeps_them(tmp_path: Path, to: str) -> None:
    student = a_student("s1", PERSIAN, "ali@example.org", moodle_participant="7", **ids("s1"))
    root = a_graded_class(tmp_path / "results", {student: 0})
    report = a_report(student, 0)
    first = msgspec.structs.replace(report.criteria[0], title=PERSIAN, message=PERSIAN)
    changed = msgspec.structs.replace(report, criteria=(first, *report.criteria[1:]))
    Results(root).write_report(changed)
    assert (
        export(root, "--to", to, *(("--assignment", "Lab 3 (4711)") if to == "canvas" else ())) == 0
    )
    text = ""
    for path in (root / "exports").rglob("*"):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                text += "".join([name + archive.read(name).decode() for name in archive.namelist()])
        elif path.is_file():
            text += path.read_text()
    assert PERSIAN in text
    assert r"\u200c" not in text
