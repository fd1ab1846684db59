"""What AWS says of a queue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from grader.model.observation import Fact, Missing, Queue
from grader.observe.nearest import missing

if TYPE_CHECKING:
    from grader.aws.account_client import Aws


def _max_receives(policy: str | None) -> int | None:
    return int(json.loads(policy)["maxReceiveCount"]) if policy else None


def observe_queue(aws: Aws, name: str) -> tuple[Fact[Queue], str | None]:
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

    def names() -> list[str]:
        urls = aws.sqs.list_queues().get("QueueUrls", [])
        return [url.rsplit("/", 1)[-1] for url in urls]

    fact: Fact[Queue] = aws.ask("sqs:GetQueueAttributes", ask)
    if isinstance(fact, Missing):
        fact = missing(aws, "queue", name, "sqs:ListQueues", names)
    return fact, url
