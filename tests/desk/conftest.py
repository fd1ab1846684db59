from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.desk.desks import BETWEEN_S, OpenDesk, desk, roster
from tests.programs import environment, with_constants

if TYPE_CHECKING:
    from collections.abc import Iterator

NOWHERE = "http://127.0.0.1:9"
"""Nothing listens at the port of discard."""

STUDENTS = 40


@pytest.fixture(scope="module")
def desk_without_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDesk]:
    """A desk for what is answered without AWS; each test has a student of its own."""
    folder = tmp_path_factory.mktemp("desk")
    rows = [
        {
            "student_id": f"s{number:02}",
            "name": f"Student {number}",
            "email": f"s{number}@example.org",
        }
        for number in range(STUDENTS)
    ]
    site = with_constants(folder / "site", "desk", "grader.desk.runs", BETWEEN_S=BETWEEN_S)
    env = environment(PYTHONPATH=site)
    with desk(roster(folder, rows), None, "--endpoint-url", NOWHERE, env=env) as opened:
        yield opened
