"""Credentials that expire while a class is being graded."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.clients import Clients
from grader.batch.plan import plan
from grader.batch.run import ClassRun
from grader.batch.settings import Settings
from grader.batch.setup import load_setup_and_roster
from grader.engines.threads import Threads
from grader.results.directory import Results
from grader.rubric.load import default_rubric_path
from tests.class_rosters import roster
from tests.observing import hand_in
from tests.wire_faults import Wire, _response, query, rest, rpc

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse

    from grader.model.report import Report
    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

_ACCOUNT = re.compile(r"Credential=([0-9]{12})/")
_EXPIRED = {
    "sts": query(403, "ExpiredToken"),
    "lambda": rest(403, "ExpiredTokenException"),
    "sqs": rpc(403, "ExpiredToken"),
    "eventbridge": rpc(400, "ExpiredTokenException"),
    "scheduler": rest(403, "ExpiredTokenException"),
}
ENDS = (
    "sts.GetCallerIdentity",
    "lambda.GetFunctionConfiguration",
    "sqs.GetQueueUrl",
    "eventbridge.ListRuleNamesByTarget",
    "lambda.Invoke",
    "sqs.SendMessage",
    "sqs.DeleteMessage",
    "sqs.ReceiveMessage",
)


class Expiring(Wire):
    """Credentials that are refused from an operation on, by account. Notes what each was asked then."""

    def __init__(self, ends: dict[str, str]) -> None:
        super().__init__()
        self.after: dict[str, list[str]] = defaultdict(list)
        self.asked: set[str] = set()
        self._ends = ends
        self.session.events.register_first("before-send", self._answer)

    def _answer(self, request: Any, event_name: str, **_given: Any) -> AWSResponse | None:
        signed = request.headers["Authorization"]
        found = _ACCOUNT.search(signed.decode() if isinstance(signed, bytes) else signed)
        assert found, signed
        account, operation = found[1], event_name.removeprefix("before-send.")
        self.asked.add(account)
        if account not in self.after and operation != self._ends.get(account):
            return None
        self.after[account].append(operation)
        given = _EXPIRED[operation.partition(".")[0]]
        assert isinstance(given, tuple)
        return _response(request.url, *given)


@dataclass(frozen=True)
class Came:
    """What came of a class in which credentials expired, and of going on with good ones."""

    accounts: dict[str, str]
    refused: dict[str, list[str]]
    first: dict[str, Report]
    asked_again: set[str]
    second: dict[str, Report]


@pytest.fixture(scope="module")
def came(aws_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Came:
    folder = tmp_path_factory.mktemp("class")
    accounts = {name: aws_sandbox.new_account() for name in ("right", "untouched", *ENDS)}
    for name, account in accounts.items():
        if name != "untouched":
            hand_in(aws_sandbox, account)
    path = roster(folder, aws_sandbox, *(f"{name},,,{a}" for name, a in accounts.items()))
    results = Results(folder / "results")

    def run(wire: Expiring, *, resume: bool) -> dict[str, Report]:
        with load_setup_and_roster(default_rubric_path(), None, path) as (setup, students):
            settings = Settings(seed=3, jobs=4)
            planned = plan(results, students, setup.rubric, settings, resume=resume)
            engine = Threads(settings.jobs)
            engine._context.clients = Clients(wire.session)
            one = ClassRun(setup, results, students, planned, engine)
            one.run(lambda _: None)
            return {report.student_id: report for report in one.reports}

    ends = {account: name for name, account in accounts.items() if name in ENDS}
    first = Expiring(ends)
    reports = run(first, resume=False)
    second = Expiring({})
    return Came(accounts, dict(first.after), reports, second.asked, run(second, resume=True))


@pytest.mark.parametrize("operation", ENDS)
def test_an_account_whose_credentials_expired_is_not_asked_again(
    came: Came, operation: str
) -> None:
    assert came.refused[came.accounts[operation]] == [operation]


@pytest.mark.parametrize("operation", ENDS)
def test_who_cannot_be_graded_any_more_has_no_score_and_reads_why(
    came: Came, operation: str
) -> None:
    report = came.first[operation]
    ungraded = [result for result in report.criteria if result.status == "ungraded"]
    lost = [result for result in report.criteria if result.status not in {"ungraded", "passed"}]
    assert (report.score, lost) == (None, [])
    assert all("ExpiredToken" in result.message for result in ungraded)
    assert all("new credentials" in result.hint for result in ungraded)


def test_the_others_are_graded(came: Came) -> None:
    assert {name: came.first[name].score for name in ("right", "untouched")} == {
        "right": 20,
        "untouched": 0,
    }


def test_with_new_credentials_they_are_graded_and_nobody_else_is_asked(came: Came) -> None:
    assert came.asked_again == {came.accounts[name] for name in ENDS}
    assert {name: came.second[name].score for name in ENDS} == dict.fromkeys(ENDS, 20)
