"""Texts of the command line that are written into files: what no file can hold is refused before."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from grader.cli import run
from tests.export.results_folders import a_graded_class
from tests.own_checks import write_checks
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from pathlib import Path

LATIN = os.fsdecode(b"caf\xe9")
"""``café`` as a terminal gives it that does not speak UTF-8."""

COMMANDS = {
    "--why": ["override", "results", "s1", "sums", "1", "--why", LATIN],
    "--by": ["override", "results", "s1", "sums", "1", "--why", "Seen", "--by", LATIN],
    "--assignment": ["export", "results", "--to=canvas", "--ids=sis", f"--assignment={LATIN} (1)"],
    "--url": ["desk", "class.csv", "--out", "desk", "--port=0", f"--url=https://{LATIN}.org"],
    "roster": ["roster", "download", "--out", f"{LATIN}.csv"],
    "batch": ["batch", "class.csv", "--out", "new", "--checks", LATIN],
    "regrade": ["regrade", "results", "--checks", LATIN],
    "desk": ["desk", "class.csv", "--out", "desk", "--port=0", "--checks", LATIN],
}


@pytest.mark.parametrize("given", first_only_when_quick([*COMMANDS], keep=5))
def test_a_text_that_no_file_can_hold_is_named_and_nothing_is_written(
    tmp_path: Path, given: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    a_graded_class(tmp_path / "results")
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,nobody\n")
    (tmp_path / "download").mkdir()
    (tmp_path / "download/s1.txt").write_text(
        "[default]\naws_access_key_id=111111111111\naws_secret_access_key=x\n"
    )
    try:
        write_checks(tmp_path / LATIN, "")
    except OSError:
        pytest.skip("this file system has names in UTF-8 only")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert run(COMMANDS[given]) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(given) or "caf" in told
    assert "It is not in UTF-8, and would be written into a file that is." in told
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before
