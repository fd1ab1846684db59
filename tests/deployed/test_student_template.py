"""The student template, as it is handed out: it deploys, it is graded, and every line helps."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from grader.rubric.load import default_rubric_path, load_rubric
from tests.deployed.terraform import HCL, ROOT, Terraform, need, synthesize, zip_commands, zipped
from tests.docs.terminal_samples import not_shown
from tests.programs import environment, grader, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from grader.sandbox.server import Sandbox

    Made = Callable[[Path, Path], Path]

PROJECT = ROOT / "student_template"
REFERENCE = ROOT / "reference_solution"

either_way = pytest.mark.parametrize("made", [zipped, synthesize], ids=["hcl", "cdk"])


@pytest.mark.slow
@either_way
def test_handed_out_it_deploys_and_every_missing_part_has_a_line_that_helps(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path, made: Made
) -> None:
    terraform = Terraform(made(PROJECT, tmp_path / "project"), aws_sandbox, fresh_account)
    terraform.apply()
    env = environment(aws_sandbox, fresh_account)
    checked = grader("check", "--json", "report.json", cwd=tmp_path, env=env)
    assert checked.returncode == 1, checked.stderr
    assert not_shown(PROJECT / "README.md", "Score: 3 of 20", checked.stdout) == []
    french = grader("check", "--lang", "fr", cwd=tmp_path, env=env)
    assert not_shown(PROJECT / "README.md", "Note : 3 sur 20", french.stdout) == []
    code = aws_sandbox.client("lambda", fresh_account).get_function(FunctionName="first_lambda")
    assert code["Configuration"]["Runtime"] == "python3.13"
    if made is synthesize:
        # Two students who have not begun yet are not called copies of each other.
        known = load_rubric(default_rubric_path(), None).lab.known_code
        assert code["Configuration"]["CodeSha256"] in known
    report = json.loads((tmp_path / "report.json").read_bytes())
    by_status: dict[str, list[dict[str, str]]] = {}
    for result in report["criteria"]:
        by_status.setdefault(result["status"], []).append(result)
    assert report["status"] == "graded"
    assert report["score"] == 3
    assert "ungraded" not in by_status
    failed = {result["id"] for result in by_status["failed"]}
    assert failed >= {"timeout", "environment", "input-queue", "output-queue", "schedule"}
    assert all(result["message"] and result["hint"] for result in by_status["failed"])
    assert all(result["because"] in failed for result in by_status["blocked"])


@pytest.mark.slow
@either_way
def test_all_that_is_missing_can_be_deployed_at_once_over_what_was_handed_out(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path, made: Made
) -> None:
    # The provider gives up where a function that is there gets its first environment in the apply that
    # also makes the queue named in it.
    project = tmp_path / "project"
    terraform = Terraform(made(PROJECT, project), aws_sandbox, fresh_account)
    terraform.apply()
    made(REFERENCE, project)
    terraform.apply()
    env = environment(aws_sandbox, fresh_account)
    checked = grader("check", cwd=tmp_path, env=env)
    assert "Score: 20 of 20 points" in checked.stdout, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", ["main.py", "opentofu/main.tf"])
def test_it_is_the_reference_with_parts_left_out(name: str) -> None:
    # What a student needs besides, and what is given, stay what the reference uses.
    template, reference = (
        (folder / name).read_text(encoding="utf-8").splitlines() for folder in (PROJECT, REFERENCE)
    )
    said = ("#", '"""')
    code = [line for line in template if line.strip() and not line.strip().startswith(said)]
    # The one value that a student changes; what is there besides is left out or right.
    given = {_spaced(line.replace('"TODO"', '"bar"')) for line in code}
    assert given - {_spaced(line) for line in reference} == set()


def _spaced(line: str) -> str:
    """Without what aligns it with its neighbours."""
    return " ".join(line.split())


def test_what_both_ways_share_is_the_references() -> None:
    for name in ("requirements.txt", "cdktf.json", ".gitignore"):
        assert (PROJECT / name).read_bytes() == (REFERENCE / name).read_bytes()


def test_both_ways_ask_for_the_same_seven_things() -> None:
    asked = [
        set(re.findall(r"TODO \d", (PROJECT / name).read_text(encoding="utf-8")))
        for name in ("main.py", "opentofu/main.tf")
    ]
    assert asked == [{f"TODO {number}" for number in range(1, 8)}] * 2


def test_the_code_is_zipped_by_one_command_whatever_the_shell() -> None:
    # In French and in English, in the environment that is active: there it is python on every system.
    template = zip_commands(PROJECT / "README.md")
    guide = zip_commands(ROOT / "docs/student.md")
    assert [command[0] for command in (*template, *guide)] == ["python"] * 4
    (reference,) = zip_commands(REFERENCE / "README.md")
    assert {tuple(command[1:]) for command in (*template, *guide)} == {tuple(reference[1:])}


@pytest.mark.parametrize("project", [PROJECT, REFERENCE], ids=lambda path: path.name)
def test_the_readme_quotes_what_powershell_would_split(project: Path) -> None:
    readme = (project / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^(?:terraform|tofu) .*$", readme, re.MULTILINE)
    assert commands
    assert [line for line in commands if re.search(r"\s-\w+=\S*\.", line)] == []


@pytest.mark.parametrize("project", [PROJECT, REFERENCE], ids=lambda path: path.name)
def test_the_hcl_is_written_as_the_tools_format_it(project: Path) -> None:
    need("terraform")
    done = run(["terraform", "fmt", "-check", "-diff", "-no-color", project / HCL])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("project", [PROJECT, REFERENCE], ids=lambda path: path.name)
def test_the_hcl_reaches_any_aws_and_names_no_endpoint(project: Path) -> None:
    # Where the AWS is, the environment says: the same file serves the sandbox and a student's account.
    stack = (project / HCL / "main.tf").read_text(encoding="utf-8")
    assert "endpoint" not in stack
    assert "skip_" not in stack
    assert 'version = ">= 5.0"' in stack
