"""Grading any number of accounts: visited many at a time, judged together, scored as they come."""

from __future__ import annotations

import sys
import time
import zlib
from collections import deque
from concurrent.futures import Future, wait
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from grader.aws.profiles import region_of_profile
from grader.engines.protocol import EngineLost
from grader.engines.threads import Threads
from grader.engines.visit import Orders, Visit, identify, look
from grader.i18n.language import N_, plural
from grader.i18n.message import said
from grader.judging.pool import AT_A_TIME
from grader.model.access import Profile
from grader.model.observation import Found, Observation, Unknown
from grader.resources.kinds import KINDS
from grader.roster.load import student_of
from grader.rubric.needs import needs_of
from grader.safety.redact import redact
from grader.safety.trace import Repeated, trace_of
from grader.scoring.open_by import AS_GRADED
from grader.scoring.score import score, ungraded_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from grader.engines.protocol import Engine, Task
    from grader.engines.visit import Identified
    from grader.judging.pool import Judge
    from grader.model.observation import Fact, Identity
    from grader.model.outcome import CheckInfo, Outcome
    from grader.model.report import Report
    from grader.roster.load import Account
    from grader.rubric.load import Rubric
    from grader.scoring.open_by import ShownScores

    Key: TypeAlias = tuple[str, str, str | None, tuple[tuple[str, str], ...]]
    Observed: TypeAlias = tuple[list[Account], Observation]

LEAVE_S = 2.5
"""How long an interrupted run waits for its queues to be given back."""

GATHER, GATHER_S = 10, 0.5
"""A session of the judge costs as much as some observations do: so many are waited for, so long."""


@dataclass(frozen=True)
class Settings:
    """How a run is made. ``region`` and ``endpoint_url`` are for accounts that name none.

    ``jobs`` accounts are visited at a time, each for ``account_timeout_s`` seconds at most. A silence
    that would cost points is looked into once more ``confirm_s`` seconds later.
    ``shown`` is what ``grades.csv`` says for scores that there are not.
    """

    seed: int
    attempt: int = 1
    jobs: int = 32
    account_timeout_s: float = 600
    region: str | None = None
    endpoint_url: str | None = None
    exchange: bool = True
    confirm_s: float = 0
    lang: str = "en"
    shown: ShownScores = AS_GRADED

    def region_of(self, account: Account, rubric: Rubric) -> str:
        """Where the account is looked at: the row, the option, its profile, the lab say it in turn."""
        given = account.region or self.region
        if given is None and isinstance(account.access, Profile):
            given = region_of_profile(account.access.name)
        return given or rubric.lab.region


@dataclass(frozen=True)
class Graded:
    """One student's result. ``observation`` is ``None`` where the grader itself failed."""

    account: Account
    observation: Observation | None
    report: Report


class Grading:
    """One run over a class. What it needs is loaded and valid; what it finds goes to ``graded``.

    At most ``settings.jobs`` accounts are visited at a time, by whatever ``engine`` runs the tasks
    (threads, if none is given). An account to which several rows lead is exercised once.
    """

    def __init__(
        self,
        rubric: Rubric,
        judge: Judge,
        checks: Mapping[str, CheckInfo],
        settings: Settings,
        graded: Callable[[Graded], None],
        engine: Engine | None = None,
    ) -> None:
        self._rubric, self._judge, self._checks = rubric, judge, checks
        self._settings, self._graded = settings, graded
        self._needs = needs_of(rubric, checks, KINDS)
        self._engine = engine or Threads(settings.jobs)
        self._orders = Orders(
            settings.seed,
            settings.attempt,
            settings.exchange,
            settings.account_timeout_s,
            settings.confirm_s,
        )
        # A future that is done, or nothing: then a task only waits, and another may start.
        self._done: SimpleQueue[Future[Any] | None] = SimpleQueue()
        self._engine.on_aside(lambda: self._done.put(None))
        self._visiting: dict[Future[Any], Callable[[Future[Any]], None]] = {}
        self._looking: dict[Key, list[Account]] = {}
        self._looked: dict[Key, bytes] = {}
        self._observed: list[Observed] = []
        self._since = 0.0
        self._lost, self._shown = False, Repeated()

    def run(self, accounts: Iterable[Account]) -> None:
        """Grade everyone. On ``KeyboardInterrupt`` the queues are given back and it goes on up."""
        waiting = deque(_by_group(accounts))
        judging: dict[Future[list[list[Outcome]]], list[Observed]] = {}
        try:
            while waiting or self._visiting or self._observed or judging:
                while waiting and self._at_work < self._settings.jobs:
                    self._identify(waiting.popleft())
                while self._ripe() and len(judging) < self._judge.workers:
                    batch, self._observed = self._observed[:AT_A_TIME], self._observed[AT_A_TIME:]
                    judged = self._judge.submit(self._rubric, [seen for _, seen in batch])
                    judging[judged] = batch
                    judged.add_done_callback(self._done.put)
                try:
                    future = self._done.get(timeout=GATHER_S if self._observed else None)
                except Empty:
                    continue
                if future is None:
                    continue
                if future in judging:
                    self._score(future, judging.pop(future))
                else:
                    self._visiting.pop(future)(future)
        except BaseException:
            self._engine.stop()
            wait(self._visiting, timeout=LEAVE_S)
            raise
        finally:
            self._engine.close()
            if self._shown.again:
                again = plural(
                    self._shown.again,
                    "The grader failed in the same way for {count} more student.",
                    "The grader failed in the same way for {count} more students.",
                )
                print(again, file=sys.stderr)  # noqa: T201

    @property
    def _at_work(self) -> int:
        return len(self._visiting) - self._engine.aside

    def _gather(self, rows: list[Account], seen: Observation) -> None:
        if not self._observed:
            self._since = time.monotonic()
        self._observed.append((rows, seen))

    def _ripe(self) -> bool:
        """There are enough to judge, or they have waited long enough, or no more will come."""
        if not self._observed:
            return False
        waited_s = time.monotonic() - self._since
        return len(self._observed) >= GATHER or waited_s >= GATHER_S or not self._visiting

    # -- visiting, in the engine's tasks ------------------------------------------------------

    def _start(self, then: Callable[[Future[Any]], None], task: Task, *given: Any) -> None:
        future = self._engine.submit(task, *given)
        self._visiting[future] = then
        future.add_done_callback(self._done.put)

    def _identify(self, rows: list[Account]) -> None:
        visits = [self._visit(account) for account in rows]
        limit_s = self._settings.account_timeout_s
        self._start(lambda done: self._identified(done, rows, visits), identify, visits, limit_s)

    def _visit(self, account: Account) -> Visit:
        region = self._settings.region_of(account, self._rubric)
        endpoint_url = account.endpoint_url or self._settings.endpoint_url
        return Visit(account.access, account.account_id, region, endpoint_url, account.use)

    def _identified(
        self, future: Future[Identified], rows: list[Account], visits: list[Visit]
    ) -> None:
        try:
            found = future.result()
        except Exception as error:  # noqa: BLE001 - one student's crash must not end the class
            self._crashed(rows, None, error)
            return
        visit, identity = visits[found.way], found.identity
        if not isinstance(identity, Found):
            self._look(None, rows, visit, identity)
            return
        use = tuple(sorted(visit.use.items()))
        key = (identity.value.account_id, visit.region, visit.endpoint_url, use)
        if key in self._looked:
            self._gather(rows, _unpacked(self._looked[key]))
        elif key in self._looking:
            self._looking[key].extend(rows)
        else:
            self._looking[key] = rows
            self._look(key, rows, visit, identity)

    def _look(
        self, key: Key | None, rows: list[Account], visit: Visit, identity: Fact[Identity]
    ) -> None:
        def looked(future: Future[Observation]) -> None:
            if key is not None:
                del self._looking[key]
            try:
                seen = future.result()
            except Exception as error:  # noqa: BLE001 - as above
                self._crashed(rows, None, error)
                return
            if key is not None:
                self._looked[key] = _packed(seen)
            self._gather(rows, seen)

        self._start(looked, look, visit, identity, self._rubric, self._needs, self._orders)

    # -- scoring, as results come -------------------------------------------------------------

    def _score(self, future: Future[list[list[Outcome]]], batch: Sequence[Observed]) -> None:
        try:
            outcomes = future.result()
        except Exception as error:  # noqa: BLE001 - as above
            for rows, seen in batch:
                self._crashed(rows, seen, error)
            return
        for (rows, seen), judged in zip(batch, outcomes, strict=True):
            for account in rows:
                lang = self._settings.lang
                try:
                    student = student_of(account)
                    report = score(student, seen, judged, self._rubric, self._checks, lang=lang)
                except Exception as error:  # noqa: BLE001 - as above
                    self._crashed([account], seen, error)
                else:
                    self._graded(Graded(account, seen, report))

    def _crashed(self, rows: list[Account], seen: Observation | None, error: Exception) -> None:
        """``ungraded`` for the student. For us the traceback of a bug of ours, or once for the class
        that the engine is lost."""
        if isinstance(error, EngineLost):
            lost = N_("The cluster was lost: {why}")
            unknown = Unknown.saying("unexpected", lost, why=error.why)
            told = "" if self._lost else said(unknown.words, self._settings.lang)
            self._lost = True
        else:
            failed = N_("The grader failed: {error}")
            text = redact(f"{type(error).__name__}: {error}")
            unknown = Unknown.saying("unexpected", failed, error=text)
            told = trace_of(error) if self._shown.is_new(error) else ""
        if told:
            print(told, file=sys.stderr)  # noqa: T201
        for account in rows:
            report = ungraded_report(
                student_of(account),
                self._rubric,
                unknown,
                seed=self._settings.seed,
                region=self._visit(account).region,
                lang=self._settings.lang,
            )
            self._graded(Graded(account, seen, report))


def _packed(seen: Observation) -> bytes:
    """An observation kept for rows that lead to the same account later: a fifth of its size."""
    return zlib.compress(msgspec.json.encode(seen), 1)


def _unpacked(packed: bytes) -> Observation:
    return msgspec.json.decode(zlib.decompress(packed), type=Observation)


def _by_group(accounts: Iterable[Account]) -> list[list[Account]]:
    """Rows of one group share an account and are observed once; everybody else is alone."""
    groups: dict[str, list[Account]] = {}
    for account in accounts:
        key = f"group {account.group}" if account.group else f"row {account.line}"
        groups.setdefault(key, []).append(account)
    return list(groups.values())
