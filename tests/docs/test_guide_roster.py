"""What the instructor's guide shows of its class is what the commands say."""

from __future__ import annotations

import re
import shlex
import zipfile
from typing import TYPE_CHECKING

import pytest

from grader.commands.exit_statuses import UNGRADED
from tests.docs.terminal_samples import not_shown
from tests.intake.test_roster_command import block
from tests.observing import hand_in
from tests.programs import environment, grader
from tools.generate_reference import DOCS

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

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


def download(
    folder: Path, third: bytes, name: str, *, accounts: tuple[str, str] = ("1" * 12, "2" * 12)
) -> None:
    with zipfile.ZipFile(folder / "submissions.zip", "w") as file:
        for n, account in enumerate(accounts, start=1):
            file.writestr(f"Pair 0{n}_50{n}_assignsubmission_file/b.txt", block(account))
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


@pytest.mark.slow
def test_the_class_is_graded_as_the_guide_shows(
    aws_sandbox: Sandbox, reference_account: str, class_of_pairs: Path
) -> None:
    second, third = (aws_sandbox.new_account() for _ in range(2))
    hand_in(aws_sandbox, second, memory_mb=256)
    hand_in(aws_sandbox, third, handler="joins_text")
    download(class_of_pairs, block(third).encode(), "b.txt", accounts=(reference_account, second))
    env = environment(AWS_ENDPOINT_URL=aws_sandbox.endpoint_url, COLUMNS="100")
    words = ("roster", "submissions.zip", "--class", "worksheet.csv", "--out", "class.csv")
    assert grader(*words, cwd=class_of_pairs, env=env).returncode == 0
    done = grader("batch", "class.csv", cwd=class_of_pairs, env=env)
    assert done.returncode == 0, done.stderr
    assert not_shown(GUIDE, "8 students, 6 graded", done.stdout + done.stderr) == []


def test_an_id_of_the_guide_is_one_students_throughout() -> None:
    students = {str(201 + n): name for n, name in enumerate(PEOPLE)}
    told = re.findall(r"\b(20\d) \((\w+ \w+)\)", GUIDE.read_text(encoding="utf-8"))
    assert told
    assert [(number, name) for number, name in told if students[number] != name] == []
