"""The second way to deploy: the committed Terraform JSON, without Node."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.deployed.terraform import LEFT_BEHIND, ROOT, Terraform
from tests.programs import environment, grader

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox


@pytest.mark.slow
def test_half_applied_it_is_graded_as_it_stands_and_whole_it_earns_everything(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    committed = ROOT / "reference_solution" / "terraform"
    folder = shutil.copytree(committed, tmp_path / "terraform", ignore=LEFT_BEHIND)
    terraform = Terraform(folder, aws_sandbox, fresh_account)
    env = environment(aws_sandbox, fresh_account)

    # As after an apply that broke off: the periodic function is there, and its rule; no permission yet.
    terraform.apply("-target=aws_cloudwatch_event_target.periodic_target")
    half = grader("check", "--json", "half.json", cwd=tmp_path, env=env)
    report = json.loads((tmp_path / "half.json").read_bytes())
    found = {result["id"]: result["status"] for result in report["criteria"]}
    assert half.returncode == 1
    assert report["status"] == "graded"
    assert found["function"] == found["input-queue"] == found["schedule"] == "failed"
    assert "permission" in next(c["hint"] for c in report["criteria"] if c["id"] == "schedule")

    terraform.apply("-var", "runtime=python3.12")
    whole = grader("check", "--json", "whole.json", cwd=tmp_path, env=env)
    report = json.loads((tmp_path / "whole.json").read_bytes())
    assert "Score: 20 of 20 points" in whole.stdout, whole.stdout + whole.stderr
    assert next(c for c in report["criteria"] if c["id"] == "runtime")["status"] == "passed"
    functions = aws_sandbox.client("lambda", fresh_account).list_functions()["Functions"]
    assert {function["Runtime"] for function in functions} == {"python3.12"}
