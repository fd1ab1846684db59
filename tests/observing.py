"""Observing an account of the sandbox, as a run does."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import msgspec

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.fact import Found, Unknown
from grader.observe.account import observe
from grader.observe.identity import observe_identity
from grader.resources.kinds import KINDS
from grader.resources.ready import Waits
from grader.rubric.load import default_rubric_path, load_rubric
from grader.safety.secret import Secret
from grader.sandbox.deploy import deploy
from grader.sandbox.submission import DemoSubmission
from tests.known_checks import needs_of_rubric

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.model.fact import Fact
    from grader.model.observation import Exchange, Invocation, Observation
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire

PATIENCE_S = 30


def lab(**exchange: Any) -> Rubric:
    """The shipped rubric, with another exchange."""
    rubric = load_rubric(default_rubric_path(), None)
    rules = msgspec.structs.replace(rubric.exchange, **{"deadline_s": PATIENCE_S, **exchange})
    return msgspec.structs.replace(rubric, exchange=rules)


def hand_in(sandbox: Sandbox, account: str, **differences: Any) -> None:
    """Deploy the reference but for ``differences``."""
    deploy(sandbox, account, DemoSubmission(name="x", description="x", points=None, **differences))


def observe_sandbox_account(
    sandbox: Sandbox,
    account: str,
    *,
    rubric: Rubric | None = None,
    wire: Wire | None = None,
    seed: int = 1,
    attempt: int = 1,
    may_exercise: bool = True,
    expected_account: str | None = None,
    stop: threading.Event | None = None,
    confirm_s: float = 0,
    use: dict[str, str] | None = None,
    on_partial_observation: Callable[[Observation], None] | None = None,
) -> Observation:
    keys = Keys(Secret(account), Secret("test"), None)
    clients = Clients(wire.session if wire else None)
    aws = Aws(clients, keys, sandbox.region, sandbox.endpoint_url)
    try:
        rubric = rubric or lab()
        return observe(
            aws,
            rubric,
            needs_of_rubric(rubric),
            KINDS,
            observe_identity(aws, expected_account),
            seed=seed,
            attempt=attempt,
            may_exercise=may_exercise,
            waits=Waits(stop or threading.Event(), confirm_s=confirm_s),
            use=use,
            on_partial_observation=on_partial_observation,
        )
    finally:
        aws.close()


EMPTY = {"visible": 0, "in flight": 0}


def handler(seen: Observation) -> Invocation:
    assert isinstance(seen.handler, Found)
    return seen.handler.value


def exchange(seen: Observation) -> Exchange:
    assert isinstance(seen.exchange, Found)
    return seen.exchange.value


def messages(sandbox: Sandbox, account: str, queue: str) -> dict[str, int]:
    """How many messages are visible in a queue, and how many in flight."""
    sqs = sandbox.client("sqs", account)
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    given = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {
        "visible": int(given["ApproximateNumberOfMessages"]),
        "in flight": int(given["ApproximateNumberOfMessagesNotVisible"]),
    }


def put(sandbox: Sandbox, account: str, body: str, queue: str = "output_queue") -> int:
    """Send a message; when it was sent, in Unix milliseconds."""
    sqs = sandbox.client("sqs", account)
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=body)
    got = sqs.receive_message(QueueUrl=url, AttributeNames=["SentTimestamp"], VisibilityTimeout=0)
    return int(got["Messages"][0]["Attributes"]["SentTimestamp"])


def move_away_after(sandbox: Sandbox, account: str, receives: int) -> None:
    """Give the output queue a redrive policy: received so often, a message goes to ``dead_letters``."""
    sqs = sandbox.client("sqs", account)
    dead = sqs.create_queue(QueueName="dead_letters")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": receives}
    sqs.set_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName="output_queue")["QueueUrl"],
        Attributes={"RedrivePolicy": json.dumps(policy)},
    )


def kind(fact: Fact[Any]) -> str:
    assert isinstance(fact, Unknown), fact
    return fact.kind


def answered(seen: Observation) -> int:
    assert isinstance(seen.exchange, Found), seen.exchange
    return seen.exchange.value.answered


def facts(seen: Observation) -> list[Fact[Any]]:
    return [
        *seen.functions.values(),
        *seen.queues.values(),
        *seen.mappings.values(),
        *seen.schedules.values(),
        seen.handler,
        seen.records,
        seen.exchange,
    ]
