"""A fault that stays: what needs the answer is ungraded with its reason; never a lost point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.matrix import CELLS, NOTHING, Came, Cell, assert_only, parameters, run

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def came(aws_sandbox: Sandbox) -> dict[Cell, Came]:
    return run(aws_sandbox, CELLS, for_ever=True)


def open_criteria(cell: Cell) -> frozenset[str]:
    if cell.fault.kind == "credentials":
        return cell.operation.later
    if cell.fault.name == "malformed-body" and cell.operation.name == "lambda.Invoke":
        return NOTHING  # what a function returns is its own affair
    return cell.operation.needs


@pytest.mark.parametrize("cell", parameters())
def test_a_fault_that_stays_leaves_what_needs_the_answer_ungraded(
    came: dict[Cell, Came], cell: Cell
) -> None:
    assert cell.operation.name in came[cell].requests
    assert_only(came[cell], open_criteria(cell), cell.fault.kind)
