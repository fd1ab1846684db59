"""How a function fails when it is invoked."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.fact import NotTried, Unknown
from grader.model.observation import Invocation, encode_observation
from grader.observe.invocation import Direct, Invoker, invoked
from grader.observe.target import Target
from grader.safety.secret import Secret
from tests.observations import QUEUE_ARN, a_function
from tests.observing import hand_in, handler, observe_sandbox_account

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire


def test_the_environment_that_a_function_prints_is_not_kept(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    secrets = {"DB_PASSWORD": "hunter2canary", "API_TOKEN": "hunter3canary"}
    hand_in(aws_sandbox, fresh_account, handler="prints_environ", environment=secrets)
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    kept = encode_observation(seen)
    assert handler(seen).failure == "raised"
    assert b"canary" not in kept
    assert b'"sent_at"' in kept


@pytest.mark.slow
def test_the_environment_that_a_function_prints_and_answers_with_is_not_kept(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    secrets = {"DB_PASSWORD": 'correct "horse" hunter2canary', "DB_TOKENS": "it's, hunter3canary"}
    hand_in(aws_sandbox, fresh_account, handler="prints_environ_lines", environment=secrets)
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    kept = encode_observation(seen)
    assert "DB_PASSWORD" in handler(seen).log_tail
    assert "DB_PASSWORD" in "".join(handler(seen).others)
    assert b"canary" not in kept
    assert b"correct" not in kept


@pytest.mark.slow
def test_reserved_concurrency_of_zero_is_the_functions_own_failure(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, reserved_concurrency=0)
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert handler(seen).failure == "refused"
    assert isinstance(seen.exchange, NotTried)
    assert seen.exchange.because == "handler"


@pytest.mark.slow
def test_a_right_sum_followed_by_an_exception_is_flagged(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="raises_after_answer")
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert handler(seen).answered
    assert handler(seen).failure == "raised"
    assert seen.flags == ("pair-left-behind", "raises-after-answer")


@pytest.mark.slow
def test_a_function_that_outlives_its_timeout_failed_itself(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="slow", timeout_s=1)
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert handler(seen).failure == "timed-out"
    assert isinstance(seen.exchange, NotTried)


@pytest.mark.parametrize("failure", ["raised", None])
def test_the_output_queue_is_polled_after_the_look_elsewhere_however_long_a_poll_took(
    monkeypatch: pytest.MonkeyPatch, failure: Any
) -> None:
    now, done = [0.0], list[str]()
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("grader.observe.invocation.time", clock)

    class Output:
        def wait_for(self, _answered: Any, _longest_s: float) -> None:
            done.append("output queue")
            now[0] += 20

    nobody: Any = None
    output: Any = Output()
    direct = Direct(Unknown("unexpected", ""), [])
    invoker = Invoker(nobody, nobody, nobody, output, nobody)
    invoker._wait_for(
        direct, Invocation((), failure=failure), 0, lambda _: done.append("elsewhere")
    )
    assert done == ["output queue", "elsewhere", "output queue"]


MADE_UP = "An error occurred (ReceiptHandleIsInvalid) when calling the DeleteMessage operation"
LONG = "\n".join(["All records failed processing.", *["Traceback"] * 300, MADE_UP])


@pytest.mark.parametrize(
    ("payload", "log", "failure"),
    [
        ({"errorType": "BatchProcessingError", "errorMessage": LONG}, "", "raised"),
        ({"errorType": "RuntimeError", "errorMessage": "no"}, f"{MADE_UP}\n", "raised"),
        # The first line of a log that was cut is not kept.
        ({"errorType": "RuntimeError", "errorMessage": "no"}, MADE_UP + "\nx" * 2100, "raised"),
        ({"statusCode": 500, "body": LONG}, "", None),
    ],
    ids=["behind much else", "logged", "in a long log", "returned"],
)
def test_the_made_up_receipt_handle_is_found_wherever_the_function_tells_it(
    wire: Wire, payload: dict[str, Any], log: str, failure: str | None
) -> None:
    headers = {"X-Amz-Log-Result": base64.b64encode(log[:4096].encode()).decode()}
    if failure:
        headers["X-Amz-Function-Error"] = "Unhandled"
    wire.play("lambda.Invoke", (200, headers, json.dumps(payload).encode()))
    keys = Keys(Secret("1" * 12), Secret("test"), None)
    aws = Aws(Clients(wire.session), keys, "us-east-1", "http://127.0.0.1:1")
    target = Target(a_function(), None, timeout_s=3, outlasts=False, queue_arn=QUEUE_ARN)
    made = invoked(aws, target, ["{}"], 5, lambda _said: None)
    assert (made.failure, made.inconclusive) == (failure, True)
