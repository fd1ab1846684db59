"""What is read of the event source mappings of a queue and of a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.model.fact import Found
from tests.observing import hand_in, look

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire


def test_a_mapping_that_has_no_arn_is_not_of_a_queue(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, mapping="other-queue")

    def add_kafka(answer: dict[str, Any]) -> None:
        kafka = {"UUID": "k", "SelfManagedEventSource": {"Endpoints": {}}, "Topics": ["t"]}
        if answer["EventSourceMappings"]:
            answer["EventSourceMappings"].insert(0, kafka)

    wire.change("lambda.ListEventSourceMappings", add_kafka)
    fact = look(aws_sandbox, fresh_account, wire=wire, exchange=False).mappings["input"]
    assert isinstance(fact, Found)
    assert fact.value.of_queue == ()
    assert fact.value.elsewhere == ("other_queue",)
