"""What a rubric asks that an observation, made by another rubric, does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from grader.i18n.language import N_
from grader.model.fact import Found, Missing, NotTried, Unknown, value_of
from grader.model.observation import OF_RESOURCES, Scope
from grader.resources.nearest import no_such
from grader.rubric.rejudge import OTHER_FORM, judged_anew, same_answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.model.fact import Fact
    from grader.model.kind import Word
    from grader.model.observation import Exchange, Invocation, Observation
    from grader.rubric.exchange import Route
    from grader.rubric.rubric import Rubric

T = TypeVar("T")


def scope_of(rubric: Rubric) -> Scope:
    """What an observation made by ``rubric`` is about."""
    lab, rules = rubric.lab, rubric.exchange
    return Scope(
        lab.functions,
        lab.queues,
        tuple(rules.fields),
        rules.keys,
        rules.pairs,
        rules.deadline_s,
        fields=rules.message if isinstance(rules.message, dict) else {},
        expect=rules.expect,
        within=rules.within,
        route=rules.route.names,
        kept=True,
    )


def restrict_to(seen: Observation, rubric: Rubric, region: str) -> Observation:
    """``seen`` with ``not-observed`` for whatever ``rubric`` would have looked for elsewhere.

    That is another function or queue under the same name, another message, more pairs than were sent,
    more patience than silent pairs were given, another ``region``. Answers are judged anew where other
    ones are right, or stand under other keys; version 0.1.0 kept too little for that.
    """
    before, now = seen.asked, scope_of(rubric)
    if before is None:
        return seen
    if seen.region != region:
        elsewhere = N_("This observation was made in {found}, not in {region}.")
        where = _not_observed(elsewhere, found=seen.region, region=region)
        nothing = dict.fromkeys((*now.functions, *now.queues), where)
        return _without(seen, nothing, where)
    other = N_("This observation is of {found}, not of {expected}.")
    lacking: dict[str, Missing] = {}
    others: dict[str, Unknown] = {}
    both: dict[Word, tuple[dict[str, str], dict[str, str]]] = {
        "function": (before.functions, now.functions),
        "queue": (before.queues, now.queues),
    }
    for word, (old, new) in both.items():
        for role in old.keys() & new.keys():
            found = seen.found_as.get(role)
            name = old[role] if found is None else found.name
            may_be_found = role in rubric.lab.found
            if found is not None and found.how == "use":
                continue  # whoever ran it chose it, whatever a rubric calls it
            if old[role] == new[role] and name != old[role] and not may_be_found:
                lacking[role] = no_such(word, new[role], seen.region)
            elif not _is_of(old[role], name, new[role]):
                expected = new[role] or role
                others[role] = _not_observed(other, found=name or role, expected=expected)
    seen = _as_named(seen, lacking, rubric.exchange.route)
    behaviour = next((others[name] for name in now.route if name in others), None)
    same_message = (before.message, before.fields) == (now.message, now.fields)
    judgeable = before.kept or same_answers(seen, rubric.exchange)
    if before.route != now.route or not (same_message and judgeable):
        behaviour = _not_observed(OTHER_FORM)
    changed = _without(judged_anew(seen, rubric.exchange), others, behaviour)
    waited = N_("Answers were waited for {waited} s, not {expected} s.")
    sooner = _not_observed(waited, waited=before.deadline_s, expected=now.deadline_s)
    if now.deadline_s > before.deadline_s:
        changed = _but_cut_short(changed, rubric.exchange.route, before.deadline_s, sooner)
    if now.pairs > before.pairs and isinstance(changed.exchange, Found):
        sent = N_("{sent} pairs were sent, not {expected}.")
        fewer = _not_observed(sent, sent=before.pairs, expected=now.pairs)
        return msgspec.structs.replace(changed, exchange=fewer)
    if now.deadline_s > before.deadline_s and _was_waited_out(changed.exchange, before.deadline_s):
        return msgspec.structs.replace(changed, exchange=sooner)
    return changed


def _is_of(old: str, name: str, new: str) -> bool:
    """The resource judged as ``old``, called ``name``, is also the one that ``new`` asks for. Both are
    empty where any name will do."""
    if new == old:
        return True
    return name == new if new else name != old


def _as_named(seen: Observation, missing: Mapping[str, Missing], route: Route) -> Observation:
    """``seen`` as if nothing had been found in place of names that are ``missing``."""
    for role, lacking in missing.items():
        own = "functions" if role in seen.functions else "queues"
        untried = NotTried.after(f"{own}.{role}", lacking)
        seen = msgspec.structs.replace(
            seen,
            **{
                fact: _but(seen.of_resources(fact), {role: lacking if fact == own else untried})
                for fact in OF_RESOURCES
            },
            further={fact: _but(facts, {role: untried}) for fact, facts in seen.further.items()},
            found_as={
                other: found_as for other, found_as in seen.found_as.items() if other != role
            },
        )
        # Without the queue it comes from, a message can still be handed to the function directly.
        at_work = ("exchange",) if role == route.source else ("handler", "records", "exchange")
        if role in route.names:
            seen = msgspec.structs.replace(seen, **dict.fromkeys(at_work, untried))
    return seen


def _was_waited_out(exchange: Fact[Exchange], deadline_s: float) -> bool:
    """A pair stayed silent for the whole deadline: with more patience its answer may have come."""
    return (
        isinstance(exchange, Found)
        and exchange.value.patience_s >= deadline_s
        and not all(pair.answers for pair in exchange.value.pairs)
    )


def _but_cut_short(
    seen: Observation, route: Route, deadline_s: float, sooner: Unknown
) -> Observation:
    """``seen`` with ``sooner`` for an invocation cut by the deadline, and for what rests on it."""
    function = value_of(seen.functions.get(route.through, sooner))
    if function is None or function.timeout_s <= deadline_s:
        return seen  # Lambda itself would have ended it
    if _is_cut(seen.handler):
        rests_on_it = {
            name: sooner
            for name in ("records", "exchange")
            if isinstance(fact := getattr(seen, name), NotTried) and fact.because == "handler"
        }
        return msgspec.structs.replace(seen, handler=sooner, **rests_on_it)
    return msgspec.structs.replace(seen, records=sooner) if _is_cut(seen.records) else seen


def _is_cut(fact: Fact[Invocation]) -> bool:
    """It was still running when the wait for it ended, and nothing had come that makes it right."""
    made = value_of(fact)
    running = made is not None and made.failure == "timed-out" and made.error is None
    return running and made is not None and not made.answered


def _not_observed(template: str, **values: object) -> Unknown:
    return Unknown.saying("not-observed", template, **values)


def _without(
    seen: Observation, others: Mapping[str, Unknown], behaviour: Unknown | None
) -> Observation:
    return msgspec.structs.replace(
        seen,
        **{fact: _but(seen.of_resources(fact), others) for fact in OF_RESOURCES},
        further={fact: _but(facts, others) for fact, facts in seen.further.items()},
        handler=behaviour or seen.handler,
        records=behaviour or seen.records,
        exchange=behaviour or seen.exchange,
    )


def _but(facts: Mapping[str, Fact[T]], others: Mapping[str, Fact[Any]]) -> dict[str, Fact[T]]:
    return {name: others.get(name, fact) for name, fact in facts.items()}
