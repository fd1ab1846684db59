"""A class on the machines of somebody's cluster, reached by TLS."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from tests.class_rosters import CANARY, read_json, reports, roster
from tests.engines.machines import Machines, machines
from tests.programs import environment, grader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """A scheduler and two workers, which know a profile that nobody else does."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "aws").write_text(
        "[class]\naws_access_key_id = 222222222222\naws_secret_access_key = x\n"
    )
    with machines(folder / "machines") as running:
        for _ in range(2):
            running.worker(AWS_SHARED_CREDENTIALS_FILE=str(folder / "aws"))
        yield running


def test_a_class_is_graded_on_other_machines(
    others: Machines, aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(
        tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}", f"s2,Bo,,{aws_sandbox.new_account()}"
    )
    how = ("--engine", "dask", "--scheduler", others.address)
    done = grader("batch", path, *how, cwd=tmp_path, env=environment(**others.settings))
    assert done.returncode == 0, done.stderr
    assert {name: report.score for name, report in reports(tmp_path).items()} == {"s1": 20, "s2": 0}
    assert read_json(tmp_path / "results/students/s1/observation.json")["attempt"] == 1
    assert CANARY not in done.stdout + done.stderr + others.said()


def test_a_profile_is_read_where_the_account_is_visited(
    others: Machines, aws_sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,class\n")
    how = ("--engine", "dask", "--scheduler", others.address)
    how += ("--endpoint-url", aws_sandbox.endpoint_url)
    done = grader("batch", "class.csv", *how, cwd=tmp_path, env=environment(**others.settings))
    assert done.returncode == 0, done.stderr
    assert reports(tmp_path)["s1"].account_id == "222222222222"


def test_going_on_is_offered_with_the_command_that_does_it(
    others: Machines, aws_sandbox: Sandbox, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, "s1,Ann,,-")
    how = ("--engine", "dask", "--scheduler", others.address)
    env = environment(**others.settings)
    done = grader("batch", path, *how, cwd=tmp_path, env=env)
    assert done.returncode == 3
    offered = shlex.split(done.stderr.partition("again with: ")[2])
    assert offered[0] == "grader"
    assert others.address in offered
