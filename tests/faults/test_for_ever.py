"""A fault that stays: what needs the answer is ungraded with its reason; never a lost point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.aws.clients import REQUEST_ATTEMPTS
from tests.faults.matrix import CELLS, NOTHING, Came, Cell, assert_only, came_of, parameters

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def came(aws_sandbox: Sandbox) -> dict[Cell, Came]:
    return came_of(aws_sandbox, CELLS, for_ever=True)


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


@pytest.mark.parametrize("cell", [c for c in CELLS if c.operation.account == "role"], ids=str)
def test_a_role_that_gives_no_keys_is_not_asked_for_again(
    came: dict[Cell, Came], cell: Cell
) -> None:
    name, requests = cell.operation.name, came[cell].requests
    asked = REQUEST_ATTEMPTS if cell.fault.repeated else 1
    assert (requests.count(name), requests[-1]) == (cell.operation.after + asked, name)
