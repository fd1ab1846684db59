"""The student template, as it is handed out: it deploys, it is graded, and every line helps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from grader.rubric.load import default_rubric_path, load_rubric
from tests.deployed.terraform import ROOT, Terraform, synthesize
from tests.docs.terminal_samples import not_shown
from tests.programs import environment, grader

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

PROJECT = ROOT / "student_template"
REFERENCE = ROOT / "reference_solution"


def test_handed_out_it_deploys_and_every_missing_part_has_a_line_that_helps(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    terraform = Terraform(synthesize(PROJECT, tmp_path / "project"), aws_sandbox, fresh_account)
    terraform.apply()
    env = environment(aws_sandbox, fresh_account)
    checked = grader("check", "--json", "report.json", cwd=tmp_path, env=env)
    assert checked.returncode == 1, checked.stderr
    assert not_shown(PROJECT / "README.md", "Score: 3 of 20", checked.stdout) == []
    french = grader("check", "--lang", "fr", cwd=tmp_path, env=env)
    assert not_shown(PROJECT / "README.md", "Note : 3 sur 20", french.stdout) == []
    code = aws_sandbox.client("lambda", fresh_account).get_function(FunctionName="first_lambda")

    # Two students who have not begun yet are not called copies of each other.
    known = load_rubric(default_rubric_path(), None).lab.known_code
    assert code["Configuration"]["CodeSha256"] in known
    report = json.loads((tmp_path / "report.json").read_bytes())
    by_status: dict[str, list[dict[str, str]]] = {}
    for result in report["criteria"]:
        by_status.setdefault(result["status"], []).append(result)
    assert report["status"] == "graded"
    assert 0 < report["score"] <= 4
    assert "ungraded" not in by_status
    failed = {result["id"] for result in by_status["failed"]}
    assert failed >= {"timeout", "environment", "input-queue", "output-queue", "schedule"}
    assert all(result["message"] and result["hint"] for result in by_status["failed"])
    assert all(result["because"] in failed for result in by_status["blocked"])


def test_all_that_is_missing_can_be_deployed_at_once_over_what_was_handed_out(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    # The provider gives up where a function that is there gets its first environment in the apply that
    # also makes the queue named in it.
    project = tmp_path / "project"
    terraform = Terraform(synthesize(PROJECT, project), aws_sandbox, fresh_account)
    terraform.apply()
    synthesize(REFERENCE, project)
    terraform.apply()
    env = environment(aws_sandbox, fresh_account)
    checked = grader("check", cwd=tmp_path, env=env)
    assert "Score: 20 of 20 points" in checked.stdout, checked.stdout + checked.stderr


def test_it_is_the_reference_with_parts_left_out() -> None:
    # What a student needs to import, and what is given, stay what the reference uses.
    template, reference = (
        (folder / "main.py").read_text(encoding="utf-8").splitlines()
        for folder in (PROJECT, REFERENCE)
    )
    code = [line for line in template if line.strip() and not line.strip().startswith("#")]
    # The one value that a student changes; what is in main.py besides is left out or right.
    given = [line.replace('"TODO"', '"bar"') for line in code[1:]]
    assert [line for line in given if line not in reference] == []
    for name in ("requirements.txt", "cdktf.json"):
        assert (PROJECT / name).read_bytes() == (REFERENCE / name).read_bytes()
