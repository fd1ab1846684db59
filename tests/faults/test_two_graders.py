"""Others at work on the same queues: a second grader, somebody who reads along. Nobody pays for them."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from grader.observe import exercise, hidden, invocation
from grader.rubric.pairs import Pairs
from tests.faults.matrix import BEHAVIOUR, assert_only, reported
from tests.observing import (
    EMPTY,
    hand_in,
    lab,
    messages,
    move_away_after,
    observe_sandbox_account,
    put,
)
from tests.polling import wait_for
from tests.wire_faults import Wire

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


@pytest.mark.slow
@pytest.mark.parametrize("number", range(10))
@pytest.mark.parametrize("receives", [None, 3], ids=["plain", "redrive"])
def test_two_graders_on_one_account_cost_nothing_and_leave_it_as_it_was(
    aws_sandbox: Sandbox, fresh_account: str, grade: Any, number: int, receives: int | None
) -> None:
    hand_in(aws_sandbox, fresh_account)
    if receives is not None:
        move_away_after(aws_sandbox, fresh_account, receives)

    def one(seed: int) -> Any:
        return grade(fresh_account, aws_sandbox.endpoint_url, seed=seed, pairs=2)

    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(one, (2 * number, 2 * number + 1)))
    for report in reports:
        lost = [(r.id, r.status, r.message) for r in report.criteria if r.status != "passed"]
        assert report.score == 20, lost
    assert messages(aws_sandbox, fresh_account, "output_queue") == EMPTY
    # Lambda deletes what the function was given after it has answered.
    wait_for(lambda: messages(aws_sandbox, fresh_account, "input_queue") == EMPTY)
    if receives is not None:
        assert messages(aws_sandbox, fresh_account, "dead_letters") == EMPTY


@pytest.mark.slow
def test_two_graders_of_a_function_that_runs_once_at_a_time_are_both_right(
    aws_sandbox: Sandbox, grade: Any
) -> None:
    accounts = [aws_sandbox.new_account() for _ in range(5)]
    for account in accounts:
        # What finds no room comes back to the queue after its visibility timeout.
        differences = {"reserved_concurrency": 1, "input_visibility_s": 61}
        hand_in(aws_sandbox, account, handler="slow", **differences)

    def one(number: int) -> Any:
        account = accounts[number // 2]
        return grade(account, aws_sandbox.endpoint_url, seed=number, deadline_s=120)

    with ThreadPoolExecutor(10) as threads:
        reports = list(threads.map(one, range(10)))
    for report in reports:
        lost = [(r.id, r.status, r.message) for r in report.criteria if r.status != "passed"]
        assert report.score == 20, lost


class Reader:
    """Somebody who reads the output queue along, and gets every answer before the grader looks."""

    def __init__(self, sandbox: Sandbox, account: str, wire: Wire, *, hides_s: int) -> None:
        self._sqs = sandbox.client("sqs", account)
        self._url = self._sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
        self._hides_s = hides_s
        self.turns: float = math.inf
        self.got: list[str] = []
        for operation in ("lambda.Invoke", "sqs.SendMessage"):
            wire.change(operation, self._after)

    def _after(self, _said: dict[str, Any]) -> None:
        if self.turns > 0:
            self.turns -= 1
            self.read()

    def read(self) -> None:
        given = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=20,
            VisibilityTimeout=self._hides_s,
        )
        self.got += [message["Body"] for message in given.get("Messages", [])]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invocation, "ANSWER_APPEARS_S", 1)
    monkeypatch.setattr(hidden, "LAG_S", 2)
    monkeypatch.setattr(hidden, "HIDDEN_EVERY_S", 0.2)
    monkeypatch.setattr(exercise, "ENDS_S", 1)


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_answers_that_somebody_else_holds_leave_open_what_the_function_does(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    rubric, wire = lab(pairs=1, deadline_s=1), Wire()
    hand_in(aws_sandbox, fresh_account)
    Reader(aws_sandbox, fresh_account, wire, hides_s=600)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=rubric, wire=wire)
    (came,) = reported(rubric, [(seen, wire)])
    assert_only(came, BEHAVIOUR, "disturbed")


@pytest.mark.slow
@pytest.mark.parametrize("turns", [1, 3])
@pytest.mark.usefixtures("quick")
def test_somebody_who_has_left_by_the_end_of_the_run_costs_nothing(
    aws_sandbox: Sandbox, fresh_account: str, turns: int
) -> None:
    rubric, wire = lab(pairs=1), Wire()
    hand_in(aws_sandbox, fresh_account)
    reader = Reader(aws_sandbox, fresh_account, wire, hides_s=600)
    reader.turns = turns
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=rubric, wire=wire)
    (came,) = reported(rubric, [(seen, wire)])
    assert_only(came, frozenset(), "")
    assert len(reader.got) == turns


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_an_answer_that_another_grader_held_until_its_end_is_not_left_behind(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    rubric, wire = lab(pairs=1), Wire()
    hand_in(aws_sandbox, fresh_account)
    move_away_after(aws_sandbox, fresh_account, 3)
    reader = Reader(aws_sandbox, fresh_account, wire, hides_s=15)
    reader.turns = 1
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=rubric, wire=wire)
    (came,) = reported(rubric, [(seen, wire)])
    assert_only(came, frozenset(), "")
    assert len(reader.got) == 1
    assert messages(aws_sandbox, fresh_account, "output_queue") == EMPTY
    assert messages(aws_sandbox, fresh_account, "dead_letters") == EMPTY


@pytest.mark.slow
def test_answers_that_somebody_else_looks_at_first_count(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    rubric, wire = lab(pairs=2), Wire()
    hand_in(aws_sandbox, fresh_account)
    reader = Reader(aws_sandbox, fresh_account, wire, hides_s=0)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=rubric, wire=wire)
    (came,) = reported(rubric, [(seen, wire)])
    assert_only(came, frozenset(), "")
    assert len(reader.got) == 1 + 3 + 2


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_what_a_killed_grader_left_hidden_excuses_no_silence(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    rubric, wire = lab(pairs=1, deadline_s=1), Wire()
    hand_in(aws_sandbox, fresh_account, handler="prints_only", old_messages=3)
    Reader(aws_sandbox, fresh_account, Wire(), hides_s=600).read()
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=rubric, wire=wire)
    (came,) = reported(rubric, [(seen, wire)])
    assert came.not_passed["handler"] == "failed"
    assert came.kinds == set()


@pytest.mark.slow
def test_what_looks_like_a_mistake_can_be_taken_by_the_grader_whose_right_answer_it_is(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    rubric, wire = lab(pairs=1), Wire()
    hand_in(aws_sandbox, fresh_account)
    near = sum(Pairs(rubric.exchange, 1, fresh_account, 1).draw().two or ()) + 3
    other = Reader(aws_sandbox, fresh_account, Wire(), hides_s=0)
    sends = iter([lambda: put(aws_sandbox, fresh_account, json.dumps({"body": near}))])
    wire.change("lambda.Invoke", lambda _said: next(sends, other.read)())
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=rubric, wire=wire)
    (came,) = reported(rubric, [(seen, wire)])
    assert_only(came, frozenset(), "")
    assert json.dumps({"body": near}) in other.got
    assert messages(aws_sandbox, fresh_account, "output_queue") == EMPTY
