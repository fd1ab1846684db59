"""Every operation that the grader uses, every fault that can befall it, and what that may cost."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

import pytest
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError
from tenacity import wait_none

from grader.judge import Judge
from grader.observe import output, repeat
from grader.phrases import what_next
from grader.roster import Account, DefaultCredentials
from grader.score import score
from tests.looking import hand_in, lab, look
from tests.wire import DENIED, Answer, Done, Wire, query, rest, rpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grader.observation import Observation, UnknownKind
    from grader.report import Report
    from grader.rubric import Rubric
    from grader.sandbox.server import Sandbox

Kind = Literal["rule", "scheduler", "chatters"]
"""How an account differs from the reference, being as right: what runs its function periodically, or
that its function also writes what is no sum."""

_ACCOUNTS: dict[Kind, int] = {"rule": 12, "scheduler": 3, "chatters": 1}
"""How many are observed at once, each for one cell after the other."""

Seen = tuple["Observation", Wire]

FUNCTION = frozenset({"function", "runtime", "memory", "timeout", "environment"})
QUEUES = frozenset({"input-queue", "output-queue"})
DIRECT = frozenset({"handler", "records"})
BEHAVIOUR = DIRECT | {"sums"}
SCHEDULE = frozenset({"schedule"})
NOTHING: frozenset[str] = frozenset()
ALL = FUNCTION | QUEUES | BEHAVIOUR | SCHEDULE | {"mapping"}


@dataclass(frozen=True)
class Operation:
    """Which criteria are not known where an operation of AWS fails.

    ``needs``: where it fails for ever. ``first``: where its first request fails and nobody repeats
    it. ``later``: what is not known yet when it is first asked for, and stays so where the account is
    not asked again. ``account``: the one it is tried in.
    """

    name: str
    needs: frozenset[str]
    first: frozenset[str]
    later: frozenset[str]
    account: Kind = "rule"


_ON_IT = ALL - {"output-queue"}
_QUEUE = BEHAVIOUR | {"mapping"}
_UNHEARD = BEHAVIOUR - {"handler"}
_RULE = (SCHEDULE, SCHEDULE, SCHEDULE | BEHAVIOUR)

OPERATIONS = (
    Operation("sts.GetCallerIdentity", ALL, ALL, ALL),
    Operation("lambda.GetFunctionConfiguration", _ON_IT, _ON_IT - SCHEDULE, ALL),
    Operation("sqs.GetQueueUrl", _QUEUE | QUEUES, _QUEUE | {"input-queue"}, ALL - FUNCTION),
    Operation("sqs.GetQueueAttributes", _QUEUE | QUEUES, _QUEUE | {"input-queue"}, ALL - FUNCTION),
    Operation("lambda.ListEventSourceMappings", _QUEUE, _QUEUE, _QUEUE | SCHEDULE),
    Operation("eventbridge.ListRuleNamesByTarget", *_RULE),
    Operation("eventbridge.ListTargetsByRule", *_RULE),
    Operation("eventbridge.DescribeRule", *_RULE),
    Operation("lambda.GetPolicy", *_RULE),
    # A schedule that runs the function is enough.
    Operation("eventbridge.ListRules", NOTHING, NOTHING, SCHEDULE | BEHAVIOUR, account="scheduler"),
    Operation("scheduler.ListSchedules", *_RULE, account="scheduler"),
    Operation("scheduler.GetSchedule", *_RULE, account="scheduler"),
    # A rule that runs the function decides alone.
    Operation("scheduler.ListSchedules", NOTHING, NOTHING, BEHAVIOUR),
    Operation("lambda.Invoke", DIRECT, DIRECT, BEHAVIOUR),
    Operation("sqs.ReceiveMessage", BEHAVIOUR, DIRECT, BEHAVIOUR),
    Operation("sqs.DeleteMessage", NOTHING, NOTHING, _UNHEARD),
    Operation("sqs.SendMessage", frozenset({"sums"}), frozenset({"sums"}), frozenset({"sums"})),
    Operation("sqs.ChangeMessageVisibilityBatch", NOTHING, NOTHING, _UNHEARD, account="chatters"),
)

_ENDPOINT = {"endpoint_url": "http://127.0.0.1"}
_SPEAKS: dict[str, Callable[[int, str, str], Answer]] = {
    "sts": query,
    "lambda": rest,
    "scheduler": rest,
    "sqs": rpc,
    "eventbridge": rpc,
}
_THROTTLING = {
    "sts": (400, "Throttling"),
    "lambda": (429, "TooManyRequestsException"),
    "scheduler": (429, "ThrottlingException"),
    "sqs": (400, "RequestThrottled"),
    "eventbridge": (400, "ThrottlingException"),
}
_DENIED = {"sts": "AccessDenied", "sqs": "AccessDenied"}


@dataclass(frozen=True)
class Fault:
    """What arrives instead of AWS's answer, and the kind of unknown that it makes of a fact.

    ``repeated``: the client or the grader asks again.
    """

    name: str
    kind: UnknownKind
    repeated: bool
    of: Callable[[str], Answer]
    """The answer, of the service it is asked of."""


def _says(status: int, code: str) -> Callable[[str], Answer]:
    return lambda service: _SPEAKS[service](status, code, "said so")


FAULTS = (
    Fault(
        "throttled",
        "throttled",
        repeated=True,
        of=lambda service: _SPEAKS[service](*_THROTTLING[service], "slow down"),
    ),
    Fault("500", "unreachable", repeated=True, of=_says(500, "InternalFailure")),
    Fault(
        "503",
        "unreachable",
        repeated=True,
        of=lambda _service: (503, {"content-type": "text/html"}, b"<html>unavailable</html>"),
    ),
    Fault(
        "connect-time-out",
        "unreachable",
        repeated=True,
        of=lambda _service: ConnectTimeoutError(**_ENDPOINT),
    ),
    Fault(
        "read-time-out",
        "unreachable",
        repeated=True,
        of=lambda _service: ReadTimeoutError(**_ENDPOINT),
    ),
    Fault(
        "reset-in-mid-body",
        "unreachable",
        repeated=True,
        of=lambda _service: Done(ConnectionClosedError(**_ENDPOINT)),
    ),
    Fault(
        "denied",
        "permission",
        repeated=False,
        of=lambda service: _SPEAKS[service](
            403, _DENIED.get(service, "AccessDeniedException"), DENIED
        ),
    ),
    Fault("ExpiredToken", "credentials", repeated=False, of=_says(403, "ExpiredToken")),
    Fault(
        "ExpiredTokenException",
        "credentials",
        repeated=False,
        of=_says(403, "ExpiredTokenException"),
    ),
    Fault(
        "malformed-body",
        "unexpected",
        repeated=False,
        of=lambda service: Done(
            (200, {"content-type": _CONTENT.get(service, "application/json")}, b"<p>Sign in here")
        ),
    ),
)
_CONTENT = {"sts": "text/xml", "sqs": "application/x-amz-json-1.0"}


@dataclass(frozen=True)
class Cell:
    """One fault of one operation."""

    operation: Operation
    fault: Fault

    @property
    def answer(self) -> Answer:
        return self.fault.of(self.operation.name.partition(".")[0])

    def __str__(self) -> str:
        return f"{self.operation.account}-{self.operation.name}-{self.fault.name}"


DIFFERENCES: dict[Kind, dict[str, Any]] = {
    "rule": {},
    "scheduler": {"periodic": "scheduler"},
    "chatters": {"handler": "chatters"},
}

CELLS = tuple(Cell(operation, fault) for operation in OPERATIONS for fault in FAULTS)


def parameters() -> list[Any]:
    """Every cell, as pytest's parameters."""
    return [pytest.param(cell, id=str(cell)) for cell in CELLS]


@dataclass(frozen=True)
class Came:
    """What came of a run: the report, why it is not certain, and every request that was made."""

    report: Report
    kinds: set[str]
    requests: list[str]

    @property
    def not_passed(self) -> dict[str, str]:
        return {r.id: r.status for r in self.report.criteria if r.status != "passed"}

    @property
    def advice(self) -> set[str]:
        """What the student is told to do about what is ungraded."""
        return {r.hint for r in self.report.criteria if r.status == "ungraded"}


def assert_only(came: Came, ungraded: frozenset[str], kind: str) -> None:
    """Everything has all its points but for ``ungraded``, which is so for that kind of reason."""
    assert came.not_passed == dict.fromkeys(ungraded, "ungraded")
    assert came.kinds == ({kind} if ungraded else set())
    assert came.advice == ({what_next(kind, "en")} if ungraded else set())
    assert came.report.score == (None if ungraded else 20)


@contextmanager
def without_waiting() -> Iterator[None]:
    """Nothing waits before it asks again, and nobody looks long for duplicates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None))
        patch.setattr(repeat, "wait_exponential", lambda **_how: wait_none())
        patch.setattr(output, "DUPLICATES_S", 0)
        yield


def run(sandbox: Sandbox, cells: Sequence[Cell], *, for_ever: bool) -> dict[Cell, Came]:
    """Each cell observed in an account in which everything is right; all judged and scored."""
    rubric = lab(pairs=1)
    # As patient as the function's timeout is long: what is silent longer than that, was lost.
    patient = lab(pairs=1, deadline_s=60)
    free = {kind: SimpleQueue[str]() for kind in _ACCOUNTS}
    attempts = {cell: number for number, cell in enumerate(cells, 1)}

    def prepare(kind: Kind) -> None:
        account = sandbox.new_account()
        hand_in(sandbox, account, **DIFFERENCES[kind])
        free[kind].put(account)

    def observe(cell: Cell) -> Seen | None:
        account, wire = free[cell.operation.account].get(), Wire()
        wire.play(cell.operation.name, cell.answer, always=for_ever)
        try:
            by = patient if cell.operation.name == "lambda.Invoke" else rubric
            return look(sandbox, account, rubric=by, wire=wire, attempt=attempts[cell]), wire
        except Exception:  # noqa: BLE001 - a crash is the failure of this cell only
            traceback.print_exc()
            return None
        finally:
            free[cell.operation.account].put(account)

    kinds = [kind for kind, number in _ACCOUNTS.items() for _ in range(number)]
    with ThreadPoolExecutor(len(kinds)) as threads, without_waiting():
        list(threads.map(prepare, kinds))
        observed = list(threads.map(observe, cells))
    survived = {cell: one for cell, one in zip(cells, observed, strict=True) if one is not None}
    return dict(zip(survived, reported(rubric, list(survived.values())), strict=True))


def reported(rubric: Rubric, seen: Sequence[Seen]) -> list[Came]:
    """What comes of observations: judged in one session, and scored."""
    with Judge(workers=1) as judge:
        checks = judge.collect()
        judged = judge.judge(rubric, [observation for observation, _ in seen])
    return [
        Came(
            score(STUDENT, observation, outcomes, rubric, checks),
            {str(one.because) for one in outcomes if one.outcome == "ungraded"},
            wire.requests,
        )
        for (observation, wire), outcomes in zip(seen, judged, strict=True)
    ]


STUDENT = Account("s1", "", "", None, None, None, None, access=DefaultCredentials(), line=2)
