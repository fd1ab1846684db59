"""The lab as plain pytest: one test for each line of the rubric, over the students of a CSV file.

``ROSTER`` names the file; ``STUDENT`` asks for one student alone. ``PATIENCE_S`` is how long a sum may
take. Source: the lab's rubric.
"""

from __future__ import annotations

import csv
import functools
import json
import os
import random
import time
from pathlib import Path
from typing import Any

import boto3
import pytest

PATIENCE_S = float(os.environ.get("PATIENCE_S", "120"))
LONG_POLL_S = 20
PAIRS = 5

with Path(os.environ["ROSTER"]).open(encoding="utf-8", newline="") as _file:
    ROWS = {
        row["student_id"]: row
        for row in csv.DictReader(_file)
        if os.environ.get("STUDENT", row["student_id"]) == row["student_id"]
    }


@pytest.fixture(params=sorted(ROWS))
def student(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@functools.cache
def session() -> boto3.Session:
    return boto3.Session()


@functools.cache
def client(student: str, service: str) -> Any:
    row = ROWS[student]
    make: Any = session().client
    return make(
        service,
        region_name=row["region"],
        endpoint_url=row["endpoint_url"],
        aws_access_key_id=row["aws_access_key_id"],
        aws_secret_access_key=row["aws_secret_access_key"],
    )


def function(student: str, name: str = "first_lambda") -> Any:
    return client(student, "lambda").get_function_configuration(FunctionName=name)


def url(student: str, name: str) -> str:
    return str(client(student, "sqs").get_queue_url(QueueName=name)["QueueUrl"])


def test_runtime(student: str) -> None:
    name, _, version = function(student)["Runtime"].partition(".")
    assert name == "python3"
    assert int(version) >= 8


def test_memory(student: str) -> None:
    assert function(student)["MemorySize"] == 128


def test_timeout(student: str) -> None:
    assert function(student)["Timeout"] == 60


def test_environment(student: str) -> None:
    assert function(student)["Environment"]["Variables"]["foo"] == "bar"


def test_input_queue(student: str) -> None:
    queue = client(student, "sqs").get_queue_attributes(
        QueueUrl=url(student, "input_queue"), AttributeNames=["VisibilityTimeout"]
    )
    assert int(queue["Attributes"]["VisibilityTimeout"]) >= 60


def test_output_queue(student: str) -> None:
    assert url(student, "output_queue")


def test_mapping(student: str) -> None:
    mappings = client(student, "lambda").list_event_source_mappings(FunctionName="first_lambda")
    sources = [
        one["EventSourceArn"]
        for one in mappings["EventSourceMappings"]
        if one["State"] == "Enabled"
    ]
    assert [arn.rpartition(":")[2] for arn in sources] == ["input_queue"]


def test_schedule(student: str) -> None:
    arn = function(student, "periodic_lambda")["FunctionArn"]
    events = client(student, "events")
    names = events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]
    rules = [events.describe_rule(Name=name) for name in names]
    assert any(rule["State"] == "ENABLED" and rule["ScheduleExpression"] for rule in rules)


def test_sums_arrive(student: str) -> None:
    sqs = client(student, "sqs")
    source, output = url(student, "input_queue"), url(student, "output_queue")
    for _ in range(PAIRS):
        one, two = random.sample(range(100, 10_000), 2)
        sqs.send_message(QueueUrl=source, MessageBody=json.dumps({"number1": one, "number2": two}))
        assert answers(sqs, output) == [one + two]


def answers(sqs: Any, output: str) -> list[Any]:
    """The first that comes out of the queue, nothing if patience ends before."""
    found: list[Any] = []
    ends = time.monotonic() + PATIENCE_S
    while not found and (left := ends - time.monotonic()) > 0:
        received = sqs.receive_message(
            QueueUrl=output,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=max(1, min(LONG_POLL_S, round(left))),
        )
        for message in received.get("Messages", []):
            answer = json.loads(message["Body"])
            found.append(answer.get("body", answer.get("result")))
            sqs.delete_message(QueueUrl=output, ReceiptHandle=message["ReceiptHandle"])
    return found
