"""What AWS says of the event source mappings of a queue."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Fact, Found, Unknown, untried, value_of
from grader.model.kind import Kind
from grader.model.observation import IN_TRANSITION, Mapping, Mappings, Queue
from grader.resources.inventory import ENABLED_OR_SOON
from grader.resources.listing import to_the_end
from grader.safety.redact import bounded, redact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Dictionary

    from grader.resources.lab_access import AwsAccount, LabView, PermissionProbe

MOST_MAPPINGS = 100
"""Mappings that are read of one queue: a lab has one."""


def observe_mappings(
    aws: AwsAccount, role: str, queue: Fact[Queue], function_name: str | None
) -> Fact[Mappings]:
    """The mappings of ``queue``, which the rubric calls ``role``.

    Where none of them feeds ``function_name``, the SQS queues that do are named too.
    Source: Lambda ListEventSourceMappings.
    """
    if not isinstance(queue, Found):
        return untried(queue, f"queues.{role}")

    action = "lambda:ListEventSourceMappings"

    def ask() -> tuple[Mapping, ...]:
        listed = _listed(aws, EventSourceArn=queue.value.arn)
        return tuple(map(_from_api, to_the_end(action, listed, MOST_MAPPINGS)))

    fact = aws.query(action, ask)
    if isinstance(fact, Unknown):
        return fact
    of_queue = value_of(fact) or ()
    elsewhere: tuple[str, ...] = ()
    if function_name and not any(m.function_name == function_name for m in of_queue):
        elsewhere = _sources(aws, function_name)
    return Found(Mappings(of_queue, elsewhere))


def _sources(aws: AwsAccount, function_name: str) -> tuple[str, ...]:
    def ask() -> tuple[str, ...]:
        mappings = _listed(aws, FunctionName=function_name)
        # A mapping of a self-managed Kafka cluster has no ARN; a stream's is none of a queue.
        arns = (
            m.get("EventSourceArn") or "" for m in mappings if m.get("State") in ENABLED_OR_SOON
        )
        names = (bounded(a.rsplit(":", 1)[-1], 100) for a in arns if a.split(":")[2:3] == ["sqs"])
        return tuple(islice(names, MOST_MAPPINGS))  # they only make a sentence better

    return value_of(aws.query("lambda:ListEventSourceMappings", ask)) or ()


def _listed(aws: AwsAccount, **of_what: str) -> Iterator[Dictionary[str, Any]]:
    paginator: Any = aws.lambda_.get_paginator("list_event_source_mappings")
    pages = paginator.paginate(**of_what)
    return (m for page in pages for m in page.get("EventSourceMappings", []))


def _from_api(given: Dictionary[str, Any]) -> Mapping:
    # arn:aws:lambda:region:account:function:name[:qualifier]
    arn = str(given["FunctionArn"])
    name, _, qualifier = arn.partition(":function:")[2].partition(":")
    filters = (given.get("FilterCriteria") or {}).get("Filters") or []
    return Mapping(
        uuid=bounded(given["UUID"], 100),
        queue_arn=given["EventSourceArn"],
        function_arn=arn,
        function_name=name,
        qualifier=qualifier or None,
        state=bounded(given.get("State", ""), 40),
        batch_size=int(given.get("BatchSize", 10)),
        window_s=int(given.get("MaximumBatchingWindowInSeconds", 0)),
        filters=tuple(bounded(str(f.get("Pattern", "")), 300) for f in filters[:5]),
        state_reason=redact(str(given.get("StateTransitionReason") or ""), 300),
        last_result=redact(str(given.get("LastProcessingResult") or ""), 300),
        reports_failures="ReportBatchItemFailures" in (given.get("FunctionResponseTypes") or ()),
    )


def _observe(lab: LabView, role: str) -> Fact[Mappings]:
    queue = lab.fact("queues", role)

    def in_transition(fact: Fact[Mappings]) -> bool:
        found = value_of(fact)
        return found is not None and any(m.state in IN_TRANSITION for m in found.of_queue)

    fact, ready = lab.waits.until(
        lambda: observe_mappings(lab.aws, role, queue, lab.fed_by(role)),
        in_transition,
        message(N_("AWS is changing the event source mapping of {queue}"), queue=lab.name(role)),
    )
    mappings = value_of(fact)
    if ready or mappings is None or any(m.state == "Enabled" for m in mappings.of_queue):
        return fact
    state = next(m.state for m in mappings.of_queue if m.state in IN_TRANSITION)
    still = N_("The event source mapping was still {state} after a minute.")
    return Unknown.saying("not-ready", still, state=state)


def _probe_permissions(probe: PermissionProbe, role: str) -> None:  # noqa: ARG001 - one answer is of all queues
    probe.ask(
        "lambda:ListEventSourceMappings",
        lambda: probe.aws.lambda_.list_event_source_mappings(MaxItems=1),
    )


MAPPINGS = Kind(
    fact="mappings",
    word="queue",
    type=Mappings,
    fixtures={"mappings": "source"},
    observe=_observe,
    actions=("lambda:ListEventSourceMappings",),
    probe_permissions=_probe_permissions,
    after=("queues",),
)
