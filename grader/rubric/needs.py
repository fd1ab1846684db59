"""What the checks of a rubric ask for: which facts of which resources, and whether to run anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader.model.kind import EVERYTHING, EXCHANGE
from grader.rubric.rules import split_on

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from grader.model.kind import Kind
    from grader.model.outcome import CheckInfo
    from grader.rubric.rubric import Criterion, Rubric


@dataclass(frozen=True)
class Needs:
    """What is looked at, and what is done, to judge by a rubric. Resources have the rubric's own names.

    ``facts`` maps a fact's name to the roles it is needed for; roles named by a check come first.
    ``variables`` are those of a function's environment by the function (``*``: the names of all),
    ``held`` the queues that one of them is to hold. ``exercise``: some check asks what the function
    does, so it is run and its queues are used.
    """

    facts: Mapping[str, tuple[str, ...]]
    variables: Mapping[str, tuple[str, ...]]
    exercise: bool
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def needs_of(
    rubric: Rubric,
    checks: Mapping[str, CheckInfo],
    kinds: Sequence[Kind[Any]],
    only: Collection[str] | None = None,
) -> Needs:
    """The union over the criteria of what each one's check asks for, and what that rests on.

    ``only`` are the ids of the criteria that count, if not all do.
    """
    lab, named, sections_of_route = rubric.lab, rubric.lab.named, rubric.exchange.route.sections
    asked: dict[str, set[str]] = {k.fact: {*named[k.word]} if k.always else set() for k in kinds}
    variables: dict[str, dict[str, None]] = {}
    by_name: dict[str, set[str]] = {kind.fact: set() for kind in kinds}
    held: dict[str, dict[str, None]] = {}
    exercise = False
    for criterion in rubric.criteria:
        if only is not None and criterion.id not in only:
            continue
        info = checks[criterion.check]
        ends = split_on(criterion.on)
        variables.setdefault(ends[-1], {}).update(dict.fromkeys(_variables(criterion, info)))
        held.setdefault(ends[-1], {}).update(dict.fromkeys(_held(criterion, info)))
        exercise |= info.exercises
        for need in info.needs:
            if need in EXCHANGE:
                continue
            if need == EVERYTHING:
                route_there = (
                    role in getattr(lab, part) for role, part in sections_of_route.items()
                )
                exercise |= all(route_there)
                for kind in kinds:
                    asked[kind.fact].update(() if kind.last else named[kind.word])
            else:
                role = ends[0] if need.end == "source" else ends[-1]
                asked[need.fact].add(role)
                by_name[need.fact].add(role)
    if exercise:  # whether an answer could come round again is for the mappings to say
        asked["mappings"].update(sections_of_route)
    for kind in reversed(kinds):
        for fact in kind.after:
            asked[fact] |= asked[kind.fact]
    facts: dict[str, tuple[str, ...]] = {}
    for kind in kinds:
        there = [role for role in named[kind.word] if role in asked[kind.fact]]
        facts[kind.fact] = tuple(
            sorted(there, key=(asked[kind.fact] - by_name[kind.fact]).__contains__)
        )
    listed = {role: tuple(variables.get(role, ())) for role in rubric.lab.functions}
    queues = {role: tuple(named) for role, named in held.items() if named}
    return Needs(facts, listed, exercise, queues)


def _variables(criterion: Criterion, info: CheckInfo) -> Collection[str]:
    if info.environment != "expect":
        return info.environment
    return criterion.expect if isinstance(criterion.expect, dict) else ()


def _held(criterion: Criterion, info: CheckInfo) -> Collection[str]:
    """The queues that a variable is to hold."""
    expect = criterion.expect
    if info.environment != "expect" or not isinstance(expect, dict):
        return ()
    return [
        wanted["holds"]
        for wanted in expect.values()
        if isinstance(wanted, dict) and "holds" in wanted
    ]
