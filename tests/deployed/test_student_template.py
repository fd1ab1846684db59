"""The student template, as it is handed out: it deploys, it is graded, and every line helps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from grader.rubric import default_rubric_path, load_rubric
from tests.running import environment, grader
from tests.stacks import ROOT, Terraform, synthesize

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

PROJECT = ROOT / "student_template"


def test_handed_out_it_deploys_and_every_missing_part_has_a_line_that_helps(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    terraform = Terraform(synthesize(PROJECT, tmp_path), aws_sandbox, fresh_account)
    terraform.apply()
    env = environment(aws_sandbox, fresh_account)
    checked = grader("check", "--json", "report.json", cwd=tmp_path, env=env)
    assert checked.returncode == 1, checked.stderr
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


def test_it_is_the_reference_with_parts_left_out() -> None:
    # What a student needs to import, and what is given, stay what the reference uses.
    template, reference = (
        (ROOT / folder / "main.py").read_text(encoding="utf-8").splitlines()
        for folder in ("student_template", "reference_solution")
    )
    code = [line for line in template if line.strip() and not line.strip().startswith("#")]
    assert [line for line in code[1:] if line not in reference] == []
    for name in ("requirements.txt", "cdktf.json"):
        assert (PROJECT / name).read_bytes() == (ROOT / "reference_solution" / name).read_bytes()
