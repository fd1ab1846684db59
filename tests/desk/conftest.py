from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.desk.desks import OpenDesk, desk, roster

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
    with desk(roster(folder, rows), None, "--endpoint-url", NOWHERE) as opened:
        yield opened
