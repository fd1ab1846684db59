"""What version 0.1.0 stored, the demo's class in its folder, loads, regrades and exports as it did."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader import cli
from grader.results.directory import Results

STORED = Path(__file__).with_name("stored-0.1.0")
GRADES = ("report.json", "summary.json", "grades.csv")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STORED, tmp_path / "results"))


def grades(folder: Path) -> dict[str, bytes]:
    found = (path for name in GRADES for path in folder.rglob(name))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_every_file_loads(results: Path) -> None:
    there = Results(results)
    stored = list(there.each_stored(there.batch().students))
    assert len(stored) == 13
    assert all(one.observation is not None and one.report is not None for one in stored)


def test_regrading_by_its_own_rubric_gives_the_same_bytes(results: Path) -> None:
    rubric = str(results / "rubric.yaml")
    assert cli.run(["regrade", str(results), "--rubric", rubric, "--quiet"]) == 3  # one is ungraded
    assert grades(results) == grades(STORED)
    assert not list(results.rglob("report.before.json"))


def test_it_exports(results: Path, tmp_path: Path) -> None:
    out = tmp_path / "grades.csv"
    assert cli.run(["export", str(results), "--to", "csv", "--out", str(out), "--quiet"]) == 0
    assert out.read_text() == (STORED / "grades.csv").read_text()
