"""What the class page says since marks were handed back, whichever command changed them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader import cli
from grader.commands.formats import FORMATS
from grader.model.report import read_report
from grader.results.directory import Results
from grader.results.handed_back import read_handed_back
from grader.scoring.absent import absent_report
from tests.export.results_folders import (
    ANN,
    BO,
    CY,
    RUBRIC,
    a_graded_class,
    a_report,
    a_student,
    an_open_report,
    ids,
)
from tests.observations import reference
from tests.pages.reading import page
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from pathlib import Path

    from grader.model.batch import Student
    from grader.model.report import Report

WHY = ["--why", "Shown at the desk."]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Ann has 18 points, Bo 12, Cy could not be graded; with pages."""
    made = a_graded_class(tmp_path / "results", {ANN: 18, BO: 12, CY: None})
    assert grader("export", made, "--to", "html") == 0
    return made


def grader(*arguments: object) -> int:
    return cli.run([*map(str, arguments), "--quiet"])


def hand_back(root: Path, *more: object, to: str = "xlsx") -> int:
    return grader("export", root, "--to", to, "--force", *more)


def said(root: Path) -> str:
    """The line at the top, or nothing."""
    lines = page(root / "index.html").all("p", id="handed-back")
    return " ".join(" ".join(one.text.split()) for one in lines)


def changed(root: Path) -> dict[str, str]:
    """What each changed row says. The filter goes by the same."""
    made = page(root / "index.html")
    notes = [one.text for one in made.all("small", class_="change")]
    rows = [one for one in made.all("tr") if "c" in one.attributes.get("data-k", "").split()]
    assert len(rows) == len(notes)
    hrefs = [one.text.split()[0] for one in rows]
    return dict(zip(hrefs, notes, strict=True))


def kept(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "handed-back.json").read_bytes())
    return found


def scored(root: Path) -> dict[str, float | None]:
    return {name: mark["score"] for name, mark in kept(root)["students"].items()}


def the_roster(folder: Path) -> Path:
    path = folder / "class.csv"
    rows = [f"{one.student_id},{one.name},{one.email},nobody" for one in (ANN, BO, CY)]
    path.write_text("\n".join(["student_id,name,email,profile", *rows]))
    return path


def files(root: Path) -> dict[str, bytes]:
    found = (path for path in root.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


def put(root: Path, student: Student, report: Report) -> None:
    """A report as another run would leave it."""
    Results(root).write_student(report, None)


def test_where_nothing_was_handed_back_nothing_is_said(root: Path) -> None:
    assert said(root) == ""
    assert changed(root) == {}
    assert 'id="changed"' not in (root / "index.html").read_text()
    assert not (root / "handed-back.json").exists()


def test_after_an_export_the_page_claims_no_change(root: Path) -> None:
    assert hand_back(root) == 0
    assert "to xlsx. No mark is new or changed since." in said(root)
    assert changed(root) == {}
    assert 'id="changed"' in (root / "index.html").read_text()


def test_what_is_kept_is_the_marks_by_id_and_nothing_else(root: Path) -> None:
    hand_back(root)
    told = kept(root)
    assert (told["schema"], told["to"], told["at"][-1]) == ("handed-back/1", ["xlsx"], "Z")
    assert told["students"] == {
        "s1": {"status": "graded", "score": 18, "max_score": 20},
        "s2": {"status": "graded", "score": 12, "max_score": 20},
        "s3": {"status": "ungraded", "score": None, "max_score": 20},
    }
    text = (root / "handed-back.json").read_text()
    assert "Ann" not in text
    assert "example.org" not in text
    assert (root / "handed-back.json").stat().st_mode & 0o077 == 0


def test_a_mark_of_ones_own_is_shown_as_a_change(root: Path) -> None:
    hand_back(root)
    assert grader("override", root, "s1", "sums", "1.5", *WHY) == 0
    assert grader("override", root, "s3", "total", "9", *WHY) == 0
    assert "The marks of 2 students are new or changed since." in said(root)
    assert changed(root) == {"Ann": "was 18, now 15.5", "Cy": "was not graded, now 9"}
    hand_back(root)
    assert "No mark is new or changed since." in said(root)


@pytest.mark.slow
def test_judging_again_is_shown_as_a_change(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 20})
    Results(root).write_student(a_report(ANN, 20), reference())
    grader("regrade", root)
    before = read_report(root / "students/s1/report.json").sure_points
    hand_back(root)
    rubric = tmp_path / "other.yaml"
    rubric.write_text(RUBRIC.source.replace("expect: 128", "expect: 256"))
    grader("regrade", root, "--rubric", rubric)
    assert before is not None
    assert changed(root) == {"Ann": f"was {before:g}, now {before - 1:g}"}
    assert "The mark of 1 student is new or changed since." in said(root)


@pytest.mark.slow
def test_going_on_with_a_batch_is_shown_as_a_change(root: Path, tmp_path: Path) -> None:
    hand_back(root)
    (root / "overrides.csv").write_text("student_id,criterion,points,why\ns1,sums,0,Why\n")
    put(root, CY, a_report(CY, 7))
    assert grader("batch", the_roster(tmp_path), "--out", root, "--resume") == 0
    assert changed(root) == {"Ann": "was 18, now 14", "Cy": "was not graded, now 7"}


def test_a_spreadsheets_line_that_an_export_counts_is_handed_back(root: Path) -> None:
    hand_back(root)
    (root / "overrides.csv").write_text("student_id,criterion,points,why\ns1,sums,0,Why\n")
    hand_back(root)
    assert scored(root)["s1"] == 14
    assert changed(root) == {}
    grader("override", root, "s2", "bonus", "1", *WHY)
    assert changed(root) == {"Bo": "was 12, now 13"}


def test_whom_an_export_leaves_out_is_handed_nothing(tmp_path: Path) -> None:
    nobody = a_student("s4", "Di Fox", "di@example.org")
    root = a_graded_class(tmp_path / "results", {ANN: 18, nobody: 12})
    grader("export", root, "--to", "html")
    canvas = ("--assignment", "Lab (1)")
    assert hand_back(root, *canvas, to="canvas") == 3
    assert scored(root) == {"s1": 18}
    assert changed(root) == {"Di": "not handed back yet"}
    hand_back(root)
    assert changed(root) == {}
    put(root, ANN, a_report(ANN, 17))
    put(root, nobody, a_report(nobody, 11))
    assert hand_back(root, *canvas, to="canvas") == 3
    assert scored(root) == {"s1": 17, "s4": 12}
    assert changed(root) == {"Di": "was 12, now 11"}


@pytest.mark.parametrize("sheet", ["moodle", "moodle-feedback"])
def test_who_has_no_row_in_a_worksheet_is_handed_nothing(root: Path, sheet: str) -> None:
    worksheet = root.parent / "sheet.csv"
    head = "Identifier,Full name,Email address,Grade,Maximum grade,Last modified (grade)"
    worksheet.write_text(f"{head}\nParticipant 7,Ann Lee,ann@example.org,,20,-\n")
    hand_back(root, "--worksheet", worksheet, to=sheet)
    assert scored(root) == {"s1": 18}
    assert changed(root) == {"Bo": "not handed back yet"}  # Cy has nothing to hand back


def test_who_had_a_score_and_has_none_stays_changed(root: Path) -> None:
    """No platform is told to take a score back: the student still has it there."""
    hand_back(root)
    put(root, ANN, a_report(ANN, None))
    hand_back(root)
    assert scored(root)["s1"] == 18
    assert changed(root) == {"Ann": "was 18, now not graded"}


def test_sure_points_and_zeros_that_were_handed_out_change_as_such(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 18, BO: None})
    put(root, ANN, an_open_report(ANN, arrived=1))
    nothing = absent_report(BO, RUBRIC, seed=1, region="us-east-1", lang="en")
    put(root, BO, msgspec.structs.replace(nothing, rubric_sha256=RUBRIC.sha256))
    grader("export", root, "--to", "html")
    hand_back(root, "--open-by-student", "sure", "--absent", "zero")
    sure = 13 + 4 / 5
    assert scored(root) == {"s1": sure, "s2": 0}
    assert changed(root) == {}
    put(root, ANN, an_open_report(ANN, arrived=2))
    grader("override", root, "s2", "total", "3", *WHY)
    assert changed(root) == {"Ann": "was 13.8 sure, now 14.6 sure", "Bo": "was 0, now 3"}


def test_points_out_of_another_maximum_are_said_with_it(root: Path) -> None:
    hand_back(root)
    told = kept(root)
    told["students"]["s1"]["max_score"] = 25
    (root / "handed-back.json").write_text(json.dumps(told))
    grader("override", root, "s2", "bonus", "1", *WHY)
    assert changed(root)["Ann"] == "was 18 of 25, now 18 of 20"


def test_pages_are_no_hand_back_and_several_formats_are_one(root: Path) -> None:
    several = ("--to", "html", "--to", "lti", "--to", "xlsx", "--force")
    assert grader("export", root, *several, "--out", root.parent / "web") == 0
    assert kept(root)["to"] == ["lti", "xlsx"]
    for where in (root, root.parent / "web/html"):
        assert "to lti, xlsx. No mark is new or changed since." in said(where)


def test_what_is_made_for_oneself_hands_nothing_back(root: Path) -> None:
    for_oneself = {name for name, known in FORMATS.items() if not known.hands_back}
    assert for_oneself == {"csv", "junit", "html"}
    every = [word for name in sorted(for_oneself) for word in ("--to", name)]
    assert grader("export", root, *every, "--force") == 0
    assert read_handed_back(root) is None
    assert said(root) == ""


def test_pages_beside_a_table_for_oneself_say_what_was_handed_back_before(root: Path) -> None:
    assert hand_back(root) == 0
    assert grader("override", root, "s1", "sums", "1.5", *WHY) == 0
    assert grader("export", root, "--to", "junit", "--to", "html", "--force") == 0
    assert "The mark of 1 student is new or changed since." in said(root)


def test_the_page_keeps_its_language(root: Path) -> None:
    grader("export", root, "--to", "html", "--lang", "fr")
    hand_back(root)
    assert "vers xlsx. Aucune note n'est nouvelle ni n'a changé depuis." in said(root)
    assert page(root / "index.html").one("html").attributes["lang"] == "fr"


def test_an_export_makes_no_page_where_there_is_none(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 18})
    assert hand_back(root) == 0
    assert not (root / "index.html").exists()
    grader("override", root, "s1", "sums", "0", *WHY)
    assert changed(root) == {"Ann": "was 18, now 14"}


def test_the_page_says_what_it_said_but_for_the_hand_back(root: Path) -> None:
    before = page(root / "index.html").text
    hand_back(root)
    after = page(root / "index.html").text.replace(f"{said(root)} ", "")
    assert after.replace("Only marks that are new or changed since the hand-back ", "") == before


def test_what_is_not_written_is_not_handed_back(root: Path) -> None:
    (root / "exports").mkdir()
    (root / "exports/grades.xlsx").write_text("mine")
    assert grader("export", root, "--to", "xlsx") == 2
    assert not (root / "handed-back.json").exists()


def test_what_another_grader_keeps_from_being_kept_is_told(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Results(root).locked():
        assert hand_back(root) == 0
    told = capsys.readouterr().err
    assert "What was handed back could not be kept: Another grader is at work" in told
    assert (root / "exports/grades.xlsx").exists()
    assert not (root / "handed-back.json").exists()


MARK = '{"status": "graded", "score": 18, "max_score": 20}'


@pytest.mark.parametrize(
    "data",
    first_only_when_quick(
        [
            b"",
            b"[]",
            b"\xff\xfe",
            b'{"schema":' + b"[" * 100_000,
            b'{"schema": "handed-back/9", "at": "", "to": [], "students": {}}',
            f'{{"at": "", "to": [], "students": {{"s1": {MARK[:-1]}, "name": "Ann"}}}}}}'.encode(),
            f'{{"at": "", "to": [], "students": {{"s1": {MARK.replace("18", "-1")}}}}}'.encode(),
            f'{{"at": "", "to": [], "students": {{"s1": {MARK.replace("18", "1e999")}}}}}'.encode(),
            b" " * (16 * 1024 * 1024 + 1),
        ]
    ),
    ids=["empty", "list", "bytes", "deep", "newer", "more", "negative", "huge", "large"],
)
def test_a_damaged_file_is_named_with_the_remedy_and_nothing_is_exported(
    root: Path, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "handed-back.json").write_bytes(data)
    assert hand_back(root) == 2
    told = capsys.readouterr().err
    assert f"{root / 'handed-back.json'}: " in told
    assert "Move it away" in told or "Check that it is the right file" in told
    assert not (root / "exports").exists()
    (root / "handed-back.json").unlink()
    assert hand_back(root) == 0


@pytest.mark.parametrize(
    "command",
    first_only_when_quick(
        [
            ["regrade", "{}"],
            ["override", "{}", "s2", "sums", "1", *WHY],
            ["export", "{}", "--to", "html"],
            ["batch", "{}/../class.csv", "--out", "{}", "--resume", "--force"],
            ["forget", "{}", "s2"],
            ["push", "lti", "{}", "--dry-run", "--line-item", "https://lms.example.org/1"],
        ]
    ),
    ids=lambda command: command[0],
)
def test_a_damaged_file_ends_every_command_before_anything_is_written(
    root: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    the_roster(root.parent)
    (root / "handed-back.json").write_text("{")
    before = files(root)
    assert grader(*(word.replace("{}", str(root)) for word in command)) == 2
    assert f"{root / 'handed-back.json'}: This file is damaged" in capsys.readouterr().err
    assert files(root) == before


def test_hostile_words_are_shown_and_do_nothing(root: Path) -> None:
    hand_back(root)
    nasty = "<script>alert(1)</script>" + "x" * 10_000
    told = kept(root) | {"at": nasty, "to": [nasty] * 1000}
    told["students"] |= {nasty: told["students"]["s1"]}
    (root / "handed-back.json").write_text(json.dumps(told))
    grader("override", root, "s2", "bonus", "1", *WHY)
    assert changed(root) == {"Bo": "was 12, now 13"}
    source = (root / "index.html").read_text()
    assert "<script>alert" not in source
    assert len(said(root)) < 1000
    hand_back(root)
    assert nasty not in kept(root)["students"]


def test_a_link_in_its_place_is_not_followed(root: Path, tmp_path: Path) -> None:
    hand_back(root)
    there = tmp_path / "elsewhere.json"
    (root / "handed-back.json").rename(there)
    (root / "handed-back.json").symlink_to(there)
    before = there.read_bytes()
    assert hand_back(root) == 2
    assert there.read_bytes() == before


def test_a_batch_that_starts_over_begins_without_it(root: Path) -> None:
    hand_back(root)
    there = Results(root)
    with there.locked():
        aside = there.prepare_backup_folder()
        there.start_over(aside)
    assert read_handed_back(root) is None
    assert aside is not None
    assert read_handed_back(aside) is not None


def test_an_export_never_replaces_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hand_back(root)
    before = (root / "handed-back.json").read_bytes()
    assert hand_back(root, "--out", root / "handed-back.json") == 2
    assert (root / "handed-back.json").read_bytes() == before


def test_a_students_page_says_nothing_of_it(root: Path) -> None:
    hand_back(root)
    grader("override", root, "s1", "sums", "0", *WHY)
    assert "anded back" not in page(root / "students/s1/index.html").text


def test_ids_of_another_class_change_nothing(root: Path) -> None:
    hand_back(root)
    other = a_student("s9", "Eve", "", **ids("s9"))
    batch = Results(root).batch()
    Results(root).write_batch(msgspec.structs.replace(batch, students=[ANN, BO, other]))
    put(root, other, a_report(other, 3))
    hand_back(root)
    assert scored(root) == {"s1": 18, "s2": 12, "s9": 3}
