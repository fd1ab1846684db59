"""What AWS says of the event source mappings of a queue."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from grader.aws.account_client import value_of
from grader.model.observation import (
    Fact,
    Found,
    Mapping,
    Mappings,
    Missing,
    NotTried,
    Queue,
    Unknown,
)
from grader.safety.redact import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Dictionary

    from grader.aws.account_client import Aws

MOST = 100
"""Mappings that are read of one queue: a lab has one."""


def observe_mappings(
    aws: Aws, role: str, queue: Fact[Queue], function_name: str | None
) -> Fact[Mappings]:
    """The mappings of ``queue``, which the rubric calls ``role``.

    Where none of them feeds ``function_name``, the queues that do are named too.
    Source: Lambda ListEventSourceMappings.
    """
    if isinstance(queue, Unknown | NotTried):
        return queue
    if isinstance(queue, Missing):
        return NotTried.after(f"queues.{role}", queue)

    def ask() -> tuple[Mapping, ...]:
        return tuple(map(_from_api, _listed(aws, EventSourceArn=queue.value.arn)))

    fact = aws.ask("lambda:ListEventSourceMappings", ask)
    if isinstance(fact, Unknown):
        return fact
    of_queue = value_of(fact) or ()
    elsewhere: tuple[str, ...] = ()
    if function_name and not any(m.function_name == function_name for m in of_queue):
        elsewhere = _sources(aws, function_name)
    return Found(Mappings(of_queue, elsewhere))


def _sources(aws: Aws, function_name: str) -> tuple[str, ...]:
    def ask() -> tuple[str, ...]:
        # A mapping of a self-managed Kafka cluster has no ARN, and is none of a queue.
        arns = (m.get("EventSourceArn") for m in _listed(aws, FunctionName=function_name))
        return tuple(bounded(arn.rsplit(":", 1)[-1], 100) for arn in arns if arn)

    return value_of(aws.ask("lambda:ListEventSourceMappings", ask)) or ()


def _listed(aws: Aws, **of_what: str) -> Iterator[Dictionary[str, Any]]:
    paginator: Any = aws.lambda_.get_paginator("list_event_source_mappings")
    pages = paginator.paginate(**of_what)
    return islice((m for page in pages for m in page["EventSourceMappings"]), MOST)


def _from_api(given: Dictionary[str, Any]) -> Mapping:
    # arn:aws:lambda:region:account:function:name[:qualifier]
    arn = str(given["FunctionArn"])
    name, _, qualifier = arn.partition(":function:")[2].partition(":")
    filters = (given.get("FilterCriteria") or {}).get("Filters") or []
    return Mapping(
        uuid=given["UUID"],
        queue_arn=given["EventSourceArn"],
        function_arn=arn,
        function_name=name,
        qualifier=qualifier or None,
        state=given.get("State", ""),
        batch_size=int(given.get("BatchSize", 10)),
        window_s=int(given.get("MaximumBatchingWindowInSeconds", 0)),
        filters=tuple(bounded(str(f.get("Pattern", "")), 300) for f in filters[:5]),
    )
