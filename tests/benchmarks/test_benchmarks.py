"""The benchmarks still run, on classes too small to measure anything."""

from __future__ import annotations

import csv
from threading import Event
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from benchmarks import (
    account,
    bare,
    check,
    engines,
    growth,
    loaded,
    regrading,
    rows,
    whole_class,
)
from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.observe.account import observe
from grader.observe.identity import observe_identity
from grader.resources.kinds import KINDS
from grader.resources.ready import Waits
from grader.safety.secret import Secret
from grader.sandbox.cohort import COHORT, write_cohort_roster
from tests.known_checks import needs_of_rubric
from tests.observing import lab

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

TINY: dict[Callable[[list[str]], None], tuple[str, str]] = {
    account.main: ("--accounts=2 --jobs=2 --repeat=1", "ms each"),
    check.main: ("--only=right --only=raises --repeat=1", "raises"),
    engines.main: ("--accounts=2 --jobs=2 --repeat=1", "dask"),
    growth.main: ("2", "/slowest"),
    loaded.main: ("2 3 --jobs=2", "judge ms"),
    regrading.main: ("--students=20 --observed=2 --repeat=1", "a corrected"),
    rows.main: ("4 6 --observed=2", "flags, one account"),
    whole_class.main: ("--students=2 --jobs=2 --right=1 --workers=1", "one by one"),
}


@pytest.fixture
def session() -> tuple[boto3.Session, list[str]]:
    """A session, and the operations that its clients ask for."""
    asked: list[str] = []

    def note(model: Any, **_: Any) -> None:
        asked.append(f"{model.service_model.service_name}:{model.name}")

    noting = boto3.Session()
    noting.events.register("before-call", note)
    return noting, asked


@pytest.mark.parametrize("command", TINY, ids=lambda command: command.__module__)
def test_it_runs_and_prints_a_table_that_fits(
    command: Callable[[list[str]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    options, shown = TINY[command]
    command(options.split())
    said = capsys.readouterr().out.splitlines()
    assert any(shown in line for line in said)
    assert all(len(line) <= 80 for line in said)


def test_the_bare_loop_makes_the_calls_that_the_grader_makes(
    aws_sandbox: Sandbox,
    reference_account: str,
    session: tuple[boto3.Session, list[str]],
    tmp_path: Path,
) -> None:
    noting, asked = session
    keys = Keys(Secret(reference_account), Secret("test"))
    aws = Aws(Clients(noting), keys, aws_sandbox.region, aws_sandbox.endpoint_url)
    identity = observe_identity(aws, None)
    needs = needs_of_rubric(lab())
    observe(
        aws,
        lab(),
        needs,
        KINDS,
        identity,
        seed=1,
        attempt=1,
        may_exercise=True,
        waits=Waits(Event()),
    )
    aws.close()
    graders = sorted(asked)
    asked.clear()

    path = write_cohort_roster(
        tmp_path / "class.csv", aws_sandbox, COHORT[:1], {"reference": reference_account}
    )
    with path.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert bare.account(noting, row)
    # How often one must poll is the sandbox's affair.
    assert _but_polls(sorted(asked)) == _but_polls(graders)


def _but_polls(asked: list[str]) -> list[str]:
    return [one for one in asked if one != "sqs:ReceiveMessage"]
