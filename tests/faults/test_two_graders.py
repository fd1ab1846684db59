"""Two graders on one account at once: neither takes the other's messages for its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.looking import EMPTY, messages

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow


def test_two_graders_on_one_account_cost_nothing_and_leave_it_as_it_was(
    aws_sandbox: Sandbox, right: str, grade: Any
) -> None:
    def one(seed: int) -> Any:
        return grade(right, aws_sandbox.endpoint_url, seed=seed, pairs=2)

    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(one, (1, 2)))
    for report in reports:
        lost = [(r.id, r.status, r.message) for r in report.criteria if r.status != "passed"]
        assert report.score == 20, lost
    assert messages(aws_sandbox, right, "output_queue") == EMPTY
    assert messages(aws_sandbox, right, "input_queue") == EMPTY
