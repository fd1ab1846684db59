"""Grading any number of accounts: visited many at a time, judged together, scored as they come."""

from __future__ import annotations

import sys
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeAlias

from grader.batch.parties import Candidates, Graded, parties_of
from grader.batch.visiting import Visiting
from grader.engines.protocol import EngineLost
from grader.engines.threads import Threads
from grader.engines.visit import Visit
from grader.i18n.language import N_, plural
from grader.i18n.message import said
from grader.judging.pool import AT_A_TIME
from grader.judging.ungraded import Unjudged
from grader.model.fact import Unknown
from grader.model.machine_limit import FILES, PROCESSES, limit_reached
from grader.resources.kinds import KINDS
from grader.roster.load import student_of
from grader.rubric.needs import needs_of
from grader.safety.printable import printable
from grader.safety.redact import redact
from grader.safety.trace import ShownFaults, trace_of
from grader.scoring.score import score, ungraded_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future

    from grader.batch.parties import Earlier
    from grader.batch.settings import Settings
    from grader.engines.protocol import Engine
    from grader.engines.visit import Identified
    from grader.judging.pool import Judge
    from grader.model.observation import Observation
    from grader.model.outcome import CheckInfo, Outcome
    from grader.model.report import Report
    from grader.roster.load import RosterEntry
    from grader.rubric.rubric import Rubric

    Observed: TypeAlias = tuple[Candidates, int]

JUDGE_AT_LEAST, JUDGE_AFTER_S = 10, 0.5
"""How many observations are worth a session of the judge, which costs as much as some of them do; and
after how many seconds it begins with fewer."""


class Pipeline:
    """One run over a class. What it needs is loaded and valid; what it finds goes to ``on_graded``.

    At most ``settings.jobs`` accounts are visited at a time, by whatever ``engine`` runs the tasks
    (threads, if none is given). An account to which several rows lead is exercised once, by the way that
    may (:mod:`grader.batch.ways`). ``earlier`` is what is known of each party from before; ``stored``
    reads what was seen of it then. ``on_identified`` hears whose account it is and where it is asked,
    before anything else is asked of it.
    """

    def __init__(
        self,
        rubric: Rubric,
        judge: Judge,
        checks: Mapping[str, CheckInfo],
        settings: Settings,
        on_graded: Callable[[Graded], object],
        engine: Engine | None = None,
        earlier: Mapping[str, Earlier] | None = None,
        stored: Callable[[str], Sequence[Observation]] = lambda _party: (),
        on_identified: Callable[[Identified, Visit], None] = lambda *_: None,
    ) -> None:
        self._rubric, self._judge, self._checks = rubric, judge, checks
        self._settings, self._on_graded, self._on_identified = settings, on_graded, on_identified
        self._needs = needs_of(rubric, checks, KINDS, settings.only)
        self._engine = engine or Threads(settings.jobs)
        self._earlier, self._stored = earlier or {}, stored
        # A future that is done, or nothing: then a task only waits, and another may start.
        self._done: SimpleQueue[Future[Any] | None] = SimpleQueue()
        self._engine.on_aside(lambda: self._done.put(None))
        self._observed: list[Observed] = []
        self._since = 0.0
        self._lost, self._shown = False, ShownFaults()
        self.failed = False
        """Somebody is ungraded because the grader failed, and not for what was seen."""

    def run(self, entries: Iterable[RosterEntry], *, visit: bool = True) -> None:
        """Grade everyone; unless they ``visit``, by what is stored of their parties alone. On
        ``KeyboardInterrupt`` the queues are given back and it goes on up."""
        try:
            self._run(self._visiting(entries, self._visit if visit else None))
        finally:
            self._engine.close()
            if self._shown.repeat_count:
                again = plural(
                    self._shown.repeat_count,
                    "The grader failed in the same way for {count} more student.",
                    "The grader failed in the same way for {count} more students.",
                )
                print(again, file=sys.stderr)  # noqa: T201

    def _run(self, visiting: Visiting) -> None:
        judging: dict[Future[list[list[Outcome]]], list[Observed]] = {}
        try:
            while not visiting.over or self._observed or judging:
                visiting.fill()
                while self._batch_ready(visiting) and len(judging) < self._judge.workers:
                    batch, self._observed = self._observed[:AT_A_TIME], self._observed[AT_A_TIME:]
                    seen = [candidates.observations[index] for candidates, index in batch]
                    judged = self._judge.submit(self._rubric, seen)
                    judging[judged] = batch
                    judged.add_done_callback(self._done.put)
                due = [visiting.due_s, JUDGE_AFTER_S if self._observed else None]
                soonest = min((moment for moment in due if moment is not None), default=None)
                try:
                    future = self._done.get(timeout=soonest)
                except Empty:
                    continue
                if future is None:
                    continue
                if future in judging:
                    self._score(future, judging.pop(future))
                else:
                    visiting.take(future)
        except BaseException:
            visiting.give_back()
            raise

    # -- visiting -----------------------------------------------------------------------------

    def _visiting(
        self, entries: Iterable[RosterEntry], visit: Callable[[RosterEntry], Visit] | None
    ) -> Visiting:
        return Visiting(
            parties_of(entries, visit, self._earlier),
            self._rubric,
            self._needs,
            self._settings,
            self._engine,
            stored=self._stored,
            on_task_done=self._done.put,
            on_identified=self._on_identified,
            on_observed=self._enqueue,
            on_crashed=lambda party, error: self._crashed(party.rows, (), error),
            unknown_for=self._unknown_for,
        )

    def _visit(self, entry: RosterEntry) -> Visit:
        region = self._settings.region_of(entry, self._rubric)
        endpoint_url = entry.endpoint_url or self._settings.endpoint_url
        return Visit(entry.access, entry.expected_account_id, region, endpoint_url, entry.use)

    # -- judging ------------------------------------------------------------------------------

    def _enqueue(self, candidates: Candidates) -> None:
        if not self._observed:
            self._since = time.monotonic()
        self._observed += [(candidates, index) for index in range(len(candidates.observations))]

    def _batch_ready(self, visiting: Visiting) -> bool:
        """Whether to judge now: there are enough, they have waited long enough, or no more will come."""
        if not self._observed:
            return False
        waited_s = time.monotonic() - self._since
        enough = len(self._observed) >= JUDGE_AT_LEAST or waited_s >= JUDGE_AFTER_S
        return enough or not visiting.under_way

    # -- scoring, as results come -------------------------------------------------------------

    def _score(self, future: Future[list[list[Outcome]]], batch: Sequence[Observed]) -> None:
        try:
            outcomes = future.result()
        except Exception as error:
            if limit_reached(error) in {FILES, PROCESSES}:  # every other student's would fail alike
                raise
            for candidates, _index in batch:
                if candidates.fail():
                    self._crashed(candidates.party.rows, candidates.unjudged, error)
            return
        for (candidates, index), judged in zip(batch, outcomes, strict=True):
            self.failed |= isinstance(judged, Unjudged) and candidates.is_of_this_run(index)
            if candidates.judge(index, judged):
                for entry in candidates.party.rows:
                    self._grade(entry, candidates)

    def _grade(self, entry: RosterEntry, candidates: Candidates) -> None:
        try:
            graded = candidates.graded(entry, self._scored)
        except Exception as error:  # noqa: BLE001 - as above
            self._crashed([entry], candidates.unjudged, error)
        else:
            self._on_graded(graded)

    def _scored(self, entry: RosterEntry, seen: Observation, judged: Sequence[Outcome]) -> Report:
        settings = self._settings
        return score(
            student_of(entry),
            observation=seen,
            outcomes=judged,
            rubric=self._rubric,
            checks=self._checks,
            lang=settings.lang,
            only=settings.only,
            due=settings.due,
        )

    def _crashed(
        self, rows: list[RosterEntry], seen: Sequence[Observation], error: Exception
    ) -> None:
        """Report the students as ungraded; what was ``seen`` is kept, to be judged later."""
        unknown = self._unknown_for(error)
        for entry in rows:
            report = ungraded_report(
                student_of(entry),
                self._rubric,
                unknown,
                seed=self._settings.seed,
                region=self._visit(entry).region,
                lang=self._settings.lang,
            )
            others = tuple(seen[1:]) if entry.group else ()
            self._on_graded(Graded(entry, next(iter(seen), None), report, others, fault=report))

    def _unknown_for(self, error: Exception) -> Unknown:
        """What a failure of the grader is in a report. On standard error, a bug's traceback, or once a
        class that the engine is lost."""
        self.failed = True
        if isinstance(error, EngineLost):
            lost = N_("The cluster was lost: {why}")
            unknown = Unknown.saying("unexpected", lost, why=error.why)
            words = said(unknown.words, self._settings.lang)
            told = "" if self._lost else printable(words)
            self._lost = True
        else:
            failed = N_("The grader failed: {error}")
            text = redact(f"{type(error).__name__}: {error}")
            unknown = Unknown.saying("unexpected", failed, error=text)
            told = trace_of(error) if self._shown.is_new(error) else ""
        if told:
            print(told, file=sys.stderr)  # noqa: T201
        return unknown
