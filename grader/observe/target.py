"""Which function is invoked, and how: as the queue's mapping would, and no longer than it may run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.model.fact import Found

if TYPE_CHECKING:
    from grader.model.fact import Fact
    from grader.model.observation import Function, Mapping, Mappings
    from grader.rubric.exchange import ExchangeRules


@dataclass(frozen=True)
class Target:
    """The function that is invoked: which one, with what patience, under which queue's name.

    ``outlasts``: it may run for longer than its answer is waited for.
    """

    function: Function
    qualifier: str | None
    timeout_s: float
    outlasts: bool
    queue_arn: str

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.name


def target_of(
    function: Function, mappings: Fact[Mappings], queue_arn: str, rules: ExchangeRules
) -> Target:
    """The way to invoke ``function``: at the version its mapping names, while answers are waited for."""
    mapping = enabled_mapping(mappings, function.name)
    runs_s = min(function.timeout_s, rules.deadline_s)
    return Target(
        function,
        mapping.qualifier if mapping else None,
        timeout_s=runs_s,
        outlasts=function.timeout_s > runs_s,
        queue_arn=queue_arn,
    )


def enabled_mapping(mappings: Fact[Mappings], function: str) -> Mapping | None:
    """The mapping that feeds ``function``; ``None`` where none is enabled, or nobody knows."""
    of_queue = mappings.value.of_queue if isinstance(mappings, Found) else ()
    enabled = (m for m in of_queue if m.function_name == function and m.state == "Enabled")
    return next(enabled, None)
