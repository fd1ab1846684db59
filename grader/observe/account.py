"""One account, looked at and exercised: every fact that a rubric's checks ask for."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from grader import __version__
from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.observation import (
    OF_RESOURCES,
    Fact,
    Found,
    FoundAs,
    Identity,
    Missing,
    NotTried,
    Observation,
    Unknown,
)
from grader.model.timestamps import iso, now
from grader.observe.exercise import Behaviour, exercise
from grader.observe.obstacles import Stage
from grader.observe.scope import asked_by
from grader.resources.find import NAMELESS, Finder, not_found
from grader.resources.inventory import Inventory
from grader.rubric.pairs import Pairs
from grader.rubric.parts import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grader.aws.account_client import Aws
    from grader.model.kind import Kind
    from grader.resources.ready import Waits
    from grader.rubric.load import Rubric
    from grader.rubric.needs import Needs

NOT_EXERCISED = Unknown.saying(
    "not-observed", N_("The function was not exercised (--no-exchange).")
)
NOBODY_ASKS = Unknown.saying("not-observed", N_("No criterion asks what the function does."))


def observe(
    aws: Aws,
    rubric: Rubric,
    needs: Needs,
    kinds: Sequence[Kind[Any]],
    identity: Fact[Identity],
    *,
    seed: int,
    attempt: int,
    exchange: bool,
    waits: Waits,
    use: Mapping[str, str] | None = None,
) -> Observation:
    """What the checks of ``rubric`` need of the account behind ``aws``, as far as AWS lets it be seen.

    ``kinds`` are looked at in their order. ``identity`` was asked already
    (:func:`~grader.observe.identity.observe_identity`); where it is not found, nothing else is asked.
    ``exchange`` false looks only. ``use`` are AWS's names of resources that are judged instead of those
    that the rubric names or that would be found, by the rubric's own. Raises :class:`Interrupted` when
    ``waits.stop`` is set meanwhile.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    look = _Look(aws, rubric, needs, waits, use or {}, exchange=exchange)
    if isinstance(identity, Found):
        named, others = split(kinds)
        look.at(named)
        look.find(named, identity.value.account_id)
        look.at(kind for kind in others if not kind.last)
        # A client is some 0.2 MB; hundreds of accounts are exercised at once, and that asks SQS alone
        # again, and Lambda by a client of its own.
        aws.close(but={"sqs"})
        done = look.exercise(seed, identity.value.account_id, attempt)
        # These wait, and what they wait for has time to come meanwhile.
        look.at(kind for kind in others if kind.last)
    else:
        unknown = (
            identity if isinstance(identity, Unknown) else Unknown("unexpected", "no identity")
        )
        look.facts = {fact: dict.fromkeys(roles, unknown) for fact, roles in needs.facts.items()}
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
        functions=look.facts["functions"],
        queues=look.facts["queues"],
        mappings=look.facts["mappings"],
        schedules=look.facts["schedules"],
        runs=look.facts["runs"],
        further={
            fact: _as_kept(seen)
            for fact, seen in look.facts.items()
            if seen and fact not in OF_RESOURCES
        },
        handler=done.handler,
        records=done.records,
        exchange=done.exchange,
        asked=asked_by(rubric),
        found_as=look.found_as,
        flags=tuple(sorted(done.flags)),
    )


def split(kinds: Sequence[Kind[Any]]) -> tuple[list[Kind[Any]], list[Kind[Any]]]:
    """The kinds that are looked for by name, each in an account once, and those that rest on them."""
    return [kind for kind in kinds if kind.always], [kind for kind in kinds if not kind.always]


def _as_kept(seen: dict[str, Fact[Any]]) -> dict[str, Fact[Any]]:
    """Facts with their values as JSON has them: as they will be once they were stored."""
    return {
        role: Found(msgspec.to_builtins(fact.value)) if isinstance(fact, Found) else fact
        for role, fact in seen.items()
    }


class _Look:
    """Looks at each thing that the checks need, once. See :class:`~grader.resources.look.Look`."""

    def __init__(
        self,
        aws: Aws,
        rubric: Rubric,
        needs: Needs,
        waits: Waits,
        use: Mapping[str, str],
        *,
        exchange: bool,
    ) -> None:
        self.aws, self.waits = aws, waits
        self._rubric, self._needs, self._exchange = rubric, needs, exchange
        self._names = {**rubric.lab.names, **use}
        self.found_as = {
            role: FoundAs(name, "use", message(N_("which --use names")))
            for role, name in use.items()
        }
        self.facts: dict[str, dict[str, Fact[Any]]] = {}
        self.urls: dict[str, str | None] = {}
        self.pending: set[str] = set()
        self.began = 0.0

    def at(self, kinds: Iterable[Kind[Any]]) -> None:
        """What is needed of these kinds, waiting for what is in transition."""
        self.began = time.monotonic()
        for kind in kinds:
            seen = self.facts[kind.fact] = {}
            for role in self._needs.facts[kind.fact]:
                seen[role] = kind.look(self, role) if self._names[role] else NAMELESS

    def find(self, kinds: Iterable[Kind[Any]], account_id: str) -> None:
        """Find what has no name, or another one than the rubric's, by the part it plays."""
        seen = {role: self.facts[kind.fact] for kind in kinds for role in self.facts[kind.fact]}
        sought = [
            role
            for role in self._rubric.lab.found
            if role in seen and role not in self.found_as and isinstance(seen[role][role], Missing)
        ]
        if not sought:
            return
        of_kind = {role: kind for kind in kinds for role in self.facts[kind.fact]}
        known = {
            role: self._names[role] for role in seen if not isinstance(seen[role][role], Missing)
        }
        parts = parts_of(self._rubric, self._needs.facts["schedules"])
        finder = Finder(Inventory(self.aws, account_id), parts, known)
        for role in finder.order(sought):
            found = finder.find(role)
            if isinstance(found, FoundAs):
                self.found_as[role] = found
                known[role] = self._names[role] = found.name
                seen[role][role] = of_kind[role].look(self, role)
            elif isinstance(missing := seen[role][role], Missing):
                seen[role][role] = not_found(missing, of_kind[role].word, role, found)
        for role, queues in self._needs.held.items():
            # Its variables were looked at before it was known which queue they may hold.
            if isinstance(seen[role][role], Found) and any(one in self.found_as for one in queues):
                seen[role][role] = of_kind[role].look(self, role)

    def name(self, role: str) -> str:
        """AWS's name of the resource."""
        return self._names[role]

    def fact(self, fact: str, role: str) -> Fact[Any]:
        """What was seen before."""
        return self.facts[fact][role]

    def variables(self, role: str) -> tuple[str, ...]:
        """The variables of the function's environment that the checks ask about."""
        return self._needs.variables[role]

    def held(self, role: str) -> dict[str, str]:
        """The queues that a variable of the function may be asked to hold, by the rubric's names."""
        return {queue: self.name(queue) for queue in self._needs.held.get(role, ())}

    def fed_by(self, role: str) -> str | None:
        """AWS's name of the function that the exchange feeds from the queue."""
        taken = self._rubric.exchange.route
        return self._names.get(taken.through) or None if role == taken.source else None

    def exercised(self, role: str) -> bool:
        """The exchange runs this function."""
        return (
            role == self._rubric.exchange.route.through and self._needs.exercise and self._exchange
        )

    def exercise(self, seed: int, account_id: str, attempt: int) -> Behaviour:
        """The function at work, where some check asks for it and the run may."""
        lab, rules = self._rubric.lab, self._rubric.exchange
        if not self._exchange:
            return Behaviour(NOT_EXERCISED, NOT_EXERCISED, NOT_EXERCISED)
        if not self._needs.exercise:
            return Behaviour(NOBODY_ASKS, NOBODY_ASKS, NOBODY_ASKS)
        taken = rules.route
        through, source, to = taken.through, taken.source, taken.to
        if through not in lab.functions or not {source, to} <= lab.queues.keys():
            none_named = N_("The rubric names no function between two queues.")
            absent = Unknown.saying("not-observed", none_named)
            return Behaviour(absent, absent, absent)
        for fact in ("functions", "queues"):
            for role in self.found_as.keys() & self.facts[fact].keys():
                wrong = self.facts[fact][role]
                if self.found_as[role].how == "use" and isinstance(wrong, Missing):
                    # Somebody meant another one: nothing is run on a guess.
                    untried = NotTried.after(f"{fact}.{role}", wrong)
                    return Behaviour(untried, untried, untried)
        stage = Stage(
            function=self.facts["functions"][through],
            function_ready=through not in self.pending,
            input_name=self._names[source] or source,
            input=self.facts["queues"][source],
            input_url=self.urls.get(source),
            output=self.facts["queues"][to],
            output_url=self.urls.get(to),
            input_mappings=self.facts["mappings"][source],
            output_mappings=self.facts["mappings"][to],
            route=taken,
        )
        pairs = Pairs(rules, seed, account_id, attempt)
        return exercise(self.aws, stage, rules, pairs, self.waits)
