"""The grader beside a sandbox that runs in an environment of its own, with another boto3."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.programs import background, environment, grader, read_to

if TYPE_CHECKING:
    from pathlib import Path

SANDBOX = "SANDBOX_GRADER"
"""Names the ``grader`` of an environment that has ministack; ``.ci/run`` gives it."""


@pytest.mark.skipif(SANDBOX not in os.environ, reason=f"{SANDBOX} names no other environment")
def test_the_reference_in_a_sandbox_of_another_environment_gets_all_points(tmp_path: Path) -> None:
    line = [os.environ[SANDBOX], "sandbox", "--deploy", "reference"]
    with background(line, cwd=tmp_path) as served:
        exports = read_to(served.stdout, "AWS_DEFAULT_REGION=").splitlines()
        given = dict(one.removeprefix("export ").split("=", 1) for one in exports)
        done = grader("check", cwd=tmp_path, env=environment(**given))
    assert (done.returncode, "Score: 20 of 20 points" in done.stdout) == (0, True), done.stderr
