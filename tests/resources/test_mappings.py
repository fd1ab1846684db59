"""What is read of the event source mappings of a queue and of a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.fact import Found, Unknown
from grader.resources.mappings import MOST_MAPPINGS, observe_mappings
from grader.safety.secret import Secret
from tests.observations import a_queue
from tests.observing import hand_in, observe_sandbox_account

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire


def test_a_mapping_of_another_source_is_not_of_a_queue(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, mapping="other-queue")

    def add_others(answer: dict[str, Any]) -> None:
        others: list[dict[str, Any]] = [
            {"UUID": "k", "SelfManagedEventSource": {"Endpoints": {}}, "Topics": ["t"]},
            {"UUID": "s", "EventSourceArn": "arn:aws:kinesis:us-east-1:1:stream/clicks"},
            {"UUID": "d", "EventSourceArn": "arn:aws:dynamodb:us-east-1:1:table/t/stream/2024"},
        ]
        if answer["EventSourceMappings"]:
            answer["EventSourceMappings"][:0] = [{"State": "Enabled", **other} for other in others]

    wire.change("lambda.ListEventSourceMappings", add_others)
    fact = observe_sandbox_account(
        aws_sandbox, fresh_account, wire=wire, may_exercise=False
    ).mappings["input"]
    assert isinstance(fact, Found)
    assert fact.value.of_queue == ()
    assert fact.value.elsewhere == ("other_queue",)


@pytest.mark.parametrize("more", [0, 1])
def test_mappings_are_read_to_a_limit_and_unknown_beyond(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, more: int
) -> None:
    """The one that counts comes last."""

    def many(answer: dict[str, Any]) -> None:
        (mine,) = answer["EventSourceMappings"]
        others = [{**mine, "UUID": str(n), "State": "Disabled"} for n in range(MOST_MAPPINGS - 1)]
        answer["EventSourceMappings"] = [*others, mine, *[mine] * more]

    queue = Found(
        a_queue("input_queue", arn=f"arn:aws:sqs:us-east-1:{reference_account}:input_queue")
    )
    wire.change("lambda.ListEventSourceMappings", many)
    keys = Keys(Secret(reference_account), Secret("test"))
    aws = Aws(Clients(wire.session), keys, aws_sandbox.region, aws_sandbox.endpoint_url)
    fact = observe_mappings(aws, "input", queue, "first_lambda")
    if more:
        assert isinstance(fact, Unknown)
        assert fact.kind == "unexpected"
    else:
        assert isinstance(fact, Found)
        assert fact.value.enabled_functions == ("first_lambda",)
