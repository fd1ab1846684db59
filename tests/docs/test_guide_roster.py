"""What the instructor's guide shows of making a roster is what the command says."""

from __future__ import annotations

import re
import shlex
import zipfile
from typing import TYPE_CHECKING

import pytest

from grader.commands.exit_statuses import UNGRADED
from tests.docs.terminal_samples import not_shown
from tests.intake.test_roster_command import block
from tests.programs import environment, grader
from tools.generate_reference import DOCS

if TYPE_CHECKING:
    from pathlib import Path

GUIDE = DOCS / "instructor.md"
PEOPLE = ("Ann Lee", "Bo Kim", "Cy Day", "Di May", "Eve Roth", "Fay Gold", "Gus Hall", "Hal Ibe")
COMMAND = re.compile(r"^grader roster .*--class.*$", re.M)


@pytest.fixture
def class_of_pairs(tmp_path: Path) -> Path:
    """Four pairs: two handed in, one a screenshot, one nothing."""
    header = 'Identifier,Full name,Email address,Status,Group,Grade,"Last modified (submission)"\n'
    at = '"Friday, 27 November 2026, 10:15 AM"'
    rows = (
        f"Participant {201 + n},{name},p{n}@example.org,Submitted,Pair 0{n // 2 + 1},,{at}\n"
        for n, name in enumerate(PEOPLE)
    )
    (tmp_path / "worksheet.csv").write_text(header + "".join(rows))
    download(tmp_path, b"\x89PNG", "screenshot.png")
    return tmp_path


def download(folder: Path, third: bytes, name: str) -> None:
    with zipfile.ZipFile(folder / "submissions.zip", "w") as file:
        for n in (1, 2):
            file.writestr(f"Pair 0{n}_50{n}_assignsubmission_file/b.txt", block(f"{n:012}"))
        file.writestr(f"Pair 03_503_assignsubmission_file/{name}", third)


def test_the_guides_commands_make_the_roster_that_it_shows(class_of_pairs: Path) -> None:
    commands = {*COMMAND.findall(GUIDE.read_text(encoding="utf-8"))}
    assert len(commands) == 1
    _grader, *words = shlex.split(commands.pop())
    env = environment(TZ="CET-1")
    done = grader(*words, cwd=class_of_pairs, env=env)
    assert done.returncode == UNGRADED
    assert not_shown(GUIDE, "Handed in nothing:", done.stderr + done.stdout) == []
    download(class_of_pairs, block("3" * 12).encode(), "block.txt")
    done = grader(*words, cwd=class_of_pairs, env=env)
    assert done.returncode == 0, done.stderr
    assert not_shown(GUIDE, "New blocks:", done.stdout) == []
