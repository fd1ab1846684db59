"""The matrix of faults leaves out nothing that the grader asks AWS."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

import grader
from tests.faults.matrix import (
    OPERATIONS,
    as_instructor,
    prepare,
    rubric_of,
    visit,
    without_waiting,
)
from tests.faults.test_elsewhere import ACCOUNTS as ELSEWHERE
from tests.wire_faults import Wire

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox

WITHOUT_ROOM = {"lambda.GetFunctionConcurrency"}
"""Asked where Lambda has no room for the function: ``tests/observe/test_concurrency.py``."""

NOT_GRADING = {"sandbox", "doctor"}
"""Deploys into an AWS of its own; asks for ``grader doctor``."""


@pytest.mark.slow
def test_every_operation_that_the_grader_asks_for_is_in_the_matrix() -> None:
    tried = {operation.name for operation in OPERATIONS} | set(ELSEWHERE) | WITHOUT_ROOM
    asked = _operations()
    assert {"lambda.Invoke", "sqs.ReceiveMessage"} <= asked
    assert asked - tried == set()


@pytest.mark.slow
def test_every_operation_of_a_right_account_is_in_the_matrix(aws_sandbox: Sandbox) -> None:
    for kind in {operation.account for operation in OPERATIONS}:
        account, wire = prepare(aws_sandbox, kind), Wire()
        with as_instructor(), without_waiting():
            visit(aws_sandbox, kind, account, rubric_of(kind), wire)
        tried = {o.name for o in OPERATIONS}
        assert set(wire.requests) <= tried, kind
        assert {o.name for o in OPERATIONS if o.account == kind} <= set(wire.requests), kind


def _operations() -> set[str]:
    """What the package calls by a name that boto3 gives to an operation of AWS."""
    package = Path(grader.__file__).parent
    nodes = [
        node
        for module in package.rglob("*.py")
        if module.relative_to(package).parts[0] not in NOT_GRADING
        for node in ast.walk(ast.parse(module.read_text()))
    ]
    session = boto3.Session(region_name="us-east-1")
    known: dict[str, str] = {}
    for service in {_service(node) for node in nodes} - {""}:
        meta = session.client(service).meta
        wired = meta.service_model.service_id.hyphenize()
        known |= {word: f"{wired}.{name}" for word, name in meta.method_to_api_mapping.items()}
    return {known[word] for word in map(_word, nodes) if word in known}


def _service(node: ast.AST) -> str:
    """Whose client is made here, if one is."""
    match node:
        case ast.Call(
            ast.Attribute(attr="_client" | "make" | "client"), [ast.Constant(str(name)), *_]
        ):
            return name
    return ""


def _word(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
