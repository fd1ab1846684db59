"""At most two invocations of a student's function at once: a new account allows as few as ten."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from grader.observe.answers import numbers_in
from tests.faults.matrix import without_waiting
from tests.observe.test_exchange import swallowed
from tests.observing import hand_in
from tests.wire_faults import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.sandbox.server import Sandbox

ALLOWED = 2


class Busy(Wire):
    """Counts what a function may be at work on: invocations, and sums it was sent that did not come."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0
        self.sent = 0
        self._lock = threading.Lock()
        self._invocations = 0
        self._sums: set[int] = set()
        for event, note in (
            ("before-send.lambda.Invoke", self._invoked),
            ("response-received.lambda.Invoke", self._returned),
            ("before-send.sqs.SendMessage", self._asked),
        ):
            self.session.events.register(event, note)
        self.change("sqs.ReceiveMessage", self._answered)

    def _count(self) -> None:
        self.most = max(self.most, self._invocations + len(self._sums))

    def _invoked(self, **_given: Any) -> None:
        with self._lock:
            self._invocations += 1
            self._count()

    def _returned(self, **_given: Any) -> None:
        with self._lock:
            self._invocations -= 1

    def _asked(self, request: Any, **_given: Any) -> None:
        pair = json.loads(json.loads(request.body)["MessageBody"])
        with self._lock:
            self.sent += 1
            self._sums.add(sum(pair.values()))
            self._count()

    def _answered(self, parsed: dict[str, Any]) -> None:
        with self._lock:
            for message in parsed.get("Messages", []):
                self._sums.difference_update(map(int, numbers_in(message["Body"], ["body"])))


@pytest.fixture
def busy() -> Busy:
    return Busy()


@pytest.mark.slow
def test_an_account_is_exercised_by_one_row_at_a_time(
    aws_sandbox: Sandbox, reference_account: str, grade: Any, busy: Busy
) -> None:
    report = grade(reference_account, aws_sandbox.endpoint_url, wire=busy, rows=4)
    assert report.score == 20, report.criteria
    assert (busy.most, busy.sent) == (1, 5)


@pytest.mark.slow
def test_a_pair_that_stays_silent_is_followed_by_one_other(
    aws_sandbox: Sandbox, reference_account: str, grade: Any, busy: Busy
) -> None:
    busy.play("sqs.SendMessage", swallowed(), always=True)
    grade(reference_account, aws_sandbox.endpoint_url, wire=busy, deadline_s=1)
    assert (busy.most, busy.sent) == (ALLOWED, 2)


def _changing(change: Callable[[dict[str, Any]], None]) -> Callable[..., None]:
    return lambda parsed, **_given: change(parsed)


@pytest.mark.parametrize(
    "handler",
    [
        "wrong_keys",
        *(
            pytest.param(one, marks=pytest.mark.slow)
            for one in ("prints_only", "first_record_only", "multiplies")
        ),
    ],
)
def test_a_wrong_function_is_not_invoked_more_at_once(
    aws_sandbox: Sandbox, fresh_account: str, grade: Any, busy: Busy, handler: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler=handler)
    with without_waiting():
        grade(fresh_account, aws_sandbox.endpoint_url, wire=busy, deadline_s=1)
    assert "lambda.Invoke" in busy.requests
    assert 1 <= busy.most <= ALLOWED
