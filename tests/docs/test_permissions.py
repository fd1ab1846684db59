"""What the grader asks of an account is in the policy that its guide shows, and nothing beside it."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.observing import lab, observe_sandbox_account
from tools.generate_contracts import ROOT
from tools.generate_reference import DOCS

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire

ACTION = re.compile(r"(?:lambda|sqs|sts|events|scheduler|logs|kms|iam|dynamodb|s3):[A-Z]\w+")
ASKING = ("aws", "doctor", "observe", "resources")
ALWAYS_ALLOWED = {"sts:GetCallerIdentity"}
OF_A_ROLE = {"sts:AssumeRole"}
"""Who assumes the role needs it, not the role; the guide says so."""

GUIDE = DOCS / "permissions.md"


def policies() -> list[set[str]]:
    """The actions of each policy that the guide shows."""
    blocks = re.findall(r"^```json\n(.*?)^```$", GUIDE.read_text("utf-8"), re.M | re.S)
    return [
        {action for one in json.loads(block)["Statement"] for action in one["Action"]}
        for block in blocks
    ]


def named_in(path: Path) -> set[str]:
    """The IAM actions that a module names."""
    texts = (
        n.value for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Constant)
    )
    return {text for text in texts if isinstance(text, str) and ACTION.fullmatch(text)}


def test_the_policy_has_every_action_that_the_source_names_and_no_other() -> None:
    whole, _looking = policies()
    paths = [path for room in ASKING for path in (ROOT / "grader" / room).rglob("*.py")]
    named = {action for path in paths for action in named_in(path)}
    assert named - ALWAYS_ALLOWED - OF_A_ROLE == whole, (
        "name it in the Kind's actions or EXERCISING"
    )


def test_looking_takes_nothing_that_acts() -> None:
    whole, looking = policies()
    assert looking < whole
    assert {
        action for action in looking if not re.search(r":(Get|List|Describe|Decrypt)", action)
    } == set()


@pytest.mark.slow
@pytest.mark.parametrize("may_exercise", [True, False])
def test_what_is_really_asked_is_in_the_policy(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, may_exercise: bool
) -> None:
    observe_sandbox_account(
        aws_sandbox, reference_account, rubric=lab(), wire=wire, may_exercise=may_exercise
    )
    whole, looking = policies()
    asked = {as_action(operation) for operation in wire.requests} - ALWAYS_ALLOWED
    assert "lambda:GetFunctionConfiguration" in asked
    assert asked <= (whole if may_exercise else looking)
    assert ("lambda:InvokeFunction" in asked) == may_exercise


def as_action(operation: str) -> str:
    """The IAM action of an operation. Source: the actions of each service in IAM's reference."""
    service, _, name = operation.partition(".")
    service = {"cloudwatch-logs": "logs", "eventbridge": "events"}.get(service, service)
    name = "InvokeFunction" if name == "Invoke" else name.removesuffix("Batch")
    return f"{service}:{name}"
