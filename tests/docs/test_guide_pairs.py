"""The instructor's guide, in short: a class of pairs, from Moodle's two files to a filled worksheet."""

from __future__ import annotations

import csv
import re
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.docs.walks import section, with_programs
from tests.intake.test_roster_command import block
from tests.observing import hand_in
from tests.programs import environment, run
from tools.generate_reference import DOCS

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

GUIDE = DOCS / "instructor.md"
TITLE = "In short: thirty pairs in Moodle"
PEOPLE = ("Ann Lee", "Bo Kim", "Cy Day", "Di May", "Eve Roth", "Fay Gold")
HEADER = (
    'Identifier,"Full name","Email address",Status,Group,Grade,"Maximum grade",'
    '"Grade can be changed","Last modified (submission)","Last modified (grade)","Feedback comments"\n'
)
AT = '"Friday, 27 November 2026, 10:15 AM"'


def put_worksheet(folder: Path) -> None:
    rows = (
        f'"Participant {201 + n}",{name},p{n}@example.org,"Submitted for grading",'
        f"Pair {n // 2 + 1},,20.00,Yes,{AT},-,\n"
        for n, name in enumerate(PEOPLE)
    )
    (folder / "worksheet.csv").write_text(HEADER + "".join(rows), encoding="utf-8")


def put_download(folder: Path, *blocks: str) -> None:
    """Moodle's download of a group assignment: a folder for each pair, what it handed in inside."""
    with zipfile.ZipFile(folder / "submissions.zip", "w") as file:
        for n, text in enumerate(blocks, start=1):
            file.writestr(f"Pair {n}_50{n}_assignsubmission_file/block.txt", text)


def filled(folder: Path) -> dict[str, tuple[str, str]]:
    """The grade and the comment of each student in the worksheet that was filled in."""
    with (folder / "filled.csv").open(encoding="utf-8-sig", newline="") as file:
        return {
            row["Full name"]: (row["Grade"], row["Feedback comments"])
            for row in csv.DictReader(file)
        }


@pytest.mark.slow
def test_pairs_get_their_grades_by_the_commands_of_the_guide(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    second, third = (aws_sandbox.new_account() for _ in range(2))
    hand_in(aws_sandbox, second, memory_mb=256)
    first_time, again = re.findall(r"^```sh\n(.*?)^```$", section(GUIDE, TITLE), re.M | re.S)
    env = with_programs(environment(AWS_ENDPOINT_URL=aws_sandbox.endpoint_url))
    put_worksheet(tmp_path)
    put_download(tmp_path, block(reference_account), block(second), "We forgot it.")
    assert typed(first_time, tmp_path, env) == [3, 3, 0]
    marks = filled(tmp_path)
    assert [marks[name][0] for name in PEOPLE] == ["20", "20", "19", "19", "", ""]
    assert "256" in marks["Cy Day"][1]
    assert marks["Cy Day"] == marks["Di May"]
    hand_in(aws_sandbox, third, memory_mb=512)
    put_download(tmp_path, block(reference_account), block(second), block(third))
    assert typed(again, tmp_path, env) == [0, 0, 0]
    marks = filled(tmp_path)
    assert [marks[name][0] for name in PEOPLE[4:]] == ["19", "19"]


def typed(commands: str, folder: Path, env: dict[str, str]) -> list[int]:
    """The exit statuses of the guide's commands, given one after the other."""
    lines = commands.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("grader ") for line in lines)
    done = [run(["bash", "-c", line], cwd=folder, env=env) for line in lines]
    print(*(one.stdout + one.stderr for one in done))  # noqa: T201 - shown where it fails
    return [one.returncode for one in done]
