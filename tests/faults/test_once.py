"""A fault that comes once: survived, or ungraded where nobody may ask again; never a lost point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.matrix import CELLS, NOTHING, Came, Cell, assert_only, came_of, parameters

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def came(aws_sandbox: Sandbox) -> dict[Cell, Came]:
    return came_of(aws_sandbox, CELLS, for_ever=False)


def open_criteria(cell: Cell) -> frozenset[str]:
    """What stays ungraded: a refusal is not asked about again."""
    if cell.fault.repeated:
        return NOTHING
    if cell.fault.kind == "credentials":
        return cell.operation.later
    return cell.operation.first


@pytest.mark.parametrize("cell", parameters())
def test_a_fault_that_comes_once_costs_no_point(came: dict[Cell, Came], cell: Cell) -> None:
    assert cell.operation.name in came[cell].requests
    assert_only(came[cell], open_criteria(cell), cell.fault.kind)


@pytest.mark.parametrize("cell", [c for c in CELLS if c.fault.kind == "credentials"], ids=str)
def test_credentials_that_were_refused_once_are_not_tried_again(
    came: dict[Cell, Came], cell: Cell
) -> None:
    assert came[cell].requests[-1] == cell.operation.name
    assert came[cell].requests.count(cell.operation.name) == cell.operation.after + 1
