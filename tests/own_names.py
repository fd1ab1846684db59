"""Accounts of the sandbox with names of one's own, resource by resource, and what is found in them."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import msgspec

from grader.model.fact import Found, Missing, Unknown
from grader.rubric.load import load_rubric
from grader.rubric.shipped import shipped_labs
from grader.sandbox.deploy import _archive as archive
from grader.sandbox.layout import SHIPPED
from tests.observing import PATIENCE_S

if TYPE_CHECKING:
    from grader.model.observation import Observation
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox


def own_names() -> Rubric:
    """The shipped lab in which every name is found."""
    rubric = load_rubric(shipped_labs()["own-names"], None)
    rules = msgspec.structs.replace(rubric.exchange, deadline_s=PATIENCE_S)
    return msgspec.structs.replace(rubric, exchange=rules)


@dataclass(frozen=True)
class Lab:
    """An account that is filled resource by resource."""

    sandbox: Sandbox
    account: str

    def client(self, service: str) -> Any:
        return self.sandbox.client(service, self.account)

    def arn(self, service: str, name: str) -> str:
        return f"arn:aws:{service}:{self.sandbox.region}:{self.account}:{name}"

    def url(self, queue: str) -> str:
        return str(self.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"])

    def queues(self, *names: str) -> None:
        for name in names:
            fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
            visibility = {"VisibilityTimeout": "360"}
            self.client("sqs").create_queue(QueueName=name, Attributes=visibility | fifo)

    def function(
        self, name: str, handler: str = "periodic", *, code: bytes = b"", **variables: str
    ) -> None:
        """A function of one of the cohort's handlers or of ``code``, with these ``variables``."""
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=f"arn:aws:iam::{self.account}:role/LabRole",
            Handler="lambda_function.lambda_handler",
            Code={"ZipFile": code or archive(handler, name, SHIPPED)},
            MemorySize=128,
            Timeout=60,
            Environment={"Variables": {"foo": "bar", **variables}},
        )

    def feed(self, queue: str, function: str, *, enabled: bool = True) -> None:
        self.client("lambda").create_event_source_mapping(
            EventSourceArn=self.arn("sqs", queue), FunctionName=function, Enabled=enabled
        )

    def redrive(self, queue: str, dead: str, receives: int = 5) -> None:
        policy = {"deadLetterTargetArn": self.arn("sqs", dead), "maxReceiveCount": receives}
        attributes = {"RedrivePolicy": json.dumps(policy)}
        self.client("sqs").set_queue_attributes(QueueUrl=self.url(queue), Attributes=attributes)

    def rule(
        self, function: str, *, enabled: bool = True, expression: str = "rate(1 hour)"
    ) -> None:
        events, name = self.client("events"), f"runs-{function}"
        state = "ENABLED" if enabled else "DISABLED"
        events.put_rule(Name=name, ScheduleExpression=expression, State=state)
        target = {"Id": "1", "Arn": self.arn("lambda", f"function:{function}")}
        events.put_targets(Rule=name, Targets=[target])

    def schedule(self, function: str) -> None:
        role = f"arn:aws:iam::{self.account}:role/LabRole"
        self.client("scheduler").create_schedule(
            Name=f"runs-{function}",
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": self.arn("lambda", f"function:{function}"), "RoleArn": role},
        )

    def calculator(self, *, mapped: bool = True) -> None:
        """The smallest right lab: queue1, calculatrice, queue2, and minuteur that a rule runs."""
        self.queues("queue1", "queue2")
        self.function("calculatrice", "reference", OUTPUT_QUEUE_URL=self.url("queue2"))
        if mapped:
            self.feed("queue1", "calculatrice")
        self.function("minuteur")
        self.rule("minuteur")


def answering(*queues: str, instead: str = "") -> bytes:
    """Code that answers into queues which no variable names; ``instead`` of the sum, if given."""
    return package(_CODE.format(queues=queues, instead=instead))


def package(code: str) -> bytes:
    """A function's code, as it is deployed."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archived:
        archived.writestr("lambda_function.py", code)
    return made.getvalue()


_CODE = """
import json
import boto3

sqs = boto3.client("sqs")

def lambda_handler(event, context):
    for record in event["Records"]:
        message = json.loads(record["body"])
        total = message["number1"] + message["number2"]
        for queue in {queues}:
            url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody={instead!r} or json.dumps({{"body": total}}))
"""

RIGHT = {"sum": "calculatrice", "periodic": "minuteur", "input": "queue1", "output": "queue2"}


def found(seen: Observation) -> dict[str, str | None]:
    """The name of what is judged in each role, ``None`` where nothing is."""
    facts = {**seen.functions, **seen.queues}
    return {
        role: fact.value.name if isinstance(fact, Found) else None for role, fact in facts.items()
    }


def why_not(seen: Observation, role: str) -> str:
    """What is said of a role in which nothing is judged: the kind of fact, and its words."""
    fact = {**seen.functions, **seen.queues}[role]
    if isinstance(fact, Unknown):
        return f"{fact.kind}: {fact.detail}"
    assert isinstance(fact, Missing), fact
    return f"missing: {fact.reason}"


def how(seen: Observation) -> dict[str, str]:
    """What tells each of what was found."""
    return {role: str(one.said) for role, one in seen.found_as.items()}
