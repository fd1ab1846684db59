"""What is read of the event source mappings of a queue and of a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.model.fact import Found
from tests.observing import hand_in, look

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
    fact = look(aws_sandbox, fresh_account, wire=wire, exchange=False).mappings["input"]
    assert isinstance(fact, Found)
    assert fact.value.of_queue == ()
    assert fact.value.elsewhere == ("other_queue",)
