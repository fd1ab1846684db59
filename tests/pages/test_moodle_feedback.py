"""The ZIP file of pages, read back by Moodle's own rules."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import cli
from grader.pages.moodle_feedback import entry_name
from grader.results.directory import Results
from grader.scoring.absent import absent_report
from tests.export.results_folders import RUBRIC, a_graded_class, a_report, a_student
from tests.pages.moodle_import import taken

if TYPE_CHECKING:
    from pathlib import Path

    from grader.model.batch import Student

NUMBERS = range(41000, 41010)
HEADER = "Identifier,Full name,Email address,Grade"


def member(number: int, name: str, group: str | None = None) -> Student:
    made = a_student(f"s{number}", name, f"s{number}@example.org", moodle_participant=str(number))
    return msgspec.structs.replace(made, group=group)


ANN, BO, CY = member(41001, "Ann_Lee", "red"), member(41002, "Bo Ray", "red"), member(41003, "Cy")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_graded_class(tmp_path / "results", {ANN: 20, BO: 20, CY: None})


def feedback(root: Path, *options: str) -> tuple[int, dict[int, dict[str, str]]]:
    """The exit status, and what each participant of Moodle's gets."""
    out = root.parent / "feedback.zip"
    status = cli.run(["export", str(root), "--to", "moodle-feedback", "--out", str(out), *options])
    files = taken(out.read_bytes(), NUMBERS) if out.exists() else {}
    return status, {
        who: {name: one.decode() for name, one in got.items()} for who, got in files.items()
    }


def test_each_member_of_a_group_gets_a_page_and_so_does_who_has_no_score(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, got = feedback(root)
    assert (status, {*got}) == (0, {41001, 41002, 41003})
    assert all({*files} == {"report.html"} for files in got.values())
    for number, name, others in ((41001, "Ann_Lee", "Bo Ray"), (41002, "Bo Ray", "Ann_Lee")):
        assert f"{name}</" in got[number]["report.html"]
        assert others not in got[number]["report.html"]
    assert "3 pages are in it: Moodle must count as many" in capsys.readouterr().err


def test_nothing_is_left_over_that_moodle_would_skip(root: Path) -> None:
    feedback(root)
    with zipfile.ZipFile(root.parent / "feedback.zip") as archive:
        names = archive.namelist()
    assert names == [
        "Ann Lee_41001_assignfeedback_file_report.html",
        "Bo Ray_41002_assignfeedback_file_report.html",
        "Cy_41003_assignfeedback_file_report.html",
    ]


def test_the_same_pages_are_the_same_file(root: Path) -> None:
    feedback(root)
    before = (root.parent / "feedback.zip").read_bytes()
    assert feedback(root)[0] == 2
    assert feedback(root, "--force")[0] == 0
    assert (root.parent / "feedback.zip").read_bytes() == before


def test_a_worksheet_says_who_is_which_participant(tmp_path: Path) -> None:
    students = {
        a_student("a", "Ann Lee", "ann@x.org"): 20,
        a_student("b", "Zoé Ray", "zoe@x.org"): 5,
    }
    root = a_graded_class(tmp_path / "results", students)
    sheet = tmp_path / "worksheet.csv"
    rows = ("Participant 41008,Zoé Ray,zoe@x.org,", "Participant 41007,Ann Lee,ann@x.org,")
    sheet.write_text("".join(f"{row}\r\n" for row in (HEADER, *rows)), encoding="utf-8")
    status, got = feedback(root, "--worksheet", str(sheet))
    assert status == 0
    assert "Ann Lee</" in got[41007]["report.html"]
    assert "Zoé Ray</" in got[41008]["report.html"]


def test_an_anonymous_worksheet_names_nobody(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {CY: 20})
    sheet = tmp_path / "worksheet.csv"
    sheet.write_text("Identifier,Grade\r\nParticipant 41003,\r\n")
    status, got = feedback(root, "--worksheet", str(sheet))
    assert (status, {*got}) == (0, {41003})
    with zipfile.ZipFile(root.parent / "feedback.zip") as archive:
        assert archive.namelist() == ["Participant_41003_assignfeedback_file_report.html"]


def test_a_student_id_is_no_participant_s_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = a_graded_class(tmp_path / "results", {a_student("41001", "Ann Lee"): 20})
    assert feedback(root) == (2, {})
    assert "Nobody has an id of Moodle" in capsys.readouterr().err


def test_who_has_no_number_or_another_s_is_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = [a_student(name, name.title(), moodle_participant="41005") for name in ("ada", "bea")]
    students = {ANN: 20, a_student("dot", "Dot"): 5, twice[0]: 5, twice[1]: 5}
    status, got = feedback(a_graded_class(tmp_path / "results", students))
    assert (status, {*got}) == (3, {41001})
    said = capsys.readouterr().err
    assert "dot is left out: the roster says no moodle_participant." in said
    assert "ada is left out: another student has the same moodle_participant." in said
    assert "bea is left out: another student has the same moodle_participant." in said


def test_whose_row_is_not_certain_gets_no_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    students = {a_student("a", "Ann Lee"): 20, a_student("b", "Ann Lee"): 5, CY: 20}
    root = a_graded_class(tmp_path / "results", students)
    sheet = tmp_path / "worksheet.csv"
    rows = ("Participant 41001,Ann Lee,,", "Participant 41003,Cy,,")
    sheet.write_text("".join(f"{row}\r\n" for row in (HEADER, *rows)))
    status, got = feedback(root, "--worksheet", str(sheet))
    assert (status, {*got}) == (3, {41003})
    assert "it may be any of a, b. Give this student's page by hand." in capsys.readouterr().err


def test_whoever_handed_in_nothing_gets_no_page(root: Path) -> None:
    gone = absent_report(CY, RUBRIC, seed=1, region="us-east-1", lang="en")
    Results(root).write_report(msgspec.structs.replace(gone, rubric_sha256=RUBRIC.sha256))
    status, got = feedback(root)
    assert (status, {*got}) == (0, {41001, 41002})


def test_what_students_may_not_see_is_not_in_it(root: Path) -> None:
    text = RUBRIC.source.replace("- id: memory\n", "- id: memory\n    visibility: hidden\n")
    assert text != RUBRIC.source
    Results(root).write_rubric(text)
    _status, got = feedback(root)
    assert "Runtime" in got[41001]["report.html"]
    assert "Memory" not in got[41001]["report.html"]


def test_a_name_full_of_signs_ends_nothing(tmp_path: Path) -> None:
    students = {member(41001, "../../_x_/.Ann"): 20, member(41002, "~O'Brien: “Zoë” 李"): 20}
    status, got = feedback(a_graded_class(tmp_path / "results", students))
    assert (status, {*got}) == (0, {41001, 41002})


@given(st.text(max_size=200), st.integers(0, 10**18 - 1))
def test_any_name_leads_to_its_participant(name: str, number: int) -> None:
    entry = entry_name(name, str(number))
    assert "/" not in entry
    assert entry.count("_") == 4
    assert not entry.startswith((".", "~"))
    assert entry.encode()


def test_another_scale_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert feedback(root, "--scale", "100") == (2, {})
    assert "The pages show the rubric's own points." in capsys.readouterr().err


def test_a_worksheet_serves_both_exports_and_is_complained_of_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 20, CY: 20})
    Results(root).write_report(a_report(CY, None))
    sheet = tmp_path / "worksheet.csv"
    rows = ("Participant 41001,Ann_Lee,,,-", "Participant 9,Zoe,,,-", "Participant 41003,Cy,,,-")
    header = f"{HEADER},Last modified (grade)"
    sheet.write_text("".join(f"{row}\r\n" for row in (header, *rows)))
    both = ("--to", "moodle", "--to", "moodle-feedback", "--worksheet", str(sheet))
    assert cli.run(["export", str(root), *both]) == 0
    assert capsys.readouterr().err.count("Participant 9 Zoe is left as it is") == 1
    assert (root / "exports/moodle.csv").is_file()
    assert {*taken((root / "exports/moodle-feedback.zip").read_bytes(), NUMBERS)} == {41001, 41003}
