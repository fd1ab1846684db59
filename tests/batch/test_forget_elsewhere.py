"""Forgetting whoever the class no longer lists, or other systems know by ids of their own."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import msgspec
import pytest

from grader import cli
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
