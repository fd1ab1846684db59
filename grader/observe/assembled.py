"""An observation put together: of what was seen in an account, or of one that could not be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from grader import __version__
from grader.model.fact import Fact, Found
from grader.model.observation import OF_RESOURCES, Observation
from grader.model.timestamps import now
from grader.observe.exercise import Behaviour
from grader.observe.scope import scope_of

if TYPE_CHECKING:
    from grader.model.fact import Unknown
    from grader.model.observation import FoundAs, Identity
    from grader.rubric.needs import Needs
    from grader.rubric.rubric import Rubric

    Facts: TypeAlias = dict[str, dict[str, Fact[Any]]]


def unseen(
    region: str,
    identity: Fact[Identity],
    rubric: Rubric,
    needs: Needs,
    why: Unknown,
    *,
    seed: int,
    attempt: int,
) -> Observation:
    """The observation of an account of which nothing was asked but whose it is: all is ``why``."""
    done = Behaviour(why, why, why)
    if why.kind == "account-mismatch":
        done.flags.add("account-mismatch")
    facts: Facts = {fact: dict.fromkeys(roles, why) for fact, roles in needs.facts.items()}
    return assembled(
        region,
        identity,
        rubric,
        facts,
        done,
        {},
        seed=seed,
        attempt=attempt,
        started_at=now(),
        duration_s=0.0,
    )


def assembled(
    region: str,
    identity: Fact[Identity],
    rubric: Rubric,
    facts: Facts,
    done: Behaviour,
    found_as: dict[str, FoundAs],
    *,
    seed: int,
    attempt: int,
    started_at: str,
    duration_s: float,
) -> Observation:
    """What was found out, as it is kept. ``found_as`` says what was found by the part it plays."""
    return Observation(
        region=region,
        seed=seed,
        attempt=attempt,
        started_at=started_at,
        finished_at=now(),
        duration_s=duration_s,
        grader_version=__version__,
        identity=identity,
        functions=facts["functions"],
        queues=facts["queues"],
        mappings=facts["mappings"],
        schedules=facts["schedules"],
        runs=facts["runs"],
        further={
            fact: _as_kept(facts_by_role)
            for fact, facts_by_role in facts.items()
            if facts_by_role and fact not in OF_RESOURCES
        },
        handler=done.handler,
        records=done.records,
        exchange=done.exchange,
        asked=scope_of(rubric),
        found_as=found_as,
        flags=tuple(sorted(done.flags)),
    )


def _as_kept(facts_by_role: dict[str, Fact[Any]]) -> dict[str, Fact[Any]]:
    """Facts with their values as JSON has them: as they will be once they were stored."""
    return {
        role: Found(msgspec.to_builtins(fact.value)) if isinstance(fact, Found) else fact
        for role, fact in facts_by_role.items()
    }
