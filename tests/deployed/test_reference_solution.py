"""The reference solution, walked as a student walks it, by either way: deployed, graded, destroyed."""

from __future__ import annotations

import json
import re
import shutil
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.deployed.terraform import HCL, ROOT, Terraform, need, synthesize, zipped
from tests.programs import environment, grader, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from grader.sandbox.server import Sandbox

PROJECT = ROOT / "reference_solution"
COMMITTED = PROJECT / "terraform"


def files(folder: Path) -> dict[str, object]:
    """What is in a stack's folder, by name; an archive as its members."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                found[name] = {member: archive.read(member) for member in archive.namelist()}
        elif path.suffix == ".json":
            found[name] = json.loads(path.read_bytes())
    return found


@pytest.mark.slow
def test_the_committed_terraform_is_what_synthesis_gives(tmp_path: Path) -> None:
    need("node", "cdktn")
    done = run([sys.executable, PROJECT / "synthesize.py", tmp_path / "terraform"])
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "terraform") == files(COMMITTED)


def test_the_committed_terraform_names_no_machine() -> None:
    stack = (COMMITTED / "cdk.tf.json").read_text(encoding="utf-8")
    values = [part for part in stack.split('"') if part.startswith("/") and part != "//"]
    assert values == []
    assert str(ROOT) not in stack


def test_no_account_number_stands_in_the_code() -> None:
    # Twelve digits in a row are an account, wherever they stand.
    for path in (PROJECT / "main.py", COMMITTED / "cdk.tf.json", PROJECT / HCL / "main.tf"):
        runs = "".join(c if c.isdigit() else " " for c in path.read_text(encoding="utf-8")).split()
        assert not [run for run in runs if len(run) == 12], path


@pytest.mark.slow
@pytest.mark.parametrize("made", [zipped, synthesize], ids=["hcl", "cdk"])
def test_applied_and_graded_it_earns_everything_and_destroyed_nothing(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path, made: Callable[[Path, Path], Path]
) -> None:
    terraform = Terraform(made(PROJECT, tmp_path / "project"), aws_sandbox, fresh_account)
    env = environment(aws_sandbox, fresh_account)

    terraform.apply()
    applied = grader("check", "--json", "report.json", cwd=tmp_path, env=env)
    assert "Score: 20 of 20 points" in applied.stdout, applied.stdout + applied.stderr
    assert applied.returncode == 0
    assert json.loads((tmp_path / "report.json").read_bytes())["flags"] == []
    functions = aws_sandbox.client("lambda", fresh_account).list_functions()["Functions"]
    assert {function["Runtime"] for function in functions} == {"python3.13"}

    terraform.destroy()
    destroyed = grader("check", cwd=tmp_path, env=env)
    assert "Score: 0 of 20 points" in destroyed.stdout, destroyed.stdout + destroyed.stderr
    assert destroyed.returncode == 1


CALCULATOR = """\
import json
import re
import shutil
import os

import boto3

sqs = boto3.client("sqs")
OPERATIONS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


def lambda_handler(event, context):
    for record in event["Records"]:
        message = json.loads(record["body"])
        result = OPERATIONS[message["operation"]](message["number1"], message["number2"])
        sqs.send_message(
            QueueUrl=os.environ["OUTPUT_QUEUE_URL"], MessageBody=json.dumps({"result": result})
        )
"""
"""A right solution of the course's graded lab."""

RIGHT = 'OPERATIONS[message["operation"]](message["number1"], message["number2"])'
ONLY_ADDS = 'message["number1"] + message["number2"]'

OWN_NAMES = {
    "first_lambda": "calculatrice",
    "input_queue": "file-des-demandes",
    "output_queue": "file-des-resultats",
}


def calculator(folder: Path, code: str) -> Path:
    """The reference's project with a calculator for code, its resources under names of one's own."""
    shutil.copytree(PROJECT, folder)
    (folder / "lambda" / "lambda_function.py").write_text(code, encoding="utf-8")
    for stack in (folder / "main.py", folder / HCL / "main.tf"):
        text = stack.read_text(encoding="utf-8")
        for name, own in OWN_NAMES.items():
            text = re.sub(rf'(name\s*=\s*)"{name}"', rf'\1"{own}"', text)
        stack.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("made", [zipped, synthesize], ids=["hcl", "cdk"])
def test_a_calculator_under_names_of_its_own_earns_everything_and_its_mistake_its_points(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path, made: Callable[[Path, Path], Path]
) -> None:
    env = environment(aws_sandbox, fresh_account)
    for code, score in ((CALCULATOR, "20"), (CALCULATOR.replace(RIGHT, ONLY_ADDS), "12.75")):
        project = calculator(tmp_path / f"own-{score}", code)
        stack = made(project, tmp_path / "project")
        Terraform(stack, aws_sandbox, fresh_account).apply()
        checked = grader("check", "--rubric", "calculator", cwd=tmp_path, env=env)
        assert f"Score: {score} of 20 points" in checked.stdout, checked.stdout + checked.stderr
    functions = aws_sandbox.client("lambda", fresh_account).list_functions()["Functions"]
    assert "calculatrice" in {function["FunctionName"] for function in functions}
