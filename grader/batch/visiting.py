"""Visiting the accounts of a class: each way identified, each account exercised by one way at a time."""

from __future__ import annotations

import time
import zlib
from collections import deque
from concurrent.futures import Future, wait
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from grader.batch.parties import Candidates
from grader.batch.ways import CRASHED, Ways, WayStep
from grader.engines.visit import RunOptions, identify_account, may_read, observe_account
from grader.model.fact import Found, Unknown
from grader.model.observation import Observation
from grader.observe.assembled import unseen
from grader.observe.refusals import REFUSED, refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from grader.batch.parties import Party
    from grader.batch.settings import Settings
    from grader.batch.ways import Way, WayOutcome
    from grader.engines.protocol import Engine, Task
    from grader.engines.visit import Identified, Visit
    from grader.model.fact import Fact
    from grader.model.observation import Identity
    from grader.rubric.needs import Needs
    from grader.rubric.rubric import Rubric

LEAVE_S = 15
"""How long an interrupted run waits at most for its queues to be given back: a poll of 2 s has to end
first, and what is not given back then stays hidden for minutes."""

IDENTIFY_S = 10
"""Seconds to wait for STS to name the accounts before going on; what is known later is attached
then."""

ANOTHER_WAY = 1_000_000
"""What each further way to an account adds to the number of the attempt, so that it has its own pairs:
more than a cluster adds for the tasks that it runs again."""


class Visiting:
    """The tasks of a run, in an engine. ``on_task_done`` is told of each that ended, in whatever thread.

    ``on_identified`` hears whose account a way leads to and where that is asked, before anything else
    is. ``on_observed`` gets what was seen for a party once nothing more comes, ``on_crashed`` a party of
    which nothing was seen because the grader failed. ``unknown_for`` says what such a failure means for
    who is graded.
    """

    def __init__(
        self,
        parties: Mapping[str, Party],
        rubric: Rubric,
        needs: Needs,
        settings: Settings,
        engine: Engine,
        *,
        stored: Callable[[str], Sequence[Observation]],
        on_task_done: Callable[[Future[Any]], None],
        on_identified: Callable[[Identified, Visit], None],
        on_observed: Callable[[Candidates], None],
        on_crashed: Callable[[Party, Exception], None],
        unknown_for: Callable[[Exception], Unknown],
    ) -> None:
        self._parties, self._rubric, self._needs = parties, rubric, needs
        self._settings, self._engine = settings, engine
        self._stored, self._on_task_done = stored, on_task_done
        self._on_identified = on_identified
        self._on_observed, self._on_crashed = on_observed, on_crashed
        self._unknown_for = unknown_for
        self._options = RunOptions(
            settings.seed,
            settings.attempt,
            settings.exchange,
            settings.account_timeout_s,
            settings.confirm_s,
        )
        tried = [way for party in parties.values() for way in party.open_ways]
        self._ways = Ways(tried)
        self._steps = deque(WayStep("identify", way) for way in tried)
        self._running: dict[Future[Any], Callable[[Future[Any]], None]] = {}
        # When it was begun to ask whose account it is; and whose answer is not waited for any longer.
        self._asked_at: dict[Future[Any], tuple[Way, float]] = {}
        self._late: set[Future[Any]] = set()
        self._identities: dict[Way, Fact[Identity]] = {}
        self._why_not: dict[Way, Unknown] = {}
        self._looked: dict[Way, bytes] = {}
        self._failed: dict[Way, Exception] = {}
        for party in parties.values():
            if not party.open_ways:
                self._enqueue(party, [])

    @property
    def over(self) -> bool:
        """Whether nothing is left to visit."""
        return not (self._steps or self._running)

    @property
    def under_way(self) -> bool:
        """Whether a task is running that may still give something."""
        return bool(self._running)

    @property
    def due_s(self) -> float | None:
        """In how many seconds somebody may be passed over, whatever comes."""
        first = next(iter(self._asked_at.values()), None)
        return max(0.0, first[1] + IDENTIFY_S - time.monotonic()) if first else None

    def fill(self) -> None:
        """Begin whatever may be begun while no more accounts than allowed are visited at a time."""
        self._pass_over()
        while self._steps and self._at_work < self._settings.jobs:
            self._begin(self._steps.popleft())

    def take(self, future: Future[Any]) -> None:
        """Go on with what a task that ended has found."""
        self._asked_at.pop(future, None)
        self._late.discard(future)
        self._running.pop(future)(future)
        self._go_on()

    def give_back(self) -> None:
        """Tell the tasks to end, and wait a moment for their queues to be given back."""
        self._engine.stop()
        wait(self._running, timeout=LEAVE_S)

    # -- tasks --------------------------------------------------------------------------------

    @property
    def _at_work(self) -> int:
        return len(self._running) - self._engine.aside - len(self._late)

    def _pass_over(self) -> None:
        """Give up waiting for ways that hang: they hold up neither the class nor one of its slots."""
        now, before = time.monotonic(), len(self._late)
        for future, (way, since) in list(self._asked_at.items()):
            if now - since < IDENTIFY_S:
                break
            del self._asked_at[future]
            self._late.add(future)
            self._ways.passed_over(way)
        if len(self._late) > before:
            self._go_on()

    def _start(self, then: Callable[[Future[Any]], None], task: Task, *given: Any) -> Future[Any]:
        future = self._engine.submit(task, *given)
        self._running[future] = then
        future.add_done_callback(self._on_task_done)
        return future

    def _begin(self, step: WayStep) -> None:
        way, limit_s = step.way, self._settings.account_timeout_s
        visit = self._parties[way.party].visits[way]
        if step.do == "identify":
            future = self._start(partial(self._identified, way), identify_account, visit, limit_s)
            self._asked_at[future] = way, time.monotonic()
            return
        identity = self._identities[way]
        if step.do == "ask" and isinstance(identity, Found):
            then = partial(self._answered, way)
            self._start(then, may_read, visit, identity.value, self._rubric, limit_s)
            return
        attempt = self._options.attempt + step.number * ANOTHER_WAY
        options = replace(self._options, attempt=attempt)
        then = partial(self._looked_at, way)
        self._start(then, observe_account, visit, identity, self._rubric, self._needs, options)

    def _identified(self, way: Way, future: Future[Identified]) -> None:
        party = self._parties[way.party]
        try:
            found = future.result()
        except Exception as error:  # noqa: BLE001 - one student's crash must not end the class
            self._failed[way] = error
            self._ways.identified(way, None)
            return
        visit, identity = party.visits[way], found.identity
        self._identities[way] = identity
        self._on_identified(found, visit)
        if not isinstance(identity, Found):
            self._ways.identified(way, None)
            return
        account_id = identity.value.account_id
        party.led_to[way] = account_id
        if party.is_settled(account_id, visit.region):
            party.settled.add(way)
            self._ways.identified(way, None)
        else:
            place = (account_id, visit.region, visit.endpoint_url)
            self._ways.identified(way, (*place, *sorted(visit.use.items())), place)

    def _answered(self, way: Way, future: Future[Unknown | None]) -> None:
        try:
            why_not = future.result()
        except Exception as error:  # noqa: BLE001 - as above
            why_not = self._unknown_for(error)
        if why_not is None:
            self._ways.record_access(way, "reads")
            return
        self._why_not[way] = why_not
        self._ways.record_access(way, "denied" if why_not.kind in REFUSED else "unsure")

    def _looked_at(self, way: Way, future: Future[Observation]) -> None:
        try:
            seen = future.result()
        except Exception as error:  # noqa: BLE001 - as above
            self._failed[way] = error
            self._ways.record_look(way, CRASHED)
        else:
            self._looked[way] = _packed(seen)
            self._ways.record_look(way, refusals(seen))

    # -- what was seen for a party ------------------------------------------------------------

    def _go_on(self) -> None:
        self._steps.extend(self._ways.steps())
        for name, outcomes in self._ways.settled():
            self._enqueue(self._parties[name], outcomes)

    def _enqueue(self, party: Party, outcomes: Sequence[WayOutcome]) -> None:
        """Hand on everything that was seen for a party, now and earlier."""
        stored = self._stored(party.name)
        failed = [way for _, way in outcomes if way in self._failed]
        if failed and len(outcomes) == 1 and not stored:
            self._on_crashed(party, self._failed[failed[0]])
            return
        observed_now: list[Observation] = []
        nowhere: dict[Way, Observation] = {}
        for what, way in outcomes:
            if what == "nowhere":
                if way not in party.settled:
                    nowhere[way] = self._unseen(party, way)
            elif what == "seen" and way in self._looked:
                observed_now.append(_unpacked(self._looked[way]))
            else:
                observed_now.append(self._unseen(party, way))
        keep_best = self._settings.keep == "best"
        self._on_observed(Candidates(party, observed_now, nowhere, stored, keep_best=keep_best))

    def _unseen(self, party: Party, way: Way) -> Observation:
        """The observation for a way that leads nowhere, may not read, or made the grader fail."""
        identity = self._identities.get(way)
        if way in self._failed:
            why = self._unknown_for(self._failed[way])
        elif isinstance(identity, Unknown):
            why = identity
        else:
            why = self._why_not[way]
        return unseen(
            party.visits[way].region,
            identity or why,
            self._rubric,
            self._needs,
            why,
            seed=self._options.seed,
            attempt=self._options.attempt,
        )


def _packed(seen: Observation) -> bytes:
    """An observation kept for rows that lead to the same account later: a fifth of its size."""
    return zlib.compress(msgspec.json.encode(seen), 1)


def _unpacked(packed: bytes) -> Observation:
    return msgspec.json.decode(zlib.decompress(packed), type=Observation)
