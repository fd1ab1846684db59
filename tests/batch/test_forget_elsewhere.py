"""Forgetting whoever the class no longer lists, or other systems know by ids of their own."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import msgspec
import pytest

from grader import cli
from grader.results.directory import Results
from tests.export.results_folders import ANN, BO, a_graded_class

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
