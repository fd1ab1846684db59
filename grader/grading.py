"""Grading any number of accounts: observed at once in threads, judged together in processes."""

from __future__ import annotations

import sys
import threading
import traceback
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from grader.aws import Aws, Clients
from grader.judge import AT_A_TIME
from grader.observation import Fact, Found, Identity, Observation, Unknown
from grader.observe import observe
from grader.observe.identity import observe_identity
from grader.redact import redact
from grader.score import score, ungraded_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from grader.judge import Judge
    from grader.judging.outcome import CheckInfo, Outcome
    from grader.report import Report
    from grader.roster import Account
    from grader.rubric import Rubric

LEAVE_S = 2.5
"""How long an interrupted run waits for its queues to be given back."""


@dataclass(frozen=True)
class Settings:
    """How a run is made. ``region`` and ``endpoint_url`` are for accounts that name none."""

    seed: int
    attempt: int = 1
    jobs: int = 32
    region: str | None = None
    endpoint_url: str | None = None
    exchange: bool = True
    lang: str = "en"


@dataclass(frozen=True)
class Graded:
    """One student's result. ``observation`` is ``None`` where the grader itself failed."""

    account: Account
    observation: Observation | None
    report: Report


class Grading:
    """One run over a class. What it needs is loaded and valid; what it finds goes to ``graded``."""

    def __init__(
        self,
        rubric: Rubric,
        judge: Judge,
        checks: Mapping[str, CheckInfo],
        settings: Settings,
        graded: Callable[[Graded], None],
    ) -> None:
        self._rubric, self._judge, self._checks = rubric, judge, checks
        self._settings, self._graded = settings, graded
        self._clients = Clients()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._claims: dict[tuple[str, str, str | None], Future[Observation]] = {}
        self._done: SimpleQueue[Future[Any]] = SimpleQueue()

    def run(self, accounts: Iterable[Account]) -> None:
        """Grade everyone. On ``KeyboardInterrupt`` the queues are given back and it goes on up."""
        tasks = _by_group(accounts)
        threads = ThreadPoolExecutor(self._settings.jobs, thread_name_prefix="observe")
        observing = {threads.submit(self._observe, rows): rows for rows in tasks}
        for future in observing:
            future.add_done_callback(self._done.put)
        try:
            self._judge_as_they_come(observing)
        except BaseException:
            self._stop.set()
            threads.shutdown(wait=False, cancel_futures=True)
            wait(observing, timeout=LEAVE_S)
            raise
        threads.shutdown()

    def _judge_as_they_come(self, observing: dict[Future[Observation], list[Account]]) -> None:
        observed: list[tuple[list[Account], Observation]] = []
        judging: dict[Future[list[list[Outcome]]], list[tuple[list[Account], Observation]]] = {}
        while observing or judging:
            future = self._done.get()
            if future in observing:
                rows = observing.pop(future)
                seen = self._result(future, rows)
                if seen is not None:
                    observed.append((rows, seen))
            else:
                self._score(future, judging.pop(future))
            while observed and len(judging) < self._judge.workers:
                batch, observed = observed[:AT_A_TIME], observed[AT_A_TIME:]
                judged = self._judge.submit(self._rubric, [seen for _, seen in batch])
                judging[judged] = batch
                judged.add_done_callback(self._done.put)

    # -- observing, in threads ----------------------------------------------------------------

    def _observe(self, rows: list[Account]) -> Observation:
        """The account that ``rows`` share, seen once in this run however many tasks lead to it."""
        aws, identity = self._reach(rows)
        try:
            if not isinstance(identity, Found):
                return self._look(aws, identity)
            key = (identity.value.account_id, aws.region, aws.endpoint_url)
            with self._lock:
                claim = self._claims.get(key)
                mine = claim is None
                if claim is None:
                    claim = self._claims[key] = Future()
            if mine:
                try:
                    claim.set_result(self._look(aws, identity))
                except BaseException as error:
                    claim.set_exception(error)
                    raise
            return claim.result()
        finally:
            aws.close()

    def _reach(self, rows: list[Account]) -> tuple[Aws, Fact[Identity]]:
        """The first of a group's ways to its account that works, else the last one tried."""
        for number, account in enumerate(rows, 1):
            aws = Aws(
                self._clients,
                account.access,
                account.region or self._settings.region or self._rubric.lab.region,
                account.endpoint_url or self._settings.endpoint_url,
            )
            identity = observe_identity(aws, account.account_id)
            if isinstance(identity, Found) or number == len(rows):
                break
            aws.close()
        return aws, identity

    def _look(self, aws: Aws, identity: Fact[Identity]) -> Observation:
        return observe(
            aws,
            self._rubric,
            identity,
            seed=self._settings.seed,
            attempt=self._settings.attempt,
            exchange=self._settings.exchange,
            stop=self._stop,
        )

    # -- scoring, as results come -------------------------------------------------------------

    def _result(self, future: Future[Observation], rows: list[Account]) -> Observation | None:
        """The observation, or the rows ungraded where the grader crashed on them."""
        try:
            return future.result()
        except Exception as error:  # noqa: BLE001 - one student's crash must not end the class
            self._crashed(rows, None, error)
            return None

    def _score(
        self,
        future: Future[list[list[Outcome]]],
        batch: Sequence[tuple[list[Account], Observation]],
    ) -> None:
        try:
            outcomes = future.result()
        except Exception as error:  # noqa: BLE001 - as above
            for rows, seen in batch:
                self._crashed(rows, seen, error)
            return
        for (rows, seen), judged in zip(batch, outcomes, strict=True):
            for account in rows:
                try:
                    report = score(
                        account, seen, judged, self._rubric, self._checks, lang=self._settings.lang
                    )
                except Exception as error:  # noqa: BLE001 - as above
                    self._crashed([account], seen, error)
                else:
                    self._graded(Graded(account, seen, report))

    def _crashed(self, rows: list[Account], seen: Observation | None, error: Exception) -> None:
        """A bug of ours: the traceback for us, ``ungraded`` for the student."""
        print(redact("".join(traceback.format_exception(error)), 8000), file=sys.stderr)  # noqa: T201
        detail = redact(f"The grader failed: {type(error).__name__}: {error}")
        for account in rows:
            report = ungraded_report(
                account,
                self._rubric,
                Unknown("unexpected", detail),
                seed=self._settings.seed,
                region=account.region or self._settings.region or self._rubric.lab.region,
                lang=self._settings.lang,
            )
            self._graded(Graded(account, seen, report))


def _by_group(accounts: Iterable[Account]) -> list[list[Account]]:
    """Rows of one group share an account and are observed once; everybody else is alone."""
    groups: dict[str, list[Account]] = {}
    for account in accounts:
        key = f"group {account.group}" if account.group else f"row {account.line}"
        groups.setdefault(key, []).append(account)
    return list(groups.values())
