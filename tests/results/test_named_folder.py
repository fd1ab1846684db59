"""A folder that does not do is told before anything is done, by its name and with what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.cli import run
from grader.commands.json_output import output_file
from grader.inputs.problems import BadInput
from grader.results.named_folder import writable
from tests.export.results_folders import ANN, a_graded_class

CHANGING = {
    "regrade": [],
    "forget": ["s1"],
    "forget --dry-run": ["s1"],
    "override": ["s1", "bonus", "1", "--why", "x"],
}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return a_graded_class(tmp_path / "results", {ANN: 20})


@pytest.fixture
def read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything in the test's folder is read-only, for root too."""
    real = os.access

    def access(path: Path, mode: int) -> bool:
        inside = Path(path).resolve().is_relative_to(tmp_path)
        return real(path, mode & ~os.W_OK if inside else mode) and not (inside and mode & os.W_OK)

    monkeypatch.setattr(os, "access", access)


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("read_only")
@pytest.mark.parametrize("words", CHANGING)
def test_a_results_folder_that_cannot_be_written_is_bad_input(
    results: Path, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(results)
    command, *more = words.split()
    assert run([command, str(results), *CHANGING[words], *more]) == 2
    assert f"{results}: This folder cannot be written." in capsys.readouterr().err
    assert contents(results) == before


@pytest.mark.parametrize("words", CHANGING)
def test_a_lock_that_cannot_be_opened_is_bad_input(
    results: Path, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (results / ".lock").unlink(missing_ok=True)
    (results / ".lock").mkdir()
    command, *more = words.split()
    assert run([command, str(results), *CHANGING[words], *more]) == 2
    said = capsys.readouterr().err
    assert f"{results / '.lock'}: It cannot be read and written (" in said
    assert "Check the path and its permissions." in said


@pytest.mark.usefixtures("read_only")
def test_a_file_that_cannot_be_written_is_named_and_its_folder_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput) as caught:
        output_file("x.json", "--json")
    assert str(caught.value) == f"x.json: {tmp_path} cannot be written. Give another place."
    with pytest.raises(BadInput) as caught:
        writable(Path())
    assert str(caught.value) == f"{tmp_path}: This folder cannot be written. Give another place."


def test_what_is_no_folder_is_named_once(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(BadInput) as caught:
        writable(file)
    assert str(caught.value) == f"{file}: This is not a folder. Give another place."
    with pytest.raises(BadInput) as caught:
        writable(file / "new")
    assert str(caught.value) == f"{file / 'new'}: {file} is not a folder. Give another place."


@pytest.mark.parametrize("words", CHANGING)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none", "There is no such folder."),
        ("other", "This folder holds no batch.json, so it is not a grader's results."),
        ("file", "This is not a folder."),
    ],
)
def test_what_is_no_results_folder_is_named_and_not_made(
    tmp_path: Path, words: str, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "file").touch()
    command, *more = words.split()
    assert run([command, str(tmp_path / name), *CHANGING[words], *more]) == 2
    assert f"{tmp_path / name}: {said} Name a results folder." in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_damaged_batch_says_what_to_do(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (results / "batch.json").write_text("{")
    assert run(["regrade", str(results)]) == 2
    assert "Put back a copy of it, or grade the class again" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["forget", "override"])
def test_who_is_not_among_the_results_is_said_to_be_none_of_them(
    results: Path, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([words, str(results), "nobody", *CHANGING[words][1:]]) == 2
    said = capsys.readouterr().err
    assert "STUDENT: There is no student 'nobody' among these results." in said
