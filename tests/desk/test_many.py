"""A whole class at the desk: five hundred at once, and the same grades as by a batch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from grader.model.report import read_report
from grader.sandbox.cohort import COHORT, deploy_all, write_cohort_roster
from tests.batch.killed_batches import SUBMISSIONS
from tests.desk.conftest import NOWHERE
from tests.desk.desks import block, desk, roster
from tests.programs import command, run

if TYPE_CHECKING:
    from pathlib import Path

    from grader.model.report import Report
    from grader.sandbox.server import Sandbox
    from grader.sandbox.submission import DemoSubmission

MANY = 500


def told(report: Report) -> list[object]:
    """What a grade says, without when it was given and what was sent for it."""
    return [
        report.score,
        report.account_id,
        report.flags,
        *((one.id, one.status, one.points) for one in report.criteria),
    ]


def same_as_batch(
    tmp_path: Path, sandbox: Sandbox, submissions: tuple[DemoSubmission, ...], at_once: int
) -> None:
    accounts = deploy_all(sandbox, submissions)
    written = write_cohort_roster(tmp_path / "batch.csv", sandbox, submissions, accounts)
    options = ["--out", "batch", "--confirm-silence", "0"]
    run(command("batch", written, *options), cwd=tmp_path)
    rows = [
        {"student_id": one.name, "name": one.description, "email": f"{one.name}@example.org"}
        for one in submissions
    ]
    with desk(roster(tmp_path, rows), sandbox) as opened, ThreadPoolExecutor(at_once) as browsers:
        ended = browsers.map(
            lambda one: opened.graded(one.name, block(accounts[one.name])), submissions
        )
        states = dict(zip([one.name for one in submissions], ended, strict=True))
    for one in submissions:
        name = one.name
        where = "students", name, "report.json"
        graded = read_report(tmp_path.joinpath("batch", *where))
        here = read_report(tmp_path.joinpath("results", *where))
        assert states[name]["state"] == "done", states[name]
        assert told(here) == told(graded)
        assert states[name]["score"] == graded.score == one.points


@pytest.mark.slow
def test_a_grade_is_the_same_as_by_a_batch(tmp_path: Path, aws_sandbox: Sandbox) -> None:
    few = tuple(one for one in SUBMISSIONS if not one.shares_account_with)
    same_as_batch(tmp_path, aws_sandbox, few[:4], 4)


@pytest.mark.slow
def test_every_grade_of_the_cohort_is_the_same_as_by_a_batch(
    tmp_path: Path, aws_sandbox: Sandbox
) -> None:
    whole = tuple(
        one
        for one in COHORT
        if not one.shares_account_with
        and not one.endpoint_url
        and one.deployed
        # It answers its first two invocations of all, and the batch has had these.
        and one.handler != "first_two_only"
    )
    names = {one.shares_account_with for one in COHORT}
    same_as_batch(tmp_path, aws_sandbox, tuple(one for one in whole if one.name not in names), 12)


@pytest.mark.slow
def test_five_hundred_students_at_once_are_answered(tmp_path: Path) -> None:
    """All hand in within a moment; AWS is nowhere, so that it is the desk that is measured."""
    rows = [{"student_id": f"s{number:03}", "name": f"S {number}"} for number in range(MANY)]
    where = ["--endpoint-url", NOWHERE, "--jobs", "8"]
    with desk(roster(tmp_path, rows), None, *where) as opened:

        def comes(name: str) -> None:
            student = opened.student(name)
            answer = student.hand_in(block("1" * 12))
            assert answer.status == 303, answer.text[:300]
            assert student.over(1200)["state"] == "refused"

        with ThreadPoolExecutor(MANY) as crowd:
            for done in [crowd.submit(comes, row["student_id"]) for row in rows]:
                done.result()
        assert opened.instructor().get("/board").status == 200
