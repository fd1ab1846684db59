"""A function that Lambda has no room for, or has to wake, is waited for: neither is its fault."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tenacity import wait_fixed

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.i18n.message import message
from grader.model.access import Keys
from grader.model.fact import Found
from grader.model.observation import Invocation
from grader.observe import concurrency, exercise
from grader.resources import ready
from grader.rubric.pairs import Pairs
from grader.safety.secret import Secret
from tests.observe.test_exchange import swallowed
from tests.observe.test_silence import HARMLESS
from tests.observing import answered, hand_in, handler, kind, lab, observe_sandbox_account
from tests.wire_faults import Wire, rest

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


def throttled(reason: str) -> Any:
    return rest(429, "TooManyRequestsException", "Rate Exceeded.", Reason=reason, Type="User")


RESERVED = throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
ACCOUNT = throttled("ConcurrentInvocationLimitExceeded")
CALLER = throttled("CallerRateLimitExceeded")
ASLEEP = rest(
    409,
    "CodeArtifactUserPendingException",
    "ERROR: Lambda is initializing your function. It will be ready to invoke shortly.",
)
PENDING = rest(
    409,
    "ResourceConflictException",
    "The operation cannot be performed at this time. The function is currently in the following"
    " state: Pending",
)
SNAPSHOT = rest(409, "SnapStartNotReadyException", "Lambda is initializing your function.")


WHY = message("AWS is waking your function")
KEYS = Keys(Secret("1" * 12), Secret("test"), None)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are short; how long is waited at most is as it is."""
    monkeypatch.setattr(concurrency, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(concurrency, "LONGEST_PAUSE_S", 0.1)


@pytest.mark.parametrize(
    "answers",
    [
        [ASLEEP, ACCOUNT, ASLEEP, RESERVED, SNAPSHOT],
        pytest.param([RESERVED] * 3, marks=pytest.mark.slow),
        *(
            pytest.param(answers, marks=pytest.mark.slow)
            for answers in ([ACCOUNT] * 12, [CALLER] * 5, [ASLEEP] * 12, [PENDING] * 6)
        ),
    ],
)
def test_a_function_without_room_or_asleep_is_invoked_when_it_may_run(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, answers: list[Any]
) -> None:
    wire.play("lambda.Invoke", *answers)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert handler(seen).answered
    assert isinstance(seen.records, Found)
    assert answered(seen) == 5
    # What Lambda did not hand over is handed over again: a run has only so many pairs.
    first = Pairs(lab().exchange, 1, reference_account, 1).draw().two
    assert [(pair.number1, pair.number2) for pair in handler(seen).pairs] == [first]


@pytest.mark.slow
def test_room_that_comes_and_goes_is_waited_for_each_time(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    wire.play("lambda.Invoke", RESERVED, None, ACCOUNT, ACCOUNT, None)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert handler(seen).answered
    assert isinstance(seen.records, Found)
    assert seen.records.value.answered


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reserved", "found"), [(0, "refused"), pytest.param(1, "throttled", marks=pytest.mark.slow)]
)
def test_a_reserved_concurrency_of_nothing_is_the_functions_and_any_other_is_not(
    aws_sandbox: Sandbox,
    fresh_account: str,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    reserved: int,
    found: str,
) -> None:
    monkeypatch.setattr(concurrency, "THROTTLED_WAIT_S", 0.5)
    monkeypatch.setattr(concurrency, "MOST_THROTTLED_WAIT_S", 0.5)
    hand_in(aws_sandbox, fresh_account, reserved_concurrency=reserved)
    wire.play("lambda.Invoke", RESERVED, always=True)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    if found == "refused":
        assert handler(seen).failure == "refused"
        assert wire.requests.count("lambda.Invoke") == 1
        assert "sqs.SendMessage" not in wire.requests
    else:
        assert kind(seen.handler) == kind(seen.records) == "throttled"
        assert answered(seen) == 5


@pytest.mark.slow
def test_a_function_that_does_not_wake_is_not_ready_and_the_queue_still_tells(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concurrency, "WAKING_S", 0.5)
    wire.play("lambda.Invoke", ASLEEP, always=True)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert kind(seen.handler) == kind(seen.records) == "not-ready"
    assert answered(seen) == 5


def test_all_waits_of_a_run_share_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready, "TOGETHER_S", 0.3)
    told: list[tuple[str, float]] = []
    waits = ready.Waits(
        threading.Event(), lambda why, longest_s: told.append((str(why), longest_s))
    )
    looks = [waits.wait_from(1, lambda: 1, bool, WHY, 60, wait_fixed(0.05))[1] for _ in range(2)]
    assert looks == [False, False]
    assert told == [("AWS is waking your function", 0.3)]  # the second wait had no time left


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "found"), [(1, "throttled"), pytest.param(5, "found", marks=pytest.mark.slow)]
)
def test_a_silent_pair_may_lie_in_the_queue_where_the_function_has_little_room(
    aws_sandbox: Sandbox,
    fresh_account: str,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    limit: int,
    found: str,
) -> None:
    monkeypatch.setattr(exercise, "MOST_IN_QUEUE_S", 1)
    hand_in(aws_sandbox, fresh_account, reserved_concurrency=limit)
    wire.play("sqs.SendMessage", swallowed(), always=True)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, rubric=lab(deadline_s=1))
    assert handler(seen).answered
    # With room enough a fresh pair tells; without, it would lie in the queue as well.
    assert wire.requests.count("sqs.SendMessage") == (1 if limit == 1 else 2)
    assert (kind(seen.exchange) if found == "throttled" else answered(seen)) == (
        found if found == "throttled" else 0
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("refused", "found"),
    [(ACCOUNT, "throttled"), pytest.param(ASLEEP, "not-ready", marks=pytest.mark.slow)],
)
def test_a_silent_pair_is_not_charged_to_a_function_that_lambda_did_not_run(
    aws_sandbox: Sandbox,
    reference_account: str,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    refused: Any,
    found: str,
) -> None:
    for name in ("THROTTLED_WAIT_S", "MOST_THROTTLED_WAIT_S", "WAKING_S"):
        monkeypatch.setattr(concurrency, name, 0.3)
    monkeypatch.setattr(exercise, "MOST_IN_QUEUE_S", 1)
    wire.play("lambda.Invoke", refused, always=True)
    # The mapping is refused as well, and the message lies in the queue.
    wire.play("sqs.SendMessage", swallowed(), always=True)
    seen = observe_sandbox_account(
        aws_sandbox, reference_account, wire=wire, rubric=lab(deadline_s=1)
    )
    assert kind(seen.handler) == kind(seen.exchange) == found
    assert wire.requests.count("sqs.SendMessage") == 1


@pytest.mark.slow
def test_an_answer_that_comes_when_the_queue_hands_the_message_over_again_counts(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, reserved_concurrency=1, input_delay_s=3)
    # Nobody may know of the delay: it stands for a message that found no room.
    wire.change("sqs.GetQueueAttributes", lambda p: p["Attributes"].update(DelaySeconds="0"))
    seen = observe_sandbox_account(
        aws_sandbox, fresh_account, wire=wire, rubric=lab(deadline_s=1, pairs=1)
    )
    assert answered(seen) == 1


@pytest.mark.slow
def test_a_reserved_concurrency_that_nobody_may_ask_for_is_waited_out(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concurrency, "MOST_THROTTLED_WAIT_S", 0.3)
    wire.play("lambda.GetFunctionConcurrency", rest(403, "AccessDeniedException"), always=True)
    wire.play("lambda.Invoke", RESERVED, always=True)
    assert (
        kind(observe_sandbox_account(aws_sandbox, reference_account, wire=wire).handler)
        == "throttled"
    )


@pytest.mark.slow
def test_a_filter_is_not_blamed_where_the_message_may_have_found_no_room(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exercise, "MOST_IN_QUEUE_S", 1)
    hand_in(aws_sandbox, fresh_account, reserved_concurrency=1, mapping_filter=HARMLESS)
    wire.play("sqs.SendMessage", swallowed(), always=True)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, rubric=lab(deadline_s=1))
    assert handler(seen).answered
    assert kind(seen.exchange) == "throttled"
    assert wire.requests.count("sqs.SendMessage") == 1


@pytest.mark.parametrize(
    ("code", "timeout_s", "longest_s"),
    [
        ("TooManyRequestsException", 3, 60),
        ("TooManyRequestsException", 100, 100),
        ("TooManyRequestsException", 900, 180),
        ("CodeArtifactUserPendingException", 900, 150),
    ],
)
def test_how_long_room_is_waited_for_depends_on_the_functions_timeout_and_waking_does_not(
    code: str, timeout_s: float, longest_s: float
) -> None:
    told = list[float]()
    waits = ready.Waits(threading.Event(), lambda _why, longest_s: told.append(longest_s))
    refused = ClientError({"Error": {"Code": code, "Message": "said so"}}, "Invoke")
    ran = Invocation(())
    came, aws = iter([refused, ran]), Aws(Clients(), KEYS, "us-east-1", None)
    assert concurrency.when_it_may_run(lambda: next(came), aws, waits, "f", timeout_s) is ran
    assert told == [longest_s]


@pytest.mark.parametrize(("limit", "is_little"), [(4, True), (5, False)])
def test_a_concurrency_below_five_is_little_room(wire: Wire, limit: int, is_little: bool) -> None:
    said = json.dumps({"ReservedConcurrentExecutions": limit}).encode()
    wire.play("lambda.GetFunctionConcurrency", (200, {"content-type": "application/json"}, said))
    aws = Aws(Clients(wire.session), KEYS, "us-east-1", "http://127.0.0.1:1")
    without = concurrency.concurrency_shortage(aws, "f", Found(Invocation(())))
    assert (without is not None and without.kind == "throttled") is is_little
