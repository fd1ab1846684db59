"""Whatever emulates AWS, looking comes to the same status and points of all that it decides."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.batch import Student
from grader.observe.account import observe
from grader.observe.identity import observe_identity
from grader.resources.kinds import KINDS
from grader.resources.ready import Waits
from grader.safety.secret import Secret
from grader.sandbox.cohort import COHORT, write_cohort_roster
from grader.sandbox.deploy import deploy
from grader.sandbox.layout import PERIODIC_FUNCTION
from grader.sandbox.submission import DemoSubmission
from grader.scoring.score import score
from tests.emulators.conftest import BOTH, MOTO_AND_SLOWLY_MINISTACK
from tests.known_checks import known_checks, needs_of_rubric
from tests.observing import lab
from tests.programs import environment, grader

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox
    from tests.emulators.moto_server import Moto
    from tests.judges import Judge

    Either = Moto | Sandbox
    Verdicts = dict[str, tuple[str, float | None]]

RUN = {"handler", "records", "sums"}
"""Criteria that only running the function decides."""

ALL = {one.id: one for one in lab().criteria if one.id not in RUN}


def also(name: str, points: float, *failed: str, **differences: Any) -> DemoSubmission:
    return DemoSubmission(
        name=name, description=name, points=points, failed=frozenset(failed), **differences
    )


RIGHT = {"reference", "rule-and-schedule"}
LOOKED_AT = (
    *(one for one in COHORT if (one.deployed or one.untouched) and one.failed & ALL.keys()),
    *(one for one in COHORT if one.name in RIGHT),
    also("scheduler", 20, periodic="scheduler"),
    also("no-permission", 17, "schedule", periodic="rule-without-permission"),
    also("unscheduled", 17, "schedule", periodic="unscheduled"),
)
QUICK = {"reference", "schedule-ended"}
"""Those that are not slow in the sandbox: the rest of the cohort sits its exam elsewhere too."""

EACH = [
    pytest.param(
        emulator,
        one,
        marks=(
            [pytest.mark.sandbox, *([] if one.name in QUICK else [pytest.mark.slow])]
            if emulator == "ministack"
            else [pytest.mark.moto]
        ),
        id=f"{emulator}-{one.name}",
    )
    for emulator in ("moto", "ministack")
    for one in LOOKED_AT
]


def expected(submission: DemoSubmission) -> Verdicts:
    """What a submission's looked-at criteria come to, as the cohort's own lines say it."""
    return {
        name: ("failed", 0.0)
        if name in submission.failed
        else ("blocked", 0.0)
        if name in submission.blocked
        else ("passed", float(criterion.points))
        for name, criterion in ALL.items()
    }


def handed_in(emulator: Either, submission: DemoSubmission) -> str:
    account = emulator.new_account()
    deploy(emulator, account, submission)
    return account


def verdicts(emulator: Either, account: str, judge: Judge) -> Verdicts:
    given = emulator.credentials(account)
    token = given.get("aws_session_token")
    keys = Keys(
        Secret(given["aws_access_key_id"]),
        Secret(given["aws_secret_access_key"]),
        Secret(token) if token else None,
    )
    aws = Aws(Clients(), keys, emulator.region, emulator.endpoint_url)
    rubric = lab()
    seen = observe(
        aws,
        rubric,
        needs_of_rubric(rubric),
        KINDS,
        observe_identity(aws, account),
        seed=1,
        attempt=1,
        may_exercise=False,
        waits=Waits(threading.Event()),
    )
    aws.close()
    (outcomes,) = judge.judge(rubric, [seen])
    report = score(Student("s"), seen, outcomes, rubric, known_checks())
    return {one.id: (one.status, one.points) for one in report.criteria if one.id in ALL}


@pytest.mark.parametrize(("emulator", "submission"), EACH, indirect=["emulator"])
def test_what_looking_decides_comes_to_what_the_cohort_says(
    emulator: Either, judge: Judge, submission: DemoSubmission
) -> None:
    account = handed_in(emulator, submission)
    assert verdicts(emulator, account, judge) == expected(submission)


def test_there_are_a_dozen_wrong_ones_of_every_looked_at_criterion() -> None:
    failed = [one.failed & ALL.keys() for one in LOOKED_AT]
    assert sum(map(bool, failed)) >= 12
    assert frozenset().union(*failed) == ALL.keys()


@pytest.mark.parametrize("emulator", BOTH, indirect=True)
def test_a_permission_for_another_accounts_rules_is_none(emulator: Either, judge: Judge) -> None:
    account = handed_in(emulator, also("x", 17, periodic="rule-without-permission"))
    functions = emulator.client("lambda", account)
    allow = {
        "FunctionName": PERIODIC_FUNCTION,
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
    }
    functions.add_permission(**allow, StatementId="theirs", SourceAccount="9" * 12)
    assert verdicts(emulator, account, judge)["schedule"] == ("failed", 0.0)
    functions.add_permission(**allow, StatementId="mine", SourceAccount=account)
    assert verdicts(emulator, account, judge)["schedule"] == ("passed", 3.0)


def program(emulator: Either, account: str) -> dict[str, str]:
    keys = {name.upper(): value for name, value in emulator.credentials(account).items()}
    return environment(AWS_ENDPOINT_URL=emulator.endpoint_url, **keys)


@pytest.mark.parametrize("emulator", MOTO_AND_SLOWLY_MINISTACK, indirect=True)
def test_check_that_only_looks_says_the_same(emulator: Either, tmp_path: Path) -> None:
    wrong = next(one for one in LOOKED_AT if one.name == "memory-256")
    account = handed_in(emulator, wrong)
    done = grader(
        *("check", "--no-exchange", "--json", "-"), cwd=tmp_path, env=program(emulator, account)
    )
    report = json.loads(done.stdout)
    assert report["account_id"] == account
    found = {one["id"]: (one["status"], one["points"]) for one in report["criteria"]}
    assert {name: found[name] for name in ALL} == expected(wrong)
    assert {found[name][1] for name in RUN} == {None}


@pytest.mark.parametrize("emulator", MOTO_AND_SLOWLY_MINISTACK, indirect=True)
def test_doctor_says_the_same(emulator: Either, tmp_path: Path) -> None:
    some = [
        next(one for one in LOOKED_AT if one.name == name)
        for name in ("reference", "untouched", "periodic-absent")
    ]
    accounts = {one.name: handed_in(emulator, one) for one in some}
    write_cohort_roster(tmp_path / "class.csv", emulator, some, accounts)
    done = grader("doctor", "class.csv", cwd=tmp_path, env=environment())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing to fix" in done.stdout
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    for one, functions in zip(some, (2, 0, 1), strict=True):
        assert accounts[one.name] in lines[one.name]
        assert f" {functions} of 2 " in lines[one.name]
