"""One account, looked at and exercised: every fact that a rubric's checks ask for."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from grader.i18n.language import N_
from grader.model.fact import Fact, Found, Unknown
from grader.model.timestamps import iso
from grader.observe.account_observer import AccountObserver
from grader.observe.assembled import assembled, unseen
from grader.observe.exercise import Behaviour

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from grader.aws.account_client import Aws
    from grader.model.kind import Kind
    from grader.model.observation import Identity, Observation
    from grader.resources.ready import Waits
    from grader.rubric.needs import Needs
    from grader.rubric.rubric import Rubric

WAITING = Unknown.saying(
    "not-observed", N_("Waiting for what the function does; it is run, and its queues are used.")
)
"""What is not known yet when everything else was looked at. It never stands in what is kept."""


def observe(
    aws: Aws,
    rubric: Rubric,
    needs: Needs,
    kinds: Sequence[Kind[Any]],
    identity: Fact[Identity],
    *,
    seed: int,
    attempt: int,
    may_exercise: bool,
    waits: Waits,
    use: Mapping[str, str] | None = None,
    on_partial_observation: Callable[[Observation], None] | None = None,
) -> Observation:
    """What the checks of ``rubric`` need of the account behind ``aws``, as far as AWS lets it be seen.

    ``kinds`` are looked at in their order. ``identity`` was asked already
    (:func:`~grader.observe.identity.observe_identity`); where it is not found, nothing else is asked.
    ``may_exercise`` false looks only. ``use`` are AWS names by role, of resources that are judged
    instead of those that the rubric names or that would be found. ``on_partial_observation``
    is given what is known before the function is run, the rest of it :data:`WAITING`, and all of it once
    every pair has its right answer, while more messages are looked for. Raises :class:`Interrupted` when
    ``waits.stop`` is set meanwhile.
    """
    if not isinstance(identity, Found):
        unknown = (
            identity if isinstance(identity, Unknown) else Unknown("unexpected", "no identity")
        )
        return unseen(aws.region, identity, rubric, needs, unknown, seed=seed, attempt=attempt)
    started, clock = datetime.now(UTC), time.monotonic()
    observer = AccountObserver(aws, rubric, needs, waits, use or {}, may_exercise=may_exercise)

    def observation_with(behaviour: Behaviour) -> Observation:
        """The observation as it stands now, with ``behaviour`` for what the function does."""
        return assembled(
            *(aws.region, identity, rubric, observer.facts, behaviour, dict(observer.found_as)),
            seed=seed,
            attempt=attempt,
            started_at=iso(started),
            duration_s=round(time.monotonic() - clock, 3),
        )

    named, others = split(kinds)
    observer.at(named)
    observer.find(named, identity.value.account_id)
    observer.at(kind for kind in others if not kind.last)
    observer.say_what_plays_no_part()
    last = [kind for kind in others if kind.last]

    waits_after = any(needs.facts[kind.fact] for kind in last)
    told = on_partial_observation is None

    def tell_what_was_seen() -> None:
        """Report what was seen so far, once, before a step that may take long."""
        nonlocal told
        if not told and on_partial_observation is not None:
            for kind in last:
                observer.facts[kind.fact] = dict.fromkeys(needs.facts[kind.fact], WAITING)
            on_partial_observation(observation_with(Behaviour(WAITING, WAITING, WAITING)))
        told = True

    def tell_what_it_does(behaviour: Behaviour) -> None:
        """Report what the function does before the last look for messages, unless a wait follows."""
        if on_partial_observation is not None and not waits_after:
            on_partial_observation(observation_with(behaviour))

    # Free the clients (0.2 MB each): exercising needs only SQS, and makes its own Lambda client.
    aws.close(keep={"sqs"})
    behaviour = observer.exercise(
        seed, identity.value.account_id, attempt, tell_what_was_seen, tell_what_it_does
    )
    if waits_after:
        tell_what_was_seen()
    # These wait, and what they wait for has time to come meanwhile.
    observer.at(last)
    return observation_with(behaviour)


def split(kinds: Sequence[Kind[Any]]) -> tuple[list[Kind[Any]], list[Kind[Any]]]:
    """The kinds that are looked for by name, each in an account once, and those that rest on them."""
    return [kind for kind in kinds if kind.always], [kind for kind in kinds if not kind.always]
