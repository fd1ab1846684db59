"""What AWS says of a queue."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.kind import Kind
from grader.model.observation import Fact, Missing, Queue, Unknown
from grader.resources.nearest import MOST_PAGES, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.resources.look import AwsAccount, Look, MayLook


def _max_receives(policy: str | None) -> int | None:
    """After how many receives a message moves away; also a policy that nobody can read counts them."""
    try:
        return int(json.loads(policy)["maxReceiveCount"]) if policy else None
    except (ValueError, LookupError, TypeError, RecursionError):
        return 1


def observe_queue(aws: AwsAccount, name: str) -> tuple[Fact[Queue], str | None]:
    """The queue ``name``, and its URL, which is only good for asking and is not kept.

    Source: SQS GetQueueUrl, GetQueueAttributes.
    """
    url: str | None = None

    def ask() -> Queue:
        nonlocal url
        url = aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        given = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return Queue(
            name=name,
            arn=given["QueueArn"],
            visibility_timeout_s=int(given.get("VisibilityTimeout", 30)),
            delay_s=int(given.get("DelaySeconds", 0)),
            max_receives=_max_receives(given.get("RedrivePolicy")),
        )

    def names() -> Iterator[str]:
        pages = aws.sqs.get_paginator("list_queues").paginate()
        for page in islice(pages, MOST_PAGES):
            yield from (one.rsplit("/", 1)[-1] for one in page.get("QueueUrls", []))

    fact: Fact[Queue] = aws.ask("sqs:GetQueueAttributes", ask)
    if isinstance(fact, Missing):
        fact = missing(aws, "queue", name, "sqs:ListQueues", names)
    return fact, url


def _look(look: Look, role: str) -> Fact[Queue]:
    name = look.name(role)

    def pending(seen: tuple[Fact[Queue], str | None]) -> bool:
        return isinstance(seen[0], Unknown) and seen[0].kind == "not-ready"

    (fact, look.urls[role]), _ready = look.waits.until(
        lambda: observe_queue(look.aws, name),
        pending,
        message(N_("AWS does not know yet whether there is a queue {queue}"), queue=name),
    )
    return fact


def _may_look(may: MayLook, role: str) -> None:
    aws, name = may.aws, may.name(role)
    url = may.ask("sqs:GetQueueUrl", lambda: aws.sqs.get_queue_url(QueueName=name)["QueueUrl"])
    if url is not None:
        may.urls[role] = url
        may.ask(
            "sqs:GetQueueAttributes",
            lambda: aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]),
        )


QUEUES = Kind(
    fact="queues",
    word="queue",
    type=Queue,
    fixtures={"queue": "source", "target_queue": "target"},
    look=_look,
    # The names of other queues are listed too, where that is allowed.
    actions=("sqs:GetQueueUrl", "sqs:GetQueueAttributes"),
    may_look=_may_look,
    always=True,
)
