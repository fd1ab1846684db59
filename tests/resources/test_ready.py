"""Functions and mappings that are still being created: waited for, then not ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.model.fact import Found
from grader.resources import ready
from tests.observing import answered, kind, observe_sandbox_account

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire


def test_a_pending_function_is_waited_for(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "READY_EVERY_S", 0.05)
    states = ["Pending", "Pending"]

    def pend(parsed: dict[str, Any]) -> None:
        if states:
            parsed["State"] = states.pop()

    wire.change("lambda.GetFunctionConfiguration", pend)
    assert answered(observe_sandbox_account(aws_sandbox, reference_account, wire=wire)) == 5


def test_a_function_that_stays_pending_is_not_ready_and_not_wrong(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "READY_S", 0)
    wire.change(
        "lambda.GetFunctionConfiguration", lambda p: p.update(LastUpdateStatus="InProgress")
    )
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert isinstance(seen.functions["sum"], Found)
    assert kind(seen.handler) == kind(seen.exchange) == "not-ready"


@pytest.mark.slow
@pytest.mark.parametrize(
    "state",
    ["Enabling", *(pytest.param(one, marks=pytest.mark.slow) for one in ("Creating", "Updating"))],
)
def test_a_mapping_in_transition_is_waited_for(
    aws_sandbox: Sandbox,
    reference_account: str,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
) -> None:
    monkeypatch.setattr(ready, "READY_EVERY_S", 0.05)
    states = [state, state]

    def change(parsed: dict[str, Any]) -> None:
        for mapping in parsed["EventSourceMappings"]:
            if states:
                mapping["State"] = states.pop()

    wire.change("lambda.ListEventSourceMappings", change)
    assert answered(observe_sandbox_account(aws_sandbox, reference_account, wire=wire)) == 5


@pytest.mark.slow
def test_a_mapping_that_stays_in_transition_is_not_ready_and_not_wrong(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "READY_S", 0)

    def change(parsed: dict[str, Any]) -> None:
        for mapping in parsed["EventSourceMappings"]:
            mapping["State"] = "Enabling"

    wire.change("lambda.ListEventSourceMappings", change)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert kind(seen.mappings["input"]) == kind(seen.exchange) == "not-ready"
    assert isinstance(seen.handler, Found)


def test_a_failed_function_is_not_invoked(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    wire.change(
        "lambda.GetFunctionConfiguration",
        lambda parsed: parsed.update(
            State="Failed", StateReason="no such role", StateReasonCode="InvalidConfiguration"
        ),
    )
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert isinstance(seen.functions["sum"], Found)
    assert seen.functions["sum"].value.state_reason == "no such role"
    assert seen.functions["sum"].value.state_code == "InvalidConfiguration"
    assert seen.handler.because == "functions.sum"  # type: ignore[union-attr]
    assert "lambda.Invoke" not in wire.requests
