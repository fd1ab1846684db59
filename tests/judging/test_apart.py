"""Observations that cannot be judged together are judged one by one: only the culprit is ungraded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.judging.ungraded import Unjudged, all_ungraded
from grader.judging.worker_process import WorkerProcess
from grader.model.fact import Found
from grader.model.machine_limit import FILES, WorkerFailed
from tests.judges import Judge
from tests.observations import a_function, lab_rubric, only, reference, sum_function
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from grader.model.outcome import Outcome

MEMORY = only(lab_rubric(), "memory")
GOOD = reference()
TOO_MUCH = reference(functions=sum_function(Found(a_function(memory_mb=10**30))))
NO_TEXT = reference(functions=sum_function(Found(a_function(arn=5))))


def told(judged: list[list[Outcome]]) -> list[str]:
    return [outcome.outcome for (outcome,) in judged]


@pytest.mark.parametrize("odd", [TOO_MUCH, NO_TEXT], ids=["number", "type"])
def test_one_that_no_worker_can_be_told_costs_nobody_else_anything(odd: Any) -> None:
    with Judge([], workers=1) as judge:
        judged = judge.judge(MEMORY, [GOOD, odd, GOOD])
        assert told(judged) == ["passed", "ungraded", "passed"]
        assert judged[1][0].because == "unexpected"
        assert told(judge.judge(MEMORY, [odd])) == ["ungraded"]  # a batch of its own
        assert told(judge.judge(MEMORY, [GOOD])) == ["passed"]


@pytest.mark.parametrize(
    ("limit", "observations"), [(None, 2), (None, 1), (FILES, 3)], ids=["all", "one", "limit"]
)
def test_what_fails_for_everybody_is_raised_and_replaces_no_grade(
    monkeypatch: pytest.MonkeyPatch, limit: str | None, observations: int
) -> None:
    asked: list[bytes] = []

    def fail(_process: WorkerProcess, task: bytes) -> bytes:
        asked.append(task)
        raise WorkerFailed("a fault of ours", "Traceback", limit)

    monkeypatch.setattr(WorkerProcess, "call", fail)
    with Judge([], workers=1) as judge, pytest.raises(WorkerFailed, match="a fault of ours"):
        judge.judge(MEMORY, [GOOD] * observations)
    assert limit is None or len(asked) == 1  # every other one would meet it too


def test_a_limit_that_is_met_while_each_is_by_itself_is_raised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, call = list[bytes](), WorkerProcess.call

    def fail(process: WorkerProcess, task: bytes) -> bytes:
        asked.append(task)
        if len(asked) == 2:  # the control
            return call(process, task)
        raise WorkerFailed("a fault of ours", "Traceback", FILES if len(asked) == 4 else None)

    monkeypatch.setattr(WorkerProcess, "call", fail)
    with Judge([], workers=1) as judge, pytest.raises(WorkerFailed) as raised:
        judge.judge(MEMORY, [GOOD] * 3)
    assert (raised.value.limit, len(asked)) == (FILES, 4)


@pytest.mark.parametrize("at_a_time", first_only_when_quick([1, 2, 3]))
def test_a_fault_of_the_grader_with_one_account_is_the_same_whoever_is_judged_with_it(
    monkeypatch: pytest.MonkeyPatch, at_a_time: int
) -> None:
    """Nothing is wrong with what was seen: the grader fails with it."""
    cursed, call = reference(region="cursed"), WorkerProcess.call

    def fail_with_cursed(process: WorkerProcess, task: bytes) -> bytes:
        if b"cursed" in task:
            raise WorkerFailed("a fault of ours", "Traceback", None)
        return call(process, task)

    monkeypatch.setattr(WorkerProcess, "call", fail_with_cursed)
    monkeypatch.setattr("grader.judging.pool.AT_A_TIME", at_a_time)
    with Judge([], workers=1) as judge:
        judged = judge.judge(MEMORY, [GOOD, GOOD, cursed])
    assert told(judged) == ["passed", "passed", "ungraded"]
    assert [isinstance(one, Unjudged) for one in judged] == [False, False, True]


def test_one_of_many_is_found_in_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, call = list[bytes](), WorkerProcess.call

    def fail_with_cursed(process: WorkerProcess, task: bytes) -> bytes:
        asked.append(task)
        if b"cursed" in task:
            raise WorkerFailed("a fault of ours", "Traceback", None)
        return call(process, task)

    monkeypatch.setattr(WorkerProcess, "call", fail_with_cursed)
    with Judge([], workers=1) as judge:
        judged = judge.judge(MEMORY, [GOOD] * 9 + [reference(region="cursed")] + [GOOD] * 6)
    assert told(judged) == ["passed"] * 9 + ["ungraded"] + ["passed"] * 6
    assert len(asked) == 1 + 1 + 2 * 4  # all, the control, and four times both halves


def test_why_it_could_not_be_judged_tells_no_secret() -> None:
    key = "AKIAIOSFODNN7EXAMPLE"
    (outcome,) = all_ungraded(MEMORY, ValueError(f"{key} and AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI"))
    assert outcome.message.startswith("The grader failed: ValueError: ")
    for secret in (key, "wJalrXUtnFEMI"):
        assert secret not in outcome.message
        assert secret not in str(outcome.values)
