"""A results folder that came from elsewhere leads nowhere, and holds nobody up."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING

import pytest

from grader.cli import run
from grader.inputs.bounded_read import MOST_BYTES_OF_CLASS, MOST_BYTES_OF_STUDENT
from grader.inputs.problems import BadInput
from grader.results.directory import Results
from grader.results.only_files import refuse_all_but_files
from tests.programs import command
from tests.programs import run as run_program
from tests.quick_run import first_only_when_quick

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


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)  # the name of a socket may not be long
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(f"/proc/self/fd/{folder}/{path.name}")
    os.close(folder)


@pytest.mark.parametrize("make", [a_pipe, a_socket])
@pytest.mark.parametrize(
    "which", [name for name in LINKED if name not in {"students", "a student"}]
)
def test_what_is_neither_file_nor_folder_is_refused(
    stored: Path, which: str, make: Callable[[Path], None]
) -> None:
    path = LINKED[which](stored)
    path.unlink(missing_ok=True)
    make(path)
    with pytest.raises(BadInput) as refused:
        refuse_all_but_files(stored)
    assert str(refused.value) == f"{path}: This is not an ordinary file. Move it away."


@pytest.mark.parametrize(
    ("which", "given"),
    first_only_when_quick(
        [
            ("a report", ["regrade"]),
            ("grades", ["regrade"]),
            ("batch", ["export", "--to", "csv"]),
            ("summary", ["override", "reference", "total", "1", "--why", "so"]),
            ("page", ["forget", "reference"]),
        ]
    ),
)
def test_no_command_waits_at_a_pipe(stored: Path, which: str, given: list[str]) -> None:
    path = LINKED[which](stored)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    name, *more = given
    done = run_program(command(name, stored, *more), limit_s=120)
    assert done.returncode == 2
    assert "This is not an ordinary file." in " ".join(done.stderr.split())


def every_student(folder: Path) -> None:
    results = Results(folder)
    assert results.report_of(a_student(folder).name) is None
    list(results.each_stored(results.batch().students))


@pytest.mark.parametrize(
    ("which", "most", "read"),
    [
        ("batch", MOST_BYTES_OF_CLASS, lambda folder: Results(folder).batch()),
        ("a report", MOST_BYTES_OF_STUDENT, every_student),
    ],
)
def test_a_file_that_is_larger_than_any_is_named(
    stored: Path, which: str, most: int, read: Callable[[Path], None]
) -> None:
    path = LINKED[which](stored)
    os.truncate(path, most + 1)
    with pytest.raises(BadInput) as refused:
        read(stored)
    assert f"{path}: It cannot be read (File too large)." in str(refused.value)


@pytest.mark.slow
def test_the_folder_itself_may_be_a_link(stored: Path, tmp_path: Path) -> None:
    link = tmp_path / "this-year"
    link.symlink_to(stored)
    assert run(["regrade", str(link), "--quiet"]) in {0, 3}
