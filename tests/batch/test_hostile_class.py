"""A class with an endpoint of every hostile mode: it ends in time, and the honest get their grades."""

from __future__ import annotations

import csv
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.class_rosters import reports
from tests.hostile_endpoint import MODES, ONE_OF_EACH_KIND, hostile
from tests.observing import hand_in
from tests.programs import grader

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from grader.model.report import Report
    from grader.sandbox.server import Sandbox

STARTS_S = 120
"""What the program takes beside: to start, to judge and to write."""


def graded(
    folder: Path, sandbox: Sandbox, honest: Sequence[str], modes: Collection[str], limit_s: int
) -> tuple[dict[str, Report], float, int]:
    """Every student's report, the seconds that the class took, and those an account may take."""
    with ExitStack() as endpoints:
        rows = [
            [
                f"bad-{number}",
                "AKIAAAAAAAAAAAAAAAAA",
                "b" * 40,
                endpoints.enter_context(hostile(mode)),
            ]
            for number, mode in enumerate(modes)
        ]
        rows += [[f"good-{one}", one, "test", sandbox.endpoint_url] for one in honest]
        with (folder / "class.csv").open("w", newline="") as file:
            write = csv.writer(file)
            columns = ("student_id", "aws_access_key_id", "aws_secret_access_key", "endpoint_url")
            write.writerows([columns, *rows])
        began = time.monotonic()
        options = ("--account-timeout", str(limit_s), "--confirm-silence", "0")
        done = grader("batch", "class.csv", *options, cwd=folder)
        assert done.returncode == 3, done.stderr
        return reports(folder), time.monotonic() - began, limit_s


def check_class(
    told: dict[str, Report], took_s: float, limit_s: int, modes: Collection[str]
) -> None:
    """The honest have all points, nobody else has a score, and it ended in time."""
    assert {name: one.score for name, one in told.items()} == {
        name: 20 if name.startswith("good") else None for name in told
    }
    assert took_s < limit_s + 15 + STARTS_S
    # A question alone might take longer than that: what ended it was the account's time.
    for number, mode in enumerate(modes):
        if mode.startswith("dribbling"):
            assert "--account-timeout" in told[f"bad-{number}"].criteria[0].message


@pytest.mark.slow
def test_a_class_with_a_hostile_endpoint_of_each_kind_ends_in_time(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    modes = ONE_OF_EACH_KIND
    check_class(*graded(tmp_path, aws_sandbox, [reference_account], modes, 100), modes)


@pytest.mark.slow
def test_a_class_with_every_hostile_endpoint_ends_in_time(
    aws_sandbox: Sandbox, tmp_path: Path
) -> None:
    honest = [aws_sandbox.new_account() for _ in range(5)]
    for account in honest:
        hand_in(aws_sandbox, account)
    check_class(*graded(tmp_path, aws_sandbox, honest, MODES, 120), MODES)
