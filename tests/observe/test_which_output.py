"""An output queue that neither a variable nor the number of queues tells: the function is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.observing import EMPTY, exchange, look, messages, put
from tests.own_names import Lab, answering, found, how, own_names, why_not

if TYPE_CHECKING:
    from grader.model.observation import Observation
    from grader.sandbox.server import Sandbox


@pytest.fixture
def lab(aws_sandbox: Sandbox, fresh_account: str) -> Lab:
    """A calculator between two of four queues; who answers into which of them is up to the test."""
    one = Lab(aws_sandbox, fresh_account)
    one.queues("queue1", "queue2", "older", "oldest")
    return one


def calculator(lab: Lab, code: bytes) -> None:
    lab.function("calculatrice", code=code)
    lab.feed("queue1", "calculatrice")


def seen(lab: Lab, *, exchange: bool = True) -> Observation:
    return look(lab.sandbox, lab.account, rubric=own_names(), exchange=exchange)


@pytest.mark.slow
def test_the_queue_that_holds_the_answer_is_the_output_queue(lab: Lab) -> None:
    calculator(lab, answering("queue2"))
    put(lab.sandbox, lab.account, "somebody's", "older")
    observed = seen(lab)
    assert found(observed)["output"] == "queue2"
    assert how(observed)["output"] == "which held the answer of calculatrice"
    assert exchange(observed).answered == 5
    # Nothing of ours is left, and what was there is there, to be received at once.
    assert messages(lab.sandbox, lab.account, "queue2") == EMPTY
    assert messages(lab.sandbox, lab.account, "oldest") == EMPTY
    assert messages(lab.sandbox, lab.account, "older") == {"visible": 1, "in flight": 0}


@pytest.mark.slow
def test_a_wrong_answer_tells_the_queue_as_well(lab: Lab) -> None:
    calculator(lab, answering("queue2"))
    lab.client("lambda").delete_function(FunctionName="calculatrice")
    lab.function("calculatrice", "multiplies", OUTPUT_QUEUE_URL=f"{lab.url('queue2')}?")
    observed = seen(lab)
    assert found(observed)["output"] == "queue2"


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [answering("queue2", "older"), answering(), answering("queue2", instead="done")],
    ids=["into two queues", "into none", "no number"],
)
def test_what_does_not_tell_one_queue_is_listed(lab: Lab, code: bytes) -> None:
    calculator(lab, code)
    said = why_not(seen(lab), "output")
    assert said.startswith("ambiguous: ")
    for name in ("queue2", "older", "oldest"):
        assert f"{name} (another queue)" in said


@pytest.mark.slow
def test_more_queues_than_five_are_not_received_from(lab: Lab) -> None:
    calculator(lab, answering("queue2"))
    lab.queues("a", "b", "c")
    assert why_not(seen(lab), "output").startswith("ambiguous: ")
    assert messages(lab.sandbox, lab.account, "queue2") == EMPTY  # the function was not run


def test_who_only_looks_runs_nothing(lab: Lab) -> None:
    calculator(lab, answering("queue2"))
    assert why_not(seen(lab, exchange=False), "output").startswith("ambiguous: ")
    assert messages(lab.sandbox, lab.account, "queue2") == EMPTY


def test_a_queue_that_would_move_a_message_away_is_left_alone(lab: Lab) -> None:
    calculator(lab, answering("queue2"))
    lab.queues("dead")
    lab.redrive("older", "dead", receives=1)
    assert why_not(seen(lab), "output").startswith("ambiguous: ")
    assert messages(lab.sandbox, lab.account, "queue2") == EMPTY
