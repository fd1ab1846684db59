"""``grader roster``: from what an LMS downloads to a roster that a batch takes."""

from __future__ import annotations

import csv
import json
import signal
import stat
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from grader.commands.exit_statuses import UNGRADED
from grader.inputs.problems import BadInput
from grader.intake.make_roster import RosterDraft, write_roster
from grader.intake.roster_table import RosterRow, RosterTable
from grader.intake.update import Update
from grader.model.access import HandedIn
from grader.roster.load import load_roster
from grader.safety.secret import Secret
from tests.observing import hand_in
from tests.programs import environment, grader, grader_here, run

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

SECRET = "canary-secret-of-a-block"


def block(account: str = "1" * 12, token: str = "canary-token") -> str:
    return (
        f"[default]\naws_access_key_id={account}\naws_secret_access_key={SECRET}\n"
        f"aws_session_token={token}\n"
    )


def put_download(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / "download" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "download"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.slow
def test_what_students_handed_in_is_graded_by_a_batch(aws_sandbox: Sandbox, tmp_path: Path) -> None:
    right, untouched, third = (aws_sandbox.new_account() for _ in range(3))
    hand_in(aws_sandbox, right)
    page = "<p>" + "<br>".join(block(untouched).splitlines()) + "</p>"
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as file:
        file.writestr("Ann Lee_7_assignsubmission_file/keys.txt", block(right))
        file.writestr("Bo Süß_8_assignsubmission_onlinetext/onlinetext.html", page)
    env = environment(aws_sandbox, third)
    made = grader("roster", "all.zip", "--out", "class.csv", cwd=tmp_path, env=env)
    assert made.returncode == 0, made.stderr
    assert "grader doctor class.csv" in made.stdout
    assert grader("lint", "class.csv", cwd=tmp_path, env=env).returncode == 0
    done = grader("batch", "class.csv", "--quiet", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    scores = {
        student["student_id"]: (student["name"], student["score"])
        for student in json.loads((tmp_path / "results/summary.json").read_bytes())["scores"]
    }
    assert scores == {"7": ("Ann Lee", 20), "8": ("Bo Süß", 0)}


def test_blocks_are_their_owners_alone_and_the_time_of_a_download_is_none_of_theirs(
    tmp_path: Path,
) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as file:
        file.writestr(zipfile.ZipInfo("s01.txt", (2024, 5, 1, 10, 0, 0)), block())
        file.writestr("s02.txt", block("2" * 12))
    done = grader_here("roster", "all.zip", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "roster-credentials"
    assert mode(folder) == 0o700
    assert [mode(path) for path in (*folder.iterdir(), tmp_path / "roster.csv")] == [0o600] * 3
    assert (folder / "s01.ini").read_text() == block()
    assert [
        (row["credentials_file"], row["submitted_at"]) for row in rows(tmp_path / "roster.csv")
    ] == [("roster-credentials/s01.ini", ""), ("roster-credentials/s02.ini", "")]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "all.zip",
        "roster-credentials",
        "roster.csv",
    ]


def test_nobody_is_lost_silently(tmp_path: Path) -> None:
    put_download(
        tmp_path,
        **{
            "Ann_7_assignsubmission_file/keys.txt": block(),
            "Bo_8_assignsubmission_file/keys.pdf": "%PDF-1.7",
            "Cy_9_assignsubmission_file/keys.txt": block("ASIAQWERTYUIOPASDFGH").rsplit("aws_", 1)[
                0
            ],
            "Di_10_assignsubmission_onlinetext/onlinetext.html": "<p>Bonjour</p>",
        },
    )
    (tmp_path / "download/Ed_11_assignsubmission_file").mkdir()
    done = grader_here("roster", "download", cwd=tmp_path)
    assert done.returncode == UNGRADED
    # They handed in: a note in the block's place says what, and they are ungraded, never absent.
    assert [row["student_id"] for row in rows(tmp_path / "roster.csv")] == [
        "7",
        "8",
        "9",
        "10",
        "11",
    ]
    accounts = load_roster(tmp_path / "roster.csv").entries
    assert [isinstance(account.access, HandedIn) for account in accounts] == [False] + [True] * 4
    assert "PDF" in str(accounts[1].access)
    told = done.stderr.split("no block that can be read:")[1].strip().splitlines()
    for line, expected in zip(
        told,
        [
            ["keys.pdf", "8 (Bo)", "PDF", "text file"],
            ["keys.txt", "9 (Cy)", "no aws_session_token", "Ask for the whole block"],
            ["onlinetext", "10 (Di)", "No credentials block"],
            ["Ed_11", "11 (Ed)", "Nothing is in it"],
        ],
        strict=True,
    ):
        assert all(word in line for word in expected), line
    assert "4 handed in something that is no block" in done.stdout


def test_the_same_block_of_two_students_names_both(tmp_path: Path) -> None:
    put_download(tmp_path, **{"s01/a": block(), "s02/a": block(), "s03/a": block("3" * 12)})
    done = grader_here("roster", "download", cwd=tmp_path)
    assert done.returncode == 0
    (told,) = done.stderr.split("To look at:")[1].strip().splitlines()
    assert "s01" in told
    assert "s02" in told
    assert len(rows(tmp_path / "roster.csv")) == 3


def test_of_several_blocks_the_last_of_the_newest_file_is_used_and_it_is_said(
    tmp_path: Path,
) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as file:
        new = zipfile.ZipInfo("s01/a.txt", (2024, 5, 2, 10, 0, 0))
        file.writestr(new, block("3" * 12) + block("4" * 12))
        file.writestr(zipfile.ZipInfo("s01/b.txt", (2024, 5, 1, 10, 0, 0)), block("5" * 12))
        file.writestr("s02/a.txt", block() + block())
    done = grader_here("roster", "all.zip", cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "roster-credentials/s01.ini").read_text() == block("4" * 12)
    (told,) = done.stderr.split("To look at:")[1].strip().splitlines()
    assert "s01/a.txt" in told
    assert "3 different blocks" in told


def test_no_secret_is_shown(tmp_path: Path) -> None:
    broken = block("ASIAQWERTYUIOPASDFGH", "canary-token")
    put_download(
        tmp_path, **{"s01/a": block(), "s02/a": block() + block("2" * 12), "s03/a": broken}
    )
    done = grader_here("roster", "download", cwd=tmp_path)
    assert done.returncode == UNGRADED
    said = done.stdout + done.stderr + (tmp_path / "roster.csv").read_text()
    assert "canary" not in said
    assert "ASIAQ" not in said


def test_what_is_ours_is_not_read_as_a_submission_and_what_is_yours_stays(tmp_path: Path) -> None:
    put_download(tmp_path, **{"s01.txt": block()})
    folder = tmp_path / "download"
    assert grader_here("roster", ".", cwd=folder).returncode == 0
    (folder / "roster-credentials/mine.ini").write_text("kept")
    (folder / "s01.txt").write_text(block("2" * 12))
    assert grader_here("roster", ".", cwd=folder).returncode == 0
    assert (folder / "roster-credentials/s01.ini").read_text() == block("2" * 12)
    assert (folder / "roster-credentials/mine.ini").read_text() == "kept"
    assert [row["student_id"] for row in rows(folder / "roster.csv")] == ["s01"]
    # As of 0.1.0, whose scripts may say it still.
    assert grader_here("roster", ".", "--force", cwd=folder).returncode == 0


def test_where_nobody_handed_in_a_block_there_is_no_roster(tmp_path: Path) -> None:
    put_download(tmp_path, **{"s01.txt": "hello"})
    done = grader_here("roster", "download", cwd=tmp_path)
    assert done.returncode == UNGRADED
    assert "s01" in done.stderr
    assert "roster.csv: It was not written: there is no block that can be read" in done.stderr
    assert "Add --class" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["download"]


def test_the_zip_file_is_named_where_it_is_all_that_its_folder_holds(tmp_path: Path) -> None:
    (tmp_path / "download").mkdir()
    with zipfile.ZipFile(tmp_path / "download/all.zip", "w") as file:
        file.writestr("Ann Lee_7_assignsubmission_file/keys.txt", block())
    done = grader_here("roster", "download", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "download/all.zip: A ZIP file in a folder is not opened. Name the ZIP" in done.stderr
    assert grader_here("roster", "download/all.zip", cwd=tmp_path).returncode == 0


def test_a_roster_that_cannot_be_put_in_place_leaves_no_blocks_behind(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_roster(draft_of("s01"), tmp_path / "roster.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["roster.csv"]


def draft_of(*students: str) -> RosterDraft:
    """A roster to be, with a block for each student."""
    table = RosterTable(["student_id", "credentials_file"])
    update = Update()
    for student in students:
        place = f"roster-credentials/{student}.ini"
        table.rows.append(RosterRow(0, {"student_id": student, "credentials_file": place}))
        update.blocks[f"{student}.ini"] = (Secret(block()), None)
    return RosterDraft(table, update)


@pytest.mark.parametrize("stop", ["os.fsync", "os.replace", "load_roster"])
def test_a_run_that_is_killed_leaves_blocks_in_their_folder_alone_and_the_next_tidies_up(
    tmp_path: Path, stop: str
) -> None:
    put_download(tmp_path, **{"s01.txt": block(), "s02.txt": block("2" * 12)})
    killed = run([sys.executable, "-c", _KILLED_AT.format(stop=stop)], cwd=tmp_path)
    assert killed.returncode == -signal.SIGKILL
    left = {
        path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "download"
    }
    holding = {path for path in left if SECRET in path.read_text()}
    assert holding
    folder = tmp_path / "roster-credentials"
    assert {path.parent for path in holding} <= {folder, folder / ".new"}
    assert mode(tmp_path / "roster-credentials") == 0o700
    assert {mode(path) for path in left} == {0o600}
    assert not (tmp_path / "roster.csv").exists()
    done = grader_here("roster", "download", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "download",
        "roster-credentials",
        "roster.csv",
        "s01.ini",
        "s01.txt",
        "s02.ini",
        "s02.txt",
    ]


_KILLED_AT = """
import os, signal
from grader import cli
from grader.intake import make_roster
def killed(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)
if "{stop}" == "load_roster":
    make_roster.load_roster = killed
else:
    {stop} = killed
cli.run(["roster", "download"])
"""


def test_a_roster_that_would_not_be_one_replaces_nothing(tmp_path: Path) -> None:
    write_roster(draft_of("s01"), tmp_path / "roster.csv")
    before = everything(tmp_path)
    wrong = draft_of("s01", "s02")
    wrong.update.blocks["s01.ini"] = (Secret(block("2" * 12)), None)
    wrong.table.rows[1].cells["student_id"] = "/"
    with pytest.raises(BadInput, match="would not be a roster"):
        write_roster(wrong, tmp_path / "roster.csv")
    assert everything(tmp_path) == before
    assert mode(tmp_path / "roster-credentials") == 0o700


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent"], "absent"),
        (["empty"], "no submissions"),
        (["download", "--out", "absent/roster.csv"], "absent"),
        (["download", "--out", "empty"], "empty"),
        (["download/s01.txt"], "neither a folder nor a ZIP"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    put_download(tmp_path, **{"s01.txt": block()})
    (tmp_path / "empty").mkdir()
    done = grader_here("roster", *arguments, cwd=tmp_path)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["download", "empty"]


def test_a_name_that_a_spreadsheet_would_calculate_is_defused(tmp_path: Path) -> None:
    name = '=HYPERLINK("x")\x1b[31m_7_assignsubmission_file/a'
    put_download(tmp_path, **{name: block()})
    done = grader_here("roster", "download", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (row,) = rows(tmp_path / "roster.csv")
    assert row["name"].startswith("'=HYPERLINK")
    assert "\x1b" not in (tmp_path / "roster.csv").read_text() + done.stdout


@pytest.mark.parametrize("out", ["class.csv", "=class.csv"])
def test_what_is_defused_is_read_as_what_it_was(tmp_path: Path, out: str) -> None:
    put_download(tmp_path, **{"@bob.txt": block()})
    (tmp_path / "list.csv").write_text("student_id,email,group\n@bob,+b@x.org,A;=B\n")
    for _time in range(2):
        made = grader_here("roster", "download", "--class=list.csv", f"--out={out}", cwd=tmp_path)
        assert made.returncode == 0, made.stderr
        (account,) = load_roster(tmp_path / out).entries
        assert (account.student_id, account.email, account.group) == ("@bob", "+b@x.org", "A;=B")
    assert "yours stays" not in made.stderr
    # A roster is a class list too.
    again = grader_here("roster", "download", f"--class={out}", "--out=copy.csv", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    (copy,) = load_roster(tmp_path / "copy.csv").entries
    assert copy.student_id == "@bob"
