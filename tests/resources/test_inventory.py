"""What is listed of an account is bounded, and where it is cut nothing is said of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.fact import Unknown
from grader.resources.inventory import Inventory
from grader.resources.listing import MOST_LISTED
from grader.safety.secret import Secret
from tests.wire_faults import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = "1" * 12
ARN = f"arn:aws:{{}}:us-east-1:{ACCOUNT}:{{}}"
FUNCTION = ARN.format("lambda", "function:f")

LISTS: dict[str, tuple[Callable[[Inventory], Any], str, Callable[[int], object]]] = {
    "lambda.ListFunctions": (
        Inventory.functions,
        "Functions",
        lambda number: {"FunctionName": f"f{number}"},
    ),
    "lambda.ListEventSourceMappings": (
        Inventory.feeds,
        "EventSourceMappings",
        lambda _number: {"EventSourceArn": ARN.format("sqs", "q"), "FunctionArn": FUNCTION},
    ),
    "sqs.ListQueues": (
        Inventory.queues,
        "QueueUrls",
        lambda number: f"http://127.0.0.1/{ACCOUNT}/q{number}",
    ),
    "events.ListRules": (Inventory.rules, "Rules", lambda number: {"Name": f"r{number}"}),
    "scheduler.ListSchedules": (
        Inventory.schedules,
        "Schedules",
        lambda number: {"Name": f"s{number}", "Target": {"Arn": "x"}},
    ),
}


@pytest.mark.parametrize("operation", LISTS)
@pytest.mark.parametrize("more", [0, 1])
def test_a_list_is_read_to_a_limit_and_unknown_beyond(operation: str, more: int) -> None:
    wire, (ask, _key, thing) = Wire(), LISTS[operation]
    for other, (_ask, its_key, _thing) in LISTS.items():
        things = [thing(number) for number in range(MOST_LISTED + more)]
        listed = {its_key: things if other == operation else []}
        wire.play(other, (200, {}, json.dumps(listed).encode()), always=True)
    keys = Keys(Secret(ACCOUNT), Secret("test"))
    aws = Aws(Clients(wire.session), keys, "us-east-1", "http://127.0.0.1:1")
    found = ask(Inventory(aws, ACCOUNT))
    assert isinstance(found, Unknown) is bool(more)
    if more:
        assert found.kind == "unexpected"
        assert operation.replace(".", ":") in found.detail


@pytest.mark.parametrize(
    ("region", "partition"), [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("x", "aws")]
)
def test_the_arn_of_a_queue_is_of_the_regions_partition(region: str, partition: str) -> None:
    keys = Keys(Secret(ACCOUNT), Secret("test"))
    aws = Aws(Clients(Wire().session), keys, region, "http://127.0.0.1:1")
    arn = Inventory(aws, ACCOUNT).arn_of_queue("queue2")
    assert arn == f"arn:{partition}:sqs:{region}:{ACCOUNT}:queue2"
