"""One account, looked at and exercised: every fact that the rubric asks for."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grader import __version__
from grader.aws.account_client import value_of
from grader.i18n.language import N_
from grader.model.observation import (
    IN_TRANSITION,
    Fact,
    Found,
    Function,
    Identity,
    Mappings,
    Observation,
    Queue,
    Runs,
    Schedule,
    Unknown,
)
from grader.model.timestamps import iso, now
from grader.observe.exercise import Behaviour, exercise
from grader.observe.function import is_pending, observe_function
from grader.observe.mapping import observe_mappings
from grader.observe.obstacles import Stage
from grader.observe.pairs import Pairs
from grader.observe.queues import observe_queue
from grader.observe.ready import when_ready
from grader.observe.runs import observe_runs
from grader.observe.schedule import observe_schedule
from grader.observe.scope import asked_by
from grader.rubric.load import environment_names

if TYPE_CHECKING:
    import threading

    from grader.aws.account_client import Aws
    from grader.rubric.load import Rubric

SUM, INPUT, OUTPUT = "sum", "input", "output"
"""The rubric's names for what an exchange goes through."""

RUNS_CHECK = "schedule_runs"

_LOOKING = frozenset(
    {
        "function_exists",
        "function_runtime",
        "function_memory",
        "function_timeout",
        "function_environment",
        "queue_exists",
        "mapping_enabled",
        "schedule_enabled",
        RUNS_CHECK,
    }
)
"""The lab's checks that ask only what is there. Any other may ask what the function does."""

NOT_EXERCISED = Unknown.saying(
    "not-observed", N_("The function was not exercised (--no-exchange).")
)
RUN_BY_THE_GRADER = Unknown.saying(
    "not-observed",
    N_(
        "The grader and the queue run this function, so its log does not tell what its schedule"
        " ran."
    ),
)


def observe(
    aws: Aws,
    rubric: Rubric,
    identity: Fact[Identity],
    *,
    seed: int,
    attempt: int,
    exchange: bool,
    stop: threading.Event,
) -> Observation:
    """Everything the rubric asks of the account behind ``aws``, as far as AWS lets it be seen.

    ``identity`` was asked already (:func:`~grader.observe.identity.observe_identity`); where it is not
    found, nothing else is asked. ``exchange`` false looks only. Raises
    :class:`~grader.observe.output.Interrupted` when ``stop`` is set in the meantime.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    look = _Look(aws, rubric, stop)
    if isinstance(identity, Found):
        look.at_everything()
        done = look.exercise(seed, identity.value.account_id, attempt, exchange=exchange)
        look.at_runs()
    else:
        unknown = (
            identity if isinstance(identity, Unknown) else Unknown("unexpected", "no identity")
        )
        look.at_nothing(unknown)
        done = Behaviour(unknown, unknown, unknown)
        if unknown.kind == "account-mismatch":
            done.flags.add("account-mismatch")
    return Observation(
        region=aws.region,
        seed=seed,
        attempt=attempt,
        started_at=iso(started),
        finished_at=now(),
        duration_s=round(time.monotonic() - clock, 3),
        grader_version=__version__,
        identity=identity,
        functions=look.functions,
        queues=look.queues,
        mappings=look.mappings,
        schedules=look.schedules,
        handler=done.handler,
        records=done.records,
        exchange=done.exchange,
        runs=look.runs,
        asked=asked_by(rubric),
        flags=tuple(sorted(done.flags)),
    )


def needs_exercise(rubric: Rubric) -> bool:
    """Some criterion asks what the function does, so that it must be run and its queues used."""
    return any(criterion.check not in _LOOKING for criterion in rubric.criteria)


class _Look:
    """Looks at each thing that the rubric names, once."""

    def __init__(self, aws: Aws, rubric: Rubric, stop: threading.Event) -> None:
        self._aws, self._rubric, self._stop = aws, rubric, stop
        self.functions: dict[str, Fact[Function]] = {}
        self.queues: dict[str, Fact[Queue]] = {}
        self.mappings: dict[str, Fact[Mappings]] = {}
        self.schedules: dict[str, Fact[Schedule]] = {}
        self.runs: dict[str, Fact[Runs]] = {}
        self._urls: dict[str, str | None] = {}
        self._unready: set[str] = set()

    def at_nothing(self, unknown: Unknown) -> None:
        """The account cannot be asked: every fact is that same unknown."""
        lab = self._rubric.lab
        self.functions = dict.fromkeys(lab.functions, unknown)
        self.queues = dict.fromkeys(lab.queues, unknown)
        self.mappings = dict.fromkeys(lab.queues, unknown)
        self.schedules = dict.fromkeys(self._scheduled(), unknown)
        self.runs = dict.fromkeys(self._run(), unknown)

    def at_everything(self) -> None:
        """Functions, queues, mappings and schedules, waiting for what is in transition."""
        lab, variables = self._rubric.lab, environment_names(self._rubric)
        for role, name in lab.functions.items():
            self.functions[role] = self._function(role, name, variables.get(role, ()))
        for role, name in lab.queues.items():
            self.queues[role], self._urls[role] = observe_queue(self._aws, name)
        for role in lab.queues:
            self.mappings[role] = self._mappings(role)
        for role in self._scheduled():
            self.schedules[role] = observe_schedule(self._aws, role, self.functions[role])
        # A client is some 0.2 MB; hundreds of accounts are exercised at once, and that asks SQS alone
        # again, and Lambda by a client of its own.
        self._aws.close(but={"sqs"})

    def _scheduled(self) -> list[str]:
        """Functions whose schedule some criterion asks for."""
        named = {c.on for c in self._rubric.criteria if c.check.startswith("schedule")}
        return [role for role in self._rubric.lab.functions if role in named]

    def at_runs(self) -> None:
        """Runs by schedule. To be called last: it may wait, and runs have time to come meanwhile."""
        clock = time.monotonic()
        for role in self._run():
            if role == SUM:
                self.runs[role] = RUN_BY_THE_GRADER
                continue
            self.runs[role] = observe_runs(
                self._aws,
                role,
                self.functions[role],
                self.schedules[role],
                self._stop,
                waited_s=time.monotonic() - clock,
            )

    def _run(self) -> list[str]:
        """Functions whose runs some criterion asks for."""
        named = {c.on for c in self._rubric.criteria if c.check == RUNS_CHECK}
        return [role for role in self._rubric.lab.functions if role in named]

    def _function(self, role: str, name: str, variables: tuple[str, ...]) -> Fact[Function]:
        def pending(fact: Fact[Function]) -> bool:
            return isinstance(fact, Found) and is_pending(fact.value)

        fact, ready = when_ready(
            lambda: observe_function(self._aws, name, variables), pending, self._stop
        )
        if not ready:
            self._unready.add(role)
        return fact

    def _mappings(self, role: str) -> Fact[Mappings]:
        fed = self._rubric.lab.functions.get(SUM) if role == INPUT else None

        def in_transition(fact: Fact[Mappings]) -> bool:
            return isinstance(fact, Found) and any(
                m.state in IN_TRANSITION for m in fact.value.of_queue
            )

        fact, ready = when_ready(
            lambda: observe_mappings(self._aws, role, self.queues[role], fed),
            in_transition,
            self._stop,
        )
        mappings = value_of(fact)
        if ready or mappings is None or any(m.state == "Enabled" for m in mappings.of_queue):
            return fact
        state = next(m.state for m in mappings.of_queue if m.state in IN_TRANSITION)
        still = N_("The event source mapping was still {state} after a minute.")
        return Unknown.saying("not-ready", still, state=state)

    def exercise(self, seed: int, account_id: str, attempt: int, *, exchange: bool) -> Behaviour:
        """The function at work, where the rubric has one and ``exchange`` allows it."""
        lab, rules = self._rubric.lab, self._rubric.exchange
        if not exchange:
            return Behaviour(NOT_EXERCISED, NOT_EXERCISED, NOT_EXERCISED)
        if not needs_exercise(self._rubric):
            nobody_asks = N_("No criterion asks what the function does.")
            unasked = Unknown.saying("not-observed", nobody_asks)
            return Behaviour(unasked, unasked, unasked)
        if SUM not in lab.functions or not {INPUT, OUTPUT} <= lab.queues.keys():
            none_named = N_("The rubric names no function between two queues.")
            absent = Unknown.saying("not-observed", none_named)
            return Behaviour(absent, absent, absent)
        stage = Stage(
            function=self.functions[SUM],
            function_ready=SUM not in self._unready,
            input_name=lab.queues[INPUT],
            input=self.queues[INPUT],
            input_url=self._urls[INPUT],
            output=self.queues[OUTPUT],
            output_url=self._urls[OUTPUT],
            input_mappings=self.mappings[INPUT],
            output_mappings=self.mappings[OUTPUT],
        )
        pairs = Pairs(seed, account_id, attempt, *rules.range)
        return exercise(self._aws, stage, rules, pairs, self._stop)
