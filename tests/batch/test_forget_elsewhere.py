"""Forgetting whoever the class no longer lists, or other systems know by ids of their own."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader import cli
from grader.batch.forget import forget_student
from grader.results.directory import Results
from tests.export.results_folders import ANN, BO, a_graded_class, a_student

if TYPE_CHECKING:
    from pathlib import Path

ASIDE = "results.before-20241128T120000Z"


def files(place: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(place)): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture
def gone(tmp_path: Path) -> Path:
    """A class that goes on without Bo, and what was put aside of it, twice."""
    root = a_graded_class(tmp_path / "results", {ANN: 20, BO: 18})
    (root / "students/s1/seen.json").write_text('{"partner": "Bo Ray"}')
    results = Results(root)
    history = root / "students/s2/history"
    history.mkdir()
    shutil.copy(root / "students/s2/report.json", history / "001.json")
    results.write_batch(msgspec.structs.replace(results.batch(), students=[ANN]))
    for name in (ASIDE, "results.before-20241129T120000Z"):
        shutil.copytree(root, tmp_path / name)
    return root


@pytest.mark.parametrize("named", ["s2", BO.name, BO.email])
def test_whoever_left_the_roster_is_forgotten_by_what_lies_there(
    gone: Path, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {name: data for name, data in files(gone.parent).items() if "/s1/report" in name}
    assert cli.run(["forget", str(gone), named]) == 0
    left = files(gone.parent)
    assert not [name for name in left if "s2" in name]
    assert not [name for name, data in left.items() if BO.name.encode() in data]
    assert not [name for name, data in left.items() if BO.email.encode() in data]
    assert before.items() <= left.items()
    said = capsys.readouterr().err
    assert f"Removed what was kept of s2 ({BO.name}): {gone}, " in said
    assert "The roster still has the row." not in said
    assert "desk-links.csv" not in said  # the class had no desk


def test_whoever_left_the_roster_is_forgotten_though_the_report_is_damaged(gone: Path) -> None:
    for path in gone.parent.glob("*/students/s2/report.json"):
        path.write_text("{")
    assert cli.run(["forget", str(gone), "s2"]) == 0
    assert not [name for name in files(gone.parent) if "s2" in name]


def test_a_namesake_of_whoever_left_keeps_the_name(gone: Path) -> None:
    results = Results(gone)
    namesake = msgspec.structs.replace(ANN, name=BO.name)
    results.write_batch(msgspec.structs.replace(results.batch(), students=[namesake]))
    assert cli.run(["forget", str(gone), "s2"]) == 0
    assert json.loads((gone / "batch.json").read_bytes())["students"][0]["name"] == BO.name


LMS = {"id_number": "7702", "moodle_participant": "4107", "canvas_id": "19", "sis_login_id": "bray"}


@pytest.fixture
def numbered(tmp_path: Path) -> Path:
    """Bo, of whom other systems have ids and nothing else is known but ours."""
    bo = a_student("s2", **LMS)
    return a_graded_class(tmp_path / "results", {ANN: 20, bo: 19})


def test_an_export_that_has_the_student_by_an_id_of_the_lms_goes(
    numbered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["export", str(numbered), "--to", "moodle"]) == 0
    export = numbered / "exports/moodle.csv"
    assert "\n7702,19," in export.read_text()
    (numbered / "exports/mine").mkdir()
    others = numbered / "exports/mine/others.csv"
    others.write_text("Participant 4108,77021\n")
    assert cli.run(["forget", str(numbered), "s2"]) == 0
    assert str(export) in capsys.readouterr().err
    assert [*numbered.joinpath("exports").rglob("*.csv")] == [others]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ID number,Grade\n7702,3\n", True),
        ("Identifier;Full name\nParticipant 4107;B.\n", True),
        ("Login\nBRay\n", True),
        ('Login,Note\n"7702","quoted ""here"""\n', True),
        ('Note,ID\n"never closed,3\n1,7702\n', True),
        ("ID number,Grade\n77021,3\n17702,2\n", False),
        ("Nom;Note\nAnn;19,5\nCy;3,19\n", False),
        ("Nom,Note\nAnn,19.5\nCy,Salle 7702 B\n", False),
    ],
)
def test_a_table_of_ones_own_is_named_where_a_cell_is_the_students(
    numbered: Path, capsys: pytest.CaptureFixture[str], text: str, named: bool
) -> None:
    (numbered / "mine.csv").write_text(text)
    assert cli.run(["forget", str(numbered), "s2"]) == (3 if named else 0)
    assert ("mine.csv" in capsys.readouterr().err) is named


# -- one student under several ids ----------------------------------------------------------------


def formerly(root: Path, old: str, **then: str) -> Path:
    """A class of Ann, whose partner Bo was, and of Bo, whom it had by an ``old`` id, and as it was
    ``then``, of whom that left a folder."""
    before = msgspec.structs.replace(BO, student_id=old, **then)
    a_graded_class(root, {ANN: 20, before: 3})
    results = Results(root)
    report = results.report_of(ANN.student_id)
    assert report is not None
    hint = f"Ask Bo Ray ({old}1), bo@example.org."
    results.write_report(msgspec.structs.replace(report, flags=(hint,)))
    a_graded_class(root, {BO: 18, a_student("s3", "Cy Day"): 12})
    results.write_batch(
        msgspec.structs.replace(
            results.batch(), students=[ANN, BO, a_student("s3", "Cy Day", "cy@example.org")]
        )
    )
    (root / "overrides.csv").write_text(
        "student_id,criterion,points,why,by,at\n"
        "s2,bonus,1,Oral.,Me,2024-05-01T10:00:00Z\n"
        "s1,bonus,1,Oral.,Me,2024-05-01T10:00:00Z\n"
    )
    return root


@pytest.mark.parametrize("named", ["S2", "s2", BO.email, BO.name])
def test_an_id_that_was_written_otherwise_is_the_students_and_all_goes(
    tmp_path: Path, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = formerly(tmp_path / "results", "S2", email="")
    assert cli.run(["forget", str(root), named]) == 0
    assert sorted(path.name for path in (root / "students").iterdir()) == ["s1", "s3"]
    assert "s2" not in {one.student_id for one in Results(root).batch().students}
    assert "(removed)" not in (root / "students/s3/report.json").read_text()
    assert "Bo Ray" not in (root / "students/s1/report.json").read_text()
    assert (root / "overrides.csv").read_text().count("\n") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"Removed what was kept of s2 (Bo Ray): {root}. " in said
    assert "The same student under another id: S2." in said
    assert "The roster still has the row." in said


@pytest.mark.parametrize("named", ["old2", "s2", BO.email, BO.name])
def test_a_folder_with_the_same_address_is_the_same_students_and_goes_too(
    tmp_path: Path, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = formerly(tmp_path / "results", "old2")
    assert cli.run(["forget", str(root), named]) == 0
    left = files(root)
    assert not [name for name in left if "s2" in name or "old2" in name]
    assert not [name for name, data in left.items() if b"Bo Ray" in data or b"bo@" in data]
    assert "The same student under another id: old2." in capsys.readouterr().err


def test_without_an_address_the_command_for_the_other_id_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = formerly(tmp_path / "results", "old2", email="")
    assert cli.run(["forget", str(root), "s2"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    then = f"give too: grader forget {root} old2"
    assert f"old2 has the same name. If this is the same student, {then}" in said
    assert (root / "students/old2").exists()
    assert cli.run(["forget", str(root), "old2"]) == 0
    assert not [name for name, data in files(root).items() if b"Bo Ray" in data]


def test_an_address_that_two_of_the_class_have_makes_nobody_the_same(tmp_path: Path) -> None:
    root = formerly(tmp_path / "results", "old2")
    results = Results(root)
    students = [msgspec.structs.replace(ANN, email=BO.email), BO]
    results.write_batch(msgspec.structs.replace(results.batch(), students=students))
    assert cli.run(["forget", str(root), "s2"]) == 0
    assert sorted(path.name for path in (root / "students").iterdir()) == ["old2", "s1", "s3"]


@pytest.mark.parametrize("named", ["old2", "s2", BO.email])
def test_several_ids_are_forgotten_though_it_is_interrupted_anywhere(
    tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Off(BaseException):
        pass

    for steps in range(4):
        root = formerly(tmp_path / f"{steps}/results", "old2")
        left, real = steps, (shutil.rmtree, Results.write_batch)

        def step(do: Any) -> Any:
            def counted(*arguments: Any) -> None:
                nonlocal left
                left -= 1
                if left < 0:
                    raise Off
                do(*arguments)

            return counted

        with monkeypatch.context() as patched:
            patched.setattr(shutil, "rmtree", step(real[0]))
            patched.setattr(Results, "write_batch", step(real[1]))
            ended = steps == 3
            with nullcontext() if ended else pytest.raises(Off):
                forget_student(root, named)
        if not ended:
            forget_student(root, named)
        assert not [name for name, data in files(root).items() if b"Bo Ray" in data], steps


# -- what a platform and a desk know -------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 9, 60])
def test_the_line_that_a_killed_push_did_not_finish_goes(tmp_path: Path, cut: int) -> None:
    """Part of an id may be in it."""
    root = a_graded_class(tmp_path / "results", {ANN: 20, BO: 18})
    path = root / "lti-pushed.ndjson"
    lines = [
        json.dumps({"line_item": "https://lms.example.org/1", "user_id": name, "accepted": True})
        for name in ("one", "two", "user-bo")
    ]
    path.write_text("\n".join(lines)[:-cut])
    assert cli.run(["forget", str(root), "s2"]) == 0
    assert path.read_text() == f"{lines[0]}\n{lines[1]}\n"


@pytest.mark.parametrize("name", ["links", "accounts", "released", "claims", "schema"])
def test_an_id_that_is_a_word_of_a_desks_file_takes_no_others_entries(
    tmp_path: Path, name: str
) -> None:
    root = a_graded_class(tmp_path / "results", {a_student(name, "Max"): 20, ANN: 20})
    others: dict[str, Any] = {
        "links": {"s1": "aa"},
        "accounts": {"1" * 12: "s1"},
        "released": {"2" * 12: ["s1"]},
        "claims": [{"student_id": "s1", "account_id": "3" * 12, "at": "2024"}],
    }
    (root / "desk.json").write_text(json.dumps({**others, "links": {"s1": "aa", name: "bb"}}))
    assert cli.run(["forget", str(root), name]) == 0
    desk = json.loads((root / "desk.json").read_bytes())
    assert {table: desk[table] for table in others} == others


@pytest.mark.parametrize(
    "other",
    [
        ("Cy Day", ""),
        ("Chloé Roy", "chloe@example.org"),
        ("Éva Day", "eva@example.org"),
        ("Day, Cy", "cy@example.org"),
        ("Cy Day (2)", "cy@example.org"),
        ("王 小明", "wang@example.org"),
    ],
)
def test_a_name_goes_whatever_others_are_called_and_whether_they_have_an_address(
    tmp_path: Path, other: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 20, a_student("s3", *other): 18})
    (root / "students/s3/seen.json").write_text('{"partner": "Ann Lee"}')
    assert cli.run(["forget", str(root), "s1"]) == 0
    assert not [name for name, data in files(tmp_path).items() if b"Ann Lee" in data]
    assert "it stays" not in capsys.readouterr().err


def test_what_an_accented_letter_goes_on_with_is_not_the_id(tmp_path: Path) -> None:
    other = msgspec.structs.replace(a_student("s3", "Chloé Roy", ""), group="chloé+bo")
    root = a_graded_class(tmp_path / "results", {a_student("chlo", "Ann Lee", ""): 20, other: 18})
    assert cli.run(["forget", str(root), "chlo"]) == 0
    assert [student.group for student in Results(root).batch().students] == ["chloé+bo"]
