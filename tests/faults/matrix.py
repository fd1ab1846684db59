"""Every operation that the grader uses, every fault that can befall it, and what that may cost."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import pytest
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError

from grader.aws.clients import Clients
from grader.engines.visit import RunOptions, Visit, WorkerContext, identify_account, observe_account
from grader.model.access import DefaultCredentials, Keys, Role
from grader.observe import output
from grader.roster.load import RosterEntry
from grader.rubric.rubric import Criterion
from grader.safety.secret import Secret
from grader.sandbox.layout import PERIODIC_FUNCTION
from grader.scoring.phrases import what_next
from grader.scoring.score import score
from tests.judges import Judge
from tests.known_checks import needs_of_rubric
from tests.observing import hand_in, lab
from tests.wire_faults import DENIED, Answer, Done, Wire, asked_again_at_once, query, rest, rpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grader.model.access import Access
    from grader.model.fact import UnknownKind
    from grader.model.observation import Observation
    from grader.model.report import Report
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox

Kind = Literal["rule", "scheduler", "chatters", "role", "runs"]
"""How an account differs from the reference, being as right: what runs its function periodically, that
its function also writes what is no sum, that a role leads to it, that its rubric asks for runs."""

_ACCOUNTS: dict[Kind, int] = {"rule": 12, "scheduler": 3, "chatters": 1, "role": 2, "runs": 1}
"""How many are observed at once, each for one cell after the other."""

Seen = tuple["Observation", Wire]

FUNCTION = frozenset({"function", "runtime", "memory", "timeout", "environment"})
QUEUES = frozenset({"input-queue", "output-queue"})
RECORDS = frozenset({"records"})
BEHAVIOUR = RECORDS | {"handler", "sums"}
SCHEDULE = frozenset({"schedule"})
NOTHING: frozenset[str] = frozenset()
ALL = FUNCTION | QUEUES | BEHAVIOUR | SCHEDULE | {"mapping"}


@dataclass(frozen=True)
class Operation:
    """Which criteria are not known where an operation of AWS fails.

    ``needs``: where it fails for ever. ``first``: where its first request fails and nobody repeats
    it. ``later``: what is not known yet when it is first asked for, and stays so where the account is
    not asked again. ``account``: the one it is tried in. ``after``: its requests that are answered.
    """

    name: str
    needs: frozenset[str]
    first: frozenset[str]
    later: frozenset[str]
    account: Kind = "rule"
    after: int = 0


_ON_IT = ALL - {"output-queue"}
_QUEUE = BEHAVIOUR | {"mapping"}
_UNHEARD = BEHAVIOUR - {"handler"}
_RULE = (SCHEDULE, SCHEDULE, SCHEDULE | BEHAVIOUR)
_RUNS = frozenset({"runs"})

OPERATIONS = (
    # Asked to learn whose account it is, and once more to look at it.
    Operation("sts.AssumeRole", ALL, ALL, ALL, account="role"),
    Operation("sts.AssumeRole", ALL, ALL, ALL, account="role", after=1),
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
    # A sum that comes through the queue proves the handler.
    Operation("lambda.Invoke", RECORDS, RECORDS, BEHAVIOUR),
    Operation("sqs.ReceiveMessage", BEHAVIOUR, RECORDS, BEHAVIOUR),
    Operation("sqs.DeleteMessage", NOTHING, NOTHING, _UNHEARD),
    Operation("sqs.SendMessage", frozenset({"sums"}), frozenset({"sums"}), frozenset({"sums"})),
    Operation("sqs.ChangeMessageVisibilityBatch", NOTHING, NOTHING, _UNHEARD, account="chatters"),
    Operation("cloudwatch-logs.FilterLogEvents", _RUNS, _RUNS, _RUNS, account="runs"),
)

_ENDPOINT = {"endpoint_url": "http://127.0.0.1"}
_SPEAKS: dict[str, Callable[[int, str, str], Answer]] = {
    "sts": query,
    "lambda": rest,
    "scheduler": rest,
    "sqs": rpc,
    "eventbridge": rpc,
    "cloudwatch-logs": rpc,
}
_THROTTLING = {
    "sts": (400, "Throttling"),
    "lambda": (429, "TooManyRequestsException"),
    "scheduler": (429, "ThrottlingException"),
    "sqs": (400, "RequestThrottled"),
    "eventbridge": (400, "ThrottlingException"),
    "cloudwatch-logs": (400, "ThrottlingException"),
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
        "unreachable",
        repeated=True,
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
        operation = self.operation
        after = f"-after-{operation.after}" if operation.after else ""
        return f"{operation.account}-{operation.name}-{self.fault.name}{after}"


_DIFFERENCES: dict[Kind, dict[str, Any]] = {
    "scheduler": {"periodic": "scheduler"},
    "chatters": {"handler": "chatters"},
}


def prepare(sandbox: Sandbox, kind: Kind) -> str:
    """A new account of that kind."""
    account = sandbox.new_account()
    hand_in(sandbox, account, **_DIFFERENCES.get(kind, {}))
    if kind == "runs":
        sandbox.client("lambda", account).invoke(FunctionName=PERIODIC_FUNCTION)
    return account


def rubric_of(kind: Kind, **exchange: Any) -> Rubric:
    """What accounts of that kind are graded by, with one pair."""
    shipped = lab(pairs=1, **exchange)
    if kind != "runs":
        return shipped
    runs = Criterion(id="runs", title="It ran", check="schedule_runs", on="periodic", points=1)
    return msgspec.structs.replace(shipped, criteria=(*shipped.criteria, runs))


def visit(
    sandbox: Sandbox, kind: Kind, account: str, rubric: Rubric, wire: Wire, attempt: int = 1
) -> Observation:
    """What a run sees of an account: who it is first, then what is in it."""
    access: Access = Keys(Secret(account), Secret("test"))
    if kind == "role":
        access = Role(f"arn:aws:iam::{account}:role/grader", Secret("external"))
    place = WorkerContext()
    place.clients = Clients(wire.session)
    way = Visit(access, account, sandbox.region, sandbox.endpoint_url)
    orders = RunOptions(seed=1, attempt=attempt, exchange=True, limit_s=600)
    identity = identify_account(place, way, orders.limit_s).identity
    return observe_account(place, way, identity, rubric, needs_of_rubric(rubric), orders)


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
    assert came.advice == ({str(what_next(kind))} if ungraded else set())
    assert came.report.score == (None if ungraded else came.report.max_score)


@contextmanager
def without_waiting() -> Iterator[None]:
    """Nothing waits before it asks again, and nobody looks long for duplicates."""
    with asked_again_at_once(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(output, "DUPLICATES_S", 0)
        yield


@contextmanager
def as_instructor() -> Iterator[None]:
    """The default credentials are an account's that is nobody's: roles are assumed from it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "9" * 12)
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield


def came_of(sandbox: Sandbox, cells: Sequence[Cell], *, for_ever: bool) -> dict[Cell, Came]:
    """Each cell observed in an account in which everything is right; all judged and scored."""
    free = {kind: SimpleQueue[str]() for kind in _ACCOUNTS}
    attempts = {cell: number for number, cell in enumerate(cells, 1)}

    def observe(cell: Cell) -> Seen | None:
        operation, wire = cell.operation, Wire()
        kind = operation.account
        account = free[kind].get()
        if kind == "chatters":
            # What the cell before could not show again comes back in the middle of this one.
            sqs = sandbox.client("sqs", account)
            sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName="output_queue")["QueueUrl"])
        wire.play(operation.name, *[None] * operation.after, cell.answer, always=for_ever)
        # As patient as the function's timeout is long: what is silent longer than that, was lost.
        patience = {"deadline_s": 60} if operation.name == "lambda.Invoke" else {}
        rubric = rubric_of(kind, **patience)
        try:
            return visit(sandbox, kind, account, rubric, wire, attempts[cell]), wire
        except Exception:  # noqa: BLE001 - a crash is the failure of this cell only
            traceback.print_exc()
            return None
        finally:
            free[kind].put(account)

    kinds = [kind for kind, number in _ACCOUNTS.items() for _ in range(number)]
    with ThreadPoolExecutor(len(kinds)) as threads, without_waiting(), as_instructor():
        for kind, account in zip(kinds, threads.map(partial(prepare, sandbox), kinds), strict=True):
            free[kind].put(account)
        observed = dict(zip(cells, threads.map(observe, cells), strict=True))
    came: dict[Cell, Came] = {}
    for kind in _ACCOUNTS:
        seen = {c: one for c, one in observed.items() if one and c.operation.account == kind}
        came |= zip(seen, reported(rubric_of(kind), list(seen.values())), strict=True)
    return came


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


STUDENT = RosterEntry(student_id="s1", access=DefaultCredentials(), line=2)
