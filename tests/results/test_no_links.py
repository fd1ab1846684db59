"""A results folder that came from elsewhere leads nowhere: links in it are refused, all are named."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING

import pytest

from grader.cli import run

if TYPE_CHECKING:
    from collections.abc import Callable

STORED = Path(__file__).parent / "stored-0.1.0"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A results folder of an earlier version."""
    folder = next(path.parent for path in sorted(STORED.rglob("batch.json")))
    return Path(copytree(folder, tmp_path / "results"))


def a_student(folder: Path) -> Path:
    return sorted((folder / "students").iterdir())[0]


LINKED: dict[str, Callable[[Path], Path]] = {
    "summary": lambda folder: folder / "summary.json",
    "page": lambda folder: folder / "index.html",
    "grades": lambda folder: folder / "grades.csv",
    "batch": lambda folder: folder / "batch.json",
    "lock": lambda folder: folder / ".lock",
    "students": lambda folder: folder / "students",
    "a student": a_student,
    "a report": lambda folder: a_student(folder) / "report.json",
    "what is not ours": lambda folder: a_student(folder) / "notes.txt",
}


@pytest.mark.parametrize("which", LINKED)
@pytest.mark.parametrize("command", ["regrade", "export"])
def test_a_link_in_a_results_folder_is_refused_and_nothing_written_through_it(
    stored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], which: str, command: str
) -> None:
    path, elsewhere = LINKED[which](stored), tmp_path / "elsewhere"
    if path.exists():
        path.rename(elsewhere)
    else:
        elsewhere.write_text("mine")
    path.symlink_to(elsewhere)
    before = {p: p.read_bytes() for p in [elsewhere, *elsewhere.rglob("*")] if p.is_file()}
    given = ["regrade", str(stored)]
    if command == "export":
        given = ["export", str(stored), "--to", "csv", "--out", str(tmp_path / "grades-out.csv")]
    assert run(given) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"{path}: This is a link" in said
    assert {p: p.read_bytes() for p in before} == before
    assert not (tmp_path / "grades-out.csv").exists()


@pytest.mark.slow
def test_the_folder_itself_may_be_a_link(stored: Path, tmp_path: Path) -> None:
    link = tmp_path / "this-year"
    link.symlink_to(stored)
    assert run(["regrade", str(link), "--quiet"]) in {0, 3}
