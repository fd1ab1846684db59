"""What the checks of a rubric ask for: which facts of which resources, and whether to run anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.model.kind import EVERYTHING
from grader.rubric.rules import EXCHANGE_ROUTE, route

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from grader.model.kind import Kind
    from grader.model.outcome import CheckInfo
    from grader.rubric.load import Criterion, Rubric


@dataclass(frozen=True)
class Needs:
    """What is looked at, and what is done, to judge by a rubric. Resources have the rubric's own names.

    ``facts`` are the resources by the name of the fact that is asked of them, ``variables`` those of a
    function's environment by the function. ``exercise``: some check asks what the function does, so it
    is run and its queues are used.
    """

    facts: Mapping[str, tuple[str, ...]]
    variables: Mapping[str, tuple[str, ...]]
    exercise: bool


def needs_of(rubric: Rubric, checks: Mapping[str, CheckInfo], kinds: Sequence[Kind[Any]]) -> Needs:
    """The union over the criteria of what each one's check asks for, and what that rests on."""
    named = rubric.lab.named
    asked: dict[str, set[str]] = {k.fact: {*named[k.word]} if k.always else set() for k in kinds}
    variables: dict[str, dict[str, None]] = {}
    exercise = False
    for criterion in rubric.criteria:
        info = checks[criterion.check]
        ends = route(criterion.on)
        variables.setdefault(ends[-1], {}).update(dict.fromkeys(_variables(criterion, info)))
        for need in info.needs:
            exercise |= need.word is None
            if need == EVERYTHING:
                for kind in kinds:
                    asked[kind.fact].update(() if kind.last else named[kind.word])
            elif need.word is not None:
                asked[need.fact].add(ends[0] if need.end == "source" else ends[-1])
    if exercise:  # whether an answer could come round again is for the mappings to say
        asked["mappings"].update(EXCHANGE_ROUTE)
    for kind in reversed(kinds):
        for fact in kind.after:
            asked[fact] |= asked[kind.fact]
    return Needs(
        {kind.fact: tuple(r for r in named[kind.word] if r in asked[kind.fact]) for kind in kinds},
        {role: tuple(variables.get(role, ())) for role in rubric.lab.functions},
        exercise,
    )


def _variables(criterion: Criterion, info: CheckInfo) -> Collection[str]:
    if info.environment != "expect":
        return info.environment
    return criterion.expect if isinstance(criterion.expect, dict) else ()
