"""What AWS says of a queue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Fact, Missing
from grader.model.kind import Kind
from grader.model.observation import Queue
from grader.model.timestamps import iso
from grader.resources.inventory import queue_urls
from grader.resources.nearest import contradicted, missing
from grader.resources.redrive_policy import read_policy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from grader.resources.lab_access import AwsAccount, LabView, PermissionProbe


_MOST_RECEIVES = 1000
"""SQS's own limit of ``maxReceiveCount``."""


def _max_receives(policy: str | None) -> int | None:
    if not policy:
        return None
    try:
        given = read_policy(policy).max_receives
    except ValueError:
        return 1  # it may move messages away: nothing is received twice
    return min(max(given, 1), _MOST_RECEIVES)


def _time(seconds: str | None) -> str:
    """A time of SQS's, in seconds since 1970; nothing where it is none."""
    try:
        return iso(datetime.fromtimestamp(int(seconds or ""), UTC))
    except (ValueError, OverflowError, OSError):
        return ""


def observe_queue(
    aws: AwsAccount, name: str, others: Collection[str] = ()
) -> tuple[Fact[Queue], str | None]:
    """The queue ``name``, and its URL, which is only good for asking and is not kept.

    ``others`` are the names of what else the lab asks for: none is said to come near.
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
            fifo=given.get("FifoQueue", "false").lower() == "true",
            last_modified=_time(given.get("LastModifiedTimestamp")),
        )

    fact: Fact[Queue] = aws.query("sqs:GetQueueAttributes", ask)
    if isinstance(fact, Missing):
        fact = missing(aws, "queue", name, "sqs:ListQueues", lambda: _names(aws), others)
    return fact, url


def _names(aws: AwsAccount) -> Iterator[str]:
    return (url.rsplit("/", 1)[-1] for url in queue_urls(aws))


def _observe(lab: LabView, role: str) -> Fact[Queue]:
    name, others = lab.name(role), lab.others("queue", role)
    (fact, lab.urls[role]), _ = lab.waits.until(
        lambda: observe_queue(lab.aws, name, others),
        lambda seen: contradicted(seen[0]),
        message(N_("AWS is making or deleting the queue {queue}"), queue=name),
    )
    return fact


def _probe_permissions(probe: PermissionProbe, role: str) -> None:
    aws, name = probe.aws, probe.name(role)
    url = probe.ask("sqs:GetQueueUrl", lambda: aws.sqs.get_queue_url(QueueName=name)["QueueUrl"])
    if url is not None:
        probe.urls[role] = url
        probe.ask(
            "sqs:GetQueueAttributes",
            lambda: aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]),
        )


QUEUES = Kind(
    fact="queues",
    word="queue",
    type=Queue,
    fixtures={"queue": "source", "target_queue": "target"},
    observe=_observe,
    # The names of other queues are listed too, where that is allowed.
    actions=("sqs:GetQueueUrl", "sqs:GetQueueAttributes"),
    probe_permissions=_probe_permissions,
    always=True,
)
