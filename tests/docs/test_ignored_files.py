"""What the commands write in a clone, and what the guides have there, no `git add .` takes along."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from grader.desk.links import LINKS
from grader.intake.make_roster import credentials_folder
from tools.generate_contracts import ROOT

WRITTEN = [
    *("results/batch.json", "results.before-20261128T120455Z/batch.json"),
    *("demo-results/batch.json", "demo-results.before-20261128T120455Z/batch.json"),
    *("demo-desk/class.csv", "demo-desk.before-20261128T120455Z/class.csv"),
    *("roster.csv", "class.csv", "filled.csv", LINKS),
    *(f"{credentials_folder(Path(name))}/201.ini" for name in ("roster.csv", "class.csv")),
    *("submissions.zip", "worksheet.csv", "blocks/s01.ini", "tool.pem", "key.pem"),
]


def git(*words: str) -> list[str]:
    """The paths that git prints, where there is a git and the source is a clone."""
    program = shutil.which("git")
    if program is None or not (ROOT / ".git").exists():
        pytest.skip("the source is no clone, or there is no git")
    done = subprocess.run([program, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_students_data_and_keys_are_ignored_where_they_are_written() -> None:
    assert git("check-ignore", *WRITTEN) == WRITTEN


def test_nothing_of_the_source_is_ignored() -> None:
    assert git("ls-files", "--cached", "--ignored", "--exclude-standard") == []
