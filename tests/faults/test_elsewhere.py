"""Operations that only accounts with something wrong, or other rubrics, lead to: never a lost point."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

import grader.observe
from tests.faults.matrix import (
    DIFFERENCES,
    FAULTS,
    OPERATIONS,
    Cell,
    Operation,
    reported,
    without_waiting,
)
from tests.looking import hand_in, lab, look
from tests.wire import Wire

if TYPE_CHECKING:
    from grader.report import Report
    from grader.sandbox.server import Sandbox

ACCOUNTS: dict[str, dict[str, Any]] = {
    "lambda.ListFunctions": {"function": "frist_lambda"},
    "sqs.ListQueues": {"output_queue": "output-queue"},
    # A handler that writes to its own input queue, in which other messages lie.
    "sqs.ChangeMessageVisibility": {"handler": "own_queue", "mapping": "disabled"},
}
CELLS = [
    Cell(Operation(name, frozenset(), frozenset(), frozenset()), fault)
    for name in ACCOUNTS
    for fault in FAULTS
]
LANES = 4
"""Accounts that each operation is tried in at once."""

NEIGHBOURS = {
    # tests/observe/test_runs.py: a fault that passes, that stays, and a denial.
    "logs.FilterLogEvents",
}


@pytest.fixture(scope="module")
def came(aws_sandbox: Sandbox) -> dict[str, Report]:
    """What each account comes to, undisturbed (by the operation's name) and with every fault."""
    rubric = lab(pairs=1, deadline_s=3)

    def observe(cells: list[Cell | None], name: str) -> list[Any]:
        account = aws_sandbox.new_account()
        hand_in(aws_sandbox, account, **ACCOUNTS[name])
        seen = []
        for attempt, cell in enumerate(cells, 1):
            wire = Wire()
            if cell:
                wire.play(name, cell.answer, always=True)
            if name == "sqs.ChangeMessageVisibility":
                sqs = aws_sandbox.client("sqs", account)
                url = sqs.get_queue_url(QueueName="input_queue")["QueueUrl"]
                sqs.send_message(QueueUrl=url, MessageBody="of somebody else")
            observed = look(aws_sandbox, account, rubric=rubric, wire=wire, attempt=attempt)
            assert name in wire.requests
            seen.append((str(cell or name), (observed, wire)))
        return seen

    of = {name: [None, *(c for c in CELLS if c.operation.name == name)] for name in ACCOUNTS}
    lanes = [(of[name][start::LANES], name) for name in ACCOUNTS for start in range(LANES)]
    with ThreadPoolExecutor(len(lanes)) as threads, without_waiting():
        observing = [threads.submit(observe, *lane) for lane in lanes]
        named = [one for lane in observing for one in lane.result()]
    reports = reported(rubric, [seen for _, seen in named])
    return {name: one.report for (name, _), one in zip(named, reports, strict=True)}


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_what_is_only_asked_for_a_better_message_costs_nothing(
    came: dict[str, Report], cell: Cell
) -> None:
    undisturbed = {r.id: r.status for r in came[cell.operation.name].criteria}
    assert "failed" in undisturbed.values()
    disturbed = {r.id: r.status for r in came[str(cell)].criteria}
    changed = {name for name, status in disturbed.items() if status != undisturbed[name]}
    assert {disturbed[name] for name in changed} <= {"ungraded"}
    # Credentials that are refused end the questions; nothing else changes anything.
    assert not changed or cell.fault.kind == "credentials"


def test_every_operation_that_the_grader_asks_for_is_in_the_matrix() -> None:
    tried = {operation.name for operation in OPERATIONS} | set(ACCOUNTS) | NEIGHBOURS
    assert {name for name in _operations() if name.partition(".")[2] not in _names(tried)} == set()


def test_every_operation_of_a_right_account_is_in_the_matrix(aws_sandbox: Sandbox) -> None:
    for kind, differences in DIFFERENCES.items():
        account, wire = aws_sandbox.new_account(), Wire()
        hand_in(aws_sandbox, account, **differences)
        look(aws_sandbox, account, wire=wire, rubric=lab(pairs=1))
        assert set(wire.requests) <= {o.name for o in OPERATIONS}, kind


def _names(operations: set[str]) -> set[str]:
    return {operation.partition(".")[2] for operation in operations}


def _operations() -> set[str]:
    """What the modules that observe call by a name that boto3 gives to an operation of AWS."""
    session = boto3.Session(region_name="us-east-1")
    known: dict[str, str] = {}
    for service in ("sts", "lambda", "sqs", "events", "scheduler", "logs"):
        named = session.client(service).meta.method_to_api_mapping
        known |= {method: f"{service}.{operation}" for method, operation in named.items()}
    assert grader.observe.__file__
    return {
        known[word]
        for module in Path(grader.observe.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        for word in [_word(node)]
        if word in known
    }


def _word(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
