"""Operations that only accounts with something wrong, or other rubrics, lead to: never a lost point."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.matrix import (
    FAULTS,
    Cell,
    Operation,
    reported,
    without_waiting,
)
from tests.observing import hand_in, lab, observe_sandbox_account
from tests.wire_faults import Wire

if TYPE_CHECKING:
    from grader.model.report import CriterionResult
    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

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
NEAREST = [cell for cell in CELLS if ".List" in cell.operation.name]
"""What tells the name that comes near to a missing one."""

FOUND_BY = {"sqs.ListQueues"}
"""What finds a resource of another name than the rubric's, by the part it plays."""

LANES = 6
"""Accounts that each operation is tried in at once."""


Disturbance = tuple[Cell, bool]
"""A fault, and whether it stays."""


@pytest.fixture(scope="module")
def came(aws_sandbox: Sandbox) -> dict[str | Disturbance, dict[str, CriterionResult]]:
    """What each account comes to, undisturbed (by the operation's name) and with every fault."""
    rubric = lab(pairs=1, deadline_s=60)

    def observe(disturbances: list[Disturbance | None], name: str) -> list[Any]:
        account = aws_sandbox.new_account()
        hand_in(aws_sandbox, account, **ACCOUNTS[name])
        seen = []
        for attempt, disturbance in enumerate(disturbances, 1):
            wire = Wire()
            if disturbance:
                cell, for_ever = disturbance
                wire.play(name, cell.answer, always=for_ever)
            if name == "sqs.ChangeMessageVisibility":
                sqs = aws_sandbox.client("sqs", account)
                url = sqs.get_queue_url(QueueName="input_queue")["QueueUrl"]
                sqs.send_message(QueueUrl=url, MessageBody="of somebody else")
            observed = observe_sandbox_account(
                aws_sandbox, account, rubric=rubric, wire=wire, attempt=attempt
            )
            assert name in wire.requests
            seen.append((disturbance or name, (observed, wire)))
        return seen

    both = [(cell, for_ever) for cell in CELLS for for_ever in (False, True)]
    of = {name: [None, *(d for d in both if d[0].operation.name == name)] for name in ACCOUNTS}
    lanes = [(of[name][start::LANES], name) for name in ACCOUNTS for start in range(LANES)]
    with ThreadPoolExecutor(len(lanes)) as threads, without_waiting():
        observing = [threads.submit(observe, *lane) for lane in lanes]
        named = [one for lane in observing for one in lane.result()]
    judged = reported(rubric, [seen for _, seen in named])
    return {
        name: {result.id: result for result in one.report.criteria}
        for (name, _), one in zip(named, judged, strict=True)
    }


@pytest.mark.parametrize("for_ever", [False, True], ids=["once", "for-ever"])
@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_what_is_only_asked_for_a_better_message_costs_nothing(
    came: Any, cell: Cell, for_ever: bool
) -> None:
    undisturbed, disturbed = came[cell.operation.name], came[cell, for_ever]
    assert "failed" in {result.status for result in undisturbed.values()}
    changed = [one for one in disturbed.values() if one.status != undisturbed[one.id].status]
    assert {one.status for one in changed} <= {"ungraded"}
    # Credentials that are refused end the questions. Without the list nobody knows whether another
    # queue plays the part, which is the grader's to settle. Nothing else changes anything.
    found_by_it = cell.operation.name in FOUND_BY
    assert not changed or cell.fault.kind == "credentials" or found_by_it
    assert {one.open_by for one in changed} <= {"grader"}


@pytest.mark.parametrize("cell", [c for c in NEAREST if c.fault.repeated], ids=str)
def test_a_fault_that_comes_once_leaves_the_message_as_good(came: Any, cell: Cell) -> None:
    undisturbed, disturbed = came[cell.operation.name], came[cell, False]
    assert [one.message for one in disturbed.values()] == [
        one.message for one in undisturbed.values()
    ]
