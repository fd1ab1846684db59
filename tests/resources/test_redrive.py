"""A queue's dead-letter queue: seen, judged, and kept in an observation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.model.fact import Found, Missing, NotTried, Unknown
from grader.model.observation import decode, encode_observation
from grader.rubric.rubric import Criterion
from tests.judges import Judge
from tests.known_checks import known_checks
from tests.observing import lab, observe_sandbox_account
from tests.quick_run import first_only_when_quick
from tests.wire_faults import query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=1) as made:
        yield made


def dead_letters(expect: Any = None) -> Rubric:
    """A rubric that asks for the input queue's dead-letter queue alone."""
    asked = Criterion("dead", "Dead letters", "dead_letter_queue", "input", 1, expect)
    return msgspec.structs.replace(lab(), criteria=(asked,))


def redrive(sandbox: Sandbox, account: str, max_receives: int = 3) -> None:
    """Give the input queue a dead-letter queue called ``lost``."""
    sqs = sandbox.client("sqs", account)
    url = sqs.create_queue(QueueName="lost")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": max_receives}
    sqs.set_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName="input_queue")["QueueUrl"],
        Attributes={"RedrivePolicy": json.dumps(policy)},
    )


def outcome(judge: Judge, rubric: Rubric, seen: Observation) -> Outcome:
    ((found,),) = judge.judge(rubric, [seen])
    return found


def test_a_dead_letter_queue_is_seen_and_nothing_is_run_for_it(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, judge: Judge
) -> None:
    redrive(aws_sandbox, reference_account)
    seen = observe_sandbox_account(aws_sandbox, reference_account, rubric=dead_letters(), wire=wire)
    assert seen.further == {"redrive": {"input": Found({"target": "lost", "max_receives": 3})}}
    assert not {"lambda.Invoke", "sqs.SendMessage", "sqs.ReceiveMessage"} & set(wire.requests)
    assert decode(encode_observation(seen)) == seen
    assert outcome(judge, dead_letters(), decode(encode_observation(seen))).outcome == "passed"


def test_the_shipped_rubric_does_not_ask_for_it(
    aws_sandbox: Sandbox, reference_account: str
) -> None:
    assert observe_sandbox_account(aws_sandbox, reference_account, may_exercise=False).further == {}


@pytest.mark.parametrize(
    ("expect", "said"),
    first_only_when_quick(
        [
            ({}, None),
            ({"max_receives": 3, "target": "lost"}, None),
            ({"max_receives": 5}, "maxReceiveCount: expected 5, found 3."),
            ({"target": "failed"}, "dead-letter queue: expected failed, found lost."),
        ]
    ),
)
def test_its_name_and_receives_are_compared_where_the_rubric_gives_them(
    aws_sandbox: Sandbox,
    reference_account: str,
    judge: Judge,
    expect: dict[str, Any],
    said: str | None,
) -> None:
    redrive(aws_sandbox, reference_account)
    rubric = dead_letters(expect)
    found = outcome(
        judge, rubric, observe_sandbox_account(aws_sandbox, reference_account, rubric=rubric)
    )
    assert (found.outcome, found.message) == (("failed", said) if said else ("passed", ""))


def test_a_queue_without_one_fails_and_says_what_to_do(
    aws_sandbox: Sandbox, reference_account: str, judge: Judge
) -> None:
    seen = observe_sandbox_account(aws_sandbox, reference_account, rubric=dead_letters())
    assert isinstance(seen.further["redrive"]["input"], Missing)
    found = outcome(judge, dead_letters(), seen)
    assert (found.outcome, found.message) == ("failed", "input_queue has no dead-letter queue.")
    assert "redrive policy" in found.hint


def test_a_queue_that_is_missing_blocks(
    aws_sandbox: Sandbox, fresh_account: str, judge: Judge
) -> None:
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=dead_letters())
    assert isinstance(seen.further["redrive"]["input"], NotTried)
    found = outcome(judge, dead_letters(), seen)
    assert (found.outcome, found.because) == ("blocked", "queues.input")


def test_what_aws_does_not_say_leaves_it_open(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, judge: Judge
) -> None:
    wire.play("sqs.GetQueueAttributes", None, None, query(403, "AccessDenied"))
    seen = observe_sandbox_account(aws_sandbox, reference_account, rubric=dead_letters(), wire=wire)
    assert isinstance(seen.further["redrive"]["input"], Unknown)
    assert outcome(judge, dead_letters(), seen).outcome == "ungraded"


def test_more_receives_than_64_bits_hold_leave_it_open(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, judge: Judge
) -> None:
    def change(answer: dict[str, Any]) -> None:
        policy = {"deadLetterTargetArn": "arn:aws:sqs:r:1:dead", "maxReceiveCount": 10**30}
        answer["Attributes"]["RedrivePolicy"] = json.dumps(policy)

    wire.change("sqs.GetQueueAttributes", change)
    rubric = dead_letters()
    seen = observe_sandbox_account(
        aws_sandbox, reference_account, rubric=rubric, wire=wire, may_exercise=False
    )
    assert outcome(judge, rubric, seen).outcome == "ungraded"


def test_an_observation_that_was_not_asked_for_it_leaves_it_open(
    aws_sandbox: Sandbox, reference_account: str, judge: Judge
) -> None:
    found = outcome(
        judge,
        dead_letters(),
        observe_sandbox_account(aws_sandbox, reference_account, may_exercise=False),
    )
    assert (found.outcome, found.because) == ("ungraded", "not-observed")


def test_it_is_a_check_that_comes_with_the_grader() -> None:
    assert known_checks()["dead_letter_queue"].on == "queue"
