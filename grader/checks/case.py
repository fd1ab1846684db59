"""One thing to judge: a criterion, an observation, and a pair where there is one for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from grader.checks.step_rule import StepContext
from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Fact, Unknown, value_of
from grader.rubric.rules import split_on

if TYPE_CHECKING:
    from grader.i18n.message import Message
    from grader.model.kind import Need
    from grader.model.observation import Mappings, Observation
    from grader.rubric.rubric import Criterion, Rubric


@dataclass(frozen=True)
class Bound:
    """A criterion bound to its check: ``expect`` converted, ``on`` taken apart.

    ``source`` and ``target`` are the rubric's names, the same where ``on`` is one resource.
    ``fault`` says why ``expect`` could not be converted.
    """

    rubric: Rubric
    criterion: Criterion
    number: int
    expect: Any = None
    fault: str = ""
    source: str = field(init=False)
    target: str = field(init=False)

    def __post_init__(self) -> None:
        source, target = ends(self.criterion.on)
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "target", target)

    @classmethod
    def to(cls, rubric: Rubric, number: int, expect: Any) -> Bound:
        """The criterion ``number`` of ``rubric``, for a check whose ``expect`` is of that type."""
        criterion = rubric.criteria[number]
        if expect is None:
            return cls(rubric, criterion, number)
        try:
            return cls(rubric, criterion, number, msgspec.convert(criterion.expect, expect))
        except msgspec.ValidationError as error:
            return cls(rubric, criterion, number, fault=str(error))

    @property
    def fed(self) -> str | None:
        """The function that the rubric feeds from the source queue, by the rubric's name."""
        for criterion in self.rubric.criteria:
            source, target = ends(criterion.on)
            if source == self.source and target in self.rubric.lab.functions:
                return target
        return None

    def timeout_asked_of(self, function: str | None) -> Criterion | None:
        """The criterion that asks for the timeout of ``function``, by the rubric's name."""
        return next(
            (c for c in self.rubric.criteria if c.check == "function_timeout" and c.on == function),
            None,
        )


@dataclass(frozen=True, slots=True)
class Case:
    """What one test is run for. ``pair`` counts from 0."""

    bound: Bound
    observation: Observation
    number: int
    pair: int | None = None

    def role(self, need: Need) -> str:
        """The rubric's name of the resource that ``need`` is a fact of; empty for the exchange."""
        return "" if need.end is None else getattr(self.bound, need.end)

    def name(self, role: str) -> str:
        """AWS's name of the resource that is judged as ``role``; the rubric's own without one."""
        found = self.observation.found_as.get(role)
        return found.name if found else self.bound.rubric.lab.names.get(role) or role

    @property
    def source_name(self) -> str:
        """AWS's name of the queue at the beginning of the criterion's ``on``."""
        return self.name(self.bound.source)

    def instead(self, *roles: str) -> Message | None:
        """That something else plays a part which what is judged as one of ``roles`` does not play."""
        for role in roles:
            found = self.observation.found_as.get(role)
            if found is not None and found.how == "name":
                return message(N_("{name}, {how}."), name=found.name, how=found.said)
        return None

    @property
    def target_name(self) -> str:
        """AWS's name of the function at the end of the criterion's ``on``."""
        return self.name(self.bound.target)

    def may_be_another(self, role: str) -> bool:
        """The function ``role`` is not known, and may be one that plays its part under another name."""
        unknown = isinstance(self.fact("functions", role), Unknown)
        found = role in self.observation.found_as
        return unknown and not found and role in self.bound.rubric.lab.found

    @property
    def exchange_mappings(self) -> Fact[Mappings]:
        """The mappings of the queue from which the exchange feeds the function."""
        return self.fact("mappings", self.bound.rubric.exchange.route.source)

    @property
    def step_context(self) -> StepContext:
        """What the next step after a failure of the exercised function may speak of."""
        rules, mappings = self.bound.rubric.exchange, value_of(self.exchange_mappings)
        function = value_of(self.fact("functions", rules.route.through))
        return StepContext(
            keys=tuple(rules.fields),
            output=self.name(rules.route.to),
            region=self.observation.region,
            function=function,
            rules=rules,
            timeout_asked=self.bound.timeout_asked_of(rules.route.through) is not None,
            qualifier=mappings.qualifier_of(function.name) if mappings and function else "",
        )

    def fact(self, part: str, name: str = "") -> Fact[Any]:
        """The fact at ``part`` (and ``name``, where the part has several)."""
        if not name:
            return getattr(self.observation, part)  # type: ignore[no-any-return]
        nothing = N_("This observation holds nothing about “{name}”.")
        absent = Unknown.saying("not-observed", nothing, name=name)
        return self.observation.of_resources(part).get(name, absent)


def ends(on: str) -> tuple[str, str]:
    """Both ends of a criterion's ``on``: ``a -> b`` has two, ``a`` is its own."""
    stops = split_on(on)
    return stops[0], stops[-1]
