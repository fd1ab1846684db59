"""A results folder is data: what only it names is neither run nor asked, and the way on is printed."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from shutil import copytree

import pytest

from grader.cli import run
from grader.commands.options import Lang
from grader.commands.stored_options import ClassOptions
from grader.inputs.problems import BadInput
from grader.model.run_bounds import LONGEST_ACCOUNT_S, MOST_JOBS
from grader.results.directory import Results
from tests.batch.test_regrade_stored import odd_class
from tests.programs import grader_here
from tests.quick_run import first_only_when_quick

STORED = Path(__file__).parent.parent / "results/stored-0.1.0"
OWN = """
from pathlib import Path
Path(__file__).with_name("ran").touch()
"""


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A results folder of an earlier version."""
    folder = next(path.parent for path in sorted(STORED.rglob("batch.json")))
    return Path(copytree(folder, tmp_path / "results"))


def planted(folder: Path) -> Path:
    """A folder of checks that leaves a trace when it is read as Python."""
    folder.mkdir(parents=True)
    (folder / "check_own.py").write_text(OWN)
    return folder


def change(results: Path, **what: object) -> None:
    """Let ``batch.json`` say something else."""
    path = results / "batch.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | what))


def printed(stderr: str) -> list[str]:
    """The command to go on with, after the word ``grader``."""
    found = re.search(r"go on with: grader (.*)$", " ".join(stderr.split()))
    assert found, stderr
    return shlex.split(found[1])


def roster_of(results: Path) -> Path:
    """A class list for the same students, none of whom handed in anything."""
    students = json.loads((results / "batch.json").read_text())["students"]
    path = results.parent / "class.csv"
    rows = [f"{one['student_id']},nobody" for one in students]
    path.write_text("\n".join(["student_id,profile", *rows, ""]))
    return path


@pytest.mark.parametrize("where", first_only_when_quick(["beside", "named"]))
def test_checks_that_only_the_folder_names_are_not_run_until_the_command_names_them(
    stored: Path, tmp_path: Path, where: str
) -> None:
    own = planted(stored / "checks" if where == "beside" else tmp_path / "theirs")
    if where == "named":
        change(stored, checks=[str(own)])
    before = {path: path.read_bytes() for path in stored.rglob("*") if path.is_file()}
    done = grader_here("regrade", stored, cwd=tmp_path)
    assert done.returncode == 2
    assert not (own / "ran").exists()
    assert {path: path.read_bytes() for path in stored.rglob("*") if path.is_file()} == before
    again = printed(done.stderr)
    assert ("--rubric" if where == "beside" else "--checks") in again
    assert grader_here(*again, cwd=tmp_path).returncode in {0, 1, 3}
    assert (own / "ran").exists()


def test_going_on_runs_no_checks_and_asks_no_address_of_the_folder_alone(
    stored: Path, tmp_path: Path
) -> None:
    own = planted(tmp_path / "theirs")
    change(stored, checks=[str(own)], endpoint_url="http://127.0.0.1:9")
    given = ["batch", str(roster_of(stored)), "--out", str(stored), "--resume"]
    done = grader_here(*given, cwd=tmp_path)
    assert done.returncode == 2
    assert not (own / "ran").exists()
    assert printed(done.stderr) == [
        *given,
        *("--checks", str(own), "--endpoint-url", "http://127.0.0.1:9"),
    ]


@pytest.mark.slow
def test_regrading_prints_the_commands_that_go_on_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, address = odd_class(tmp_path / "results", [1]), "http://127.0.0.1:9"
    shutil.rmtree(results.folder("s3"))
    change(results.root, endpoint_url=address)
    own = tmp_path / "own"
    own.mkdir()
    assert run(["regrade", str(results.root), "--checks", str(own)]) == 3
    said = capsys.readouterr().err.splitlines()
    again = f"grader batch ROSTER --out {results.root} --resume --checks {own}"
    again += f" --endpoint-url {address}"
    assert f"Look at them again with: {again} --only=s1" in said
    assert f"Go on with: {again}" in said
    told = f"Only this file names the address {address}, which would be asked."
    assert f"{results.root / 'batch.json'}: {told}" in said


@pytest.mark.slow
def test_a_batch_prints_the_option_that_no_folder_keeps(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,nobody\n")
    given = ["--endpoint-url", "http://127.0.0.1:9", "--confirm-silence", "5"]
    said = grader_here("batch", "class.csv", *given, cwd=tmp_path).stderr.splitlines()
    again = shlex.join(["grader", "batch", "class.csv", "--out", "results", "--resume", *given])
    assert f"Try them again with: {again}" in said


@pytest.mark.slow
def test_checks_beside_the_rubric_that_is_given_are_trusted(stored: Path, tmp_path: Path) -> None:
    own = planted(tmp_path / "course/checks")
    (own.parent / "rubric.yaml").write_bytes((stored / "rubric.yaml").read_bytes())
    change(stored, checks=[str(own)])
    done = grader_here("regrade", stored, "--rubric", own.parent / "rubric.yaml", cwd=tmp_path)
    assert done.returncode in {0, 1, 3}, done.stderr
    assert (own / "ran").exists()


@pytest.mark.parametrize("where", first_only_when_quick(["inside", "above"]))
def test_a_labs_name_trusts_no_checks_of_the_folder_one_stands_in(
    stored: Path, tmp_path: Path, where: str
) -> None:
    cwd, results = (stored, ".") if where == "inside" else (tmp_path, stored.name)
    own = planted(cwd / "checks")
    change(stored, checks=["checks"])
    done = grader_here("regrade", results, "--rubric", "calculator", cwd=cwd)
    assert (done.returncode, (own / "ran").exists()) == (2, False), done.stderr
    named = ["--checks", "checks"]
    assert printed(done.stderr) == ["regrade", results, "--rubric", "calculator", *named]


def test_a_labs_name_means_the_lab_whatever_the_folder_one_stands_in_holds(stored: Path) -> None:
    own = planted(stored / "checks")
    (stored / "calculator").write_bytes((stored / "rubric.yaml").read_bytes())
    done = grader_here("lint", "calculator", cwd=stored)
    assert (done.returncode, (own / "ran").exists()) == (0, False), done.stderr


def test_what_a_language_of_another_version_began_goes_on_in_english(
    stored: Path,
) -> None:
    change(stored, lang="de")
    before = ClassOptions(endpoint_url="http://127.0.0.1:9").as_before(Results(stored))
    assert before.lang == Lang.en


@pytest.mark.parametrize(
    "what", first_only_when_quick(["check", "lint", "batch", "doctor", "desk"], keep=2)
)
def test_checks_in_the_results_folder_one_stands_in_are_not_run_unasked(
    stored: Path, what: str
) -> None:
    own, roster = planted(stored / "checks"), str(roster_of(stored))
    more = {
        "check": ["--no-exchange", "--endpoint-url", "http://127.0.0.1:9"],
        "batch": [roster, "--out", "../new"],
        "doctor": [roster],
        "desk": [roster, "--out", "../new"],
    }
    given = [what, *more.get(what, [])]
    done = grader_here(*given, cwd=stored)
    assert (done.returncode, (own / "ran").exists()) == (2, False), done.stderr
    named = ["rubric.yaml"] if what == "lint" else ["--rubric", "rubric.yaml"]
    assert printed(done.stderr) == [*given, *named]
    if what == "lint":
        assert grader_here(*printed(done.stderr), cwd=stored).returncode == 0
        assert (own / "ran").exists()


@pytest.mark.parametrize(
    "what",
    [
        {"jobs": -1},
        {"jobs": 0},
        {"account_timeout_s": -1},
        {"seed": 99999999999999999999},
        {"seed": -1},
        {"attempt": 2**63 - 1},
    ],
    ids=str,
)
def test_an_option_out_of_bounds_names_the_file(stored: Path, what: dict[str, object]) -> None:
    change(stored, **what)
    with pytest.raises(BadInput, match="This is not a batch of this grader") as caught:
        ClassOptions(endpoint_url="http://127.0.0.1:9").as_before(Results(stored))
    assert [problem.file for problem in caught.value.problems] == [str(stored / "batch.json")]


def test_what_version_0_1_0_did_not_bound_is_bounded_when_it_is_taken_up(stored: Path) -> None:
    change(stored, jobs=10**6, account_timeout_s=1e300)
    before = ClassOptions(endpoint_url="http://127.0.0.1:9").as_before(Results(stored))
    assert (before.jobs, before.account_timeout) == (MOST_JOBS, LONGEST_ACCOUNT_S)


@pytest.mark.parametrize(
    ("option", "value"),
    [("--seed", "9223372036854775808"), ("--jobs", "100001"), ("--account-timeout", "604801")],
)
def test_no_option_says_what_no_file_may(
    option: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roster = tmp_path / "class.csv"
    roster.write_text("student_id,profile\ns1,nobody\n")
    assert run(["batch", str(roster), "--out", str(tmp_path / "out"), option, value]) == 2
    assert option in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_json_on_a_terminal_rules_it_in_nothing_and_says_the_same(
    stored: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    name = "A\x9b31m\u202eB\x7f é"
    reports = list(stored.rglob("report.json"))
    for path in reports:
        path.write_text(json.dumps(json.loads(path.read_text()) | {"name": name}))
    batch = json.loads((stored / "batch.json").read_text())
    change(stored, students=[student | {"name": name} for student in batch["students"]])
    assert run(["regrade", str(stored), "--json", "-"]) in {0, 1, 3}
    said = capfdbinary.readouterr().out.decode()
    assert not {"\x9b", "\x7f", "\u202e"} & {*said}
    assert "é" in said
    assert json.loads(said) == json.loads((stored / "summary.json").read_text())
    assert "\u202e" in (stored / "summary.json").read_text()
