"""Which function is invoked, and how: as the queue's mapping would, and no longer than it may run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.model.fact import Found
from grader.resources.mappings import observe_mappings

if TYPE_CHECKING:
    from grader.aws.account_client import Aws
    from grader.model.fact import Fact
    from grader.model.observation import Function, Mapping, Mappings
    from grader.observe.obstacles import Stage
    from grader.rubric.exchange import ExchangeRules


@dataclass(frozen=True)
class Target:
    """The function that is invoked: which one, with what patience, under which queue's name.

    ``outlasts``: it may run for longer than its answer is waited for. ``reports_failures``: where it
    returns ``batchItemFailures``, the queue's mapping takes it to have failed.
    """

    function: Function
    qualifier: str | None
    timeout_s: float
    outlasts: bool
    queue_arn: str
    reports_failures: bool = False

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
        reports_failures=mapping is not None and mapping.reports_failures,
    )


def input_arn(stage: Stage, function: Function) -> str:
    """The ARN of the queue that messages come from, or would if there were one."""
    if isinstance(stage.input, Found):
        return stage.input.value.arn
    # The function must not tell from the event that its queue is missing: that is graded apart.
    partition, region, account = (function.arn.split(":")[n] for n in (1, 3, 4))
    return f"arn:{partition}:sqs:{region}:{account}:{stage.input_name}"


def enabled_mapping(mappings: Fact[Mappings], function: str) -> Mapping | None:
    """The mapping that feeds ``function``; ``None`` where none is enabled, or nobody knows."""
    of_queue = mappings.value.of_queue if isinstance(mappings, Found) else ()
    enabled = (m for m in of_queue if m.function_name == function and m.state == "Enabled")
    return next(enabled, None)


def problem_of(aws: Aws, stage: Stage, function: str) -> str:
    """What AWS says by now went wrong last in the enabled mapping that feeds ``function``; else empty.

    Source: Lambda ListEventSourceMappings.
    """
    now = observe_mappings(aws, stage.route.source, stage.input, function)
    mapping = enabled_mapping(now, function)
    return "" if mapping is None else mapping.problem
