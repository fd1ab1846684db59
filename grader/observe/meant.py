"""Which resource was meant: another plays the part of the one that is judged, or one is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Fact, Found, Missing, Unknown
from grader.model.observation import FoundAs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grader.rubric.parts import Parts

_INSTEAD = N_(
    "which has the name of the lab, but plays no part here, while {other} does, {how}. If {other} is"
    " meant, say so to your instructor, or with grader check --use {role}={other}"
)
NOT_THERE = N_("{reason} It was asked for by --use {role}={name}: nothing was run.")


def but_another(name: str, role: str, other: FoundAs) -> FoundAs:
    """``name`` is judged, because the rubric gives ``role`` that name, but ``other`` plays the part."""
    said = message(_INSTEAD, role=role, other=other.name, how=other.said)
    return FoundAs(name, "name", said)


def not_there(missing: Missing, role: str, name: str) -> Unknown:
    """The fact for a resource that does not exist although the user named it to be judged.

    It says nothing of what the student made: it is unknown, and not missing.
    """
    return Unknown.saying("unexpected", NOT_THERE, reason=missing.words, role=role, name=name)


def idle(
    parts: Parts, facts: Mapping[str, Mapping[str, Fact[Any]]], names: Mapping[str, str]
) -> Iterator[str]:
    """The unconnected resources: a function that no queue feeds or nothing runs periodically, and a
    queue that feeds nothing while another queue feeds the function."""
    for function, queue in parts.feeds.items():
        mappings = facts["mappings"].get(queue)
        if mappings is None or not isinstance(facts["functions"].get(function), Found):
            continue
        if not isinstance(mappings, Found):
            yield function
        elif all(mapping.function_name != names[function] for mapping in mappings.value.of_queue):
            if not mappings.value.elsewhere:
                yield function
            elif not mappings.value.of_queue:
                yield queue
    for function in parts.scheduled:
        schedule = facts["schedules"].get(function)
        if isinstance(schedule, Found) and not schedule.value.triggers:
            yield function
