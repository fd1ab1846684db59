"""The calls that the grader makes for a right account, in bare boto3, measured from inside: prints JSON.

No retries of its own, no facts, no judging, nothing written: what asking AWS costs by itself. One client
for each service of an account, made from one session under a lock, as many accounts at a time as the
grader has jobs.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import Moment, peak_mb

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PAIRS = 5
SERVICES = ("sts", "lambda", "sqs", "events", "scheduler")
LOCK = Lock()

ANSWERED_AT: list[float] = []
"""When the last sum of each account came, by ``time.monotonic()``: what comes after is a last look."""


def main() -> None:
    """Ask about every account of a roster."""
    import boto3  # imported here so that it counts

    measure(lambda: partial(account, boto3.Session()), __doc__)


def measure(made: Callable[[], Callable[[dict[str, str]], bool]], description: str | None) -> None:
    """Ask about every account of the roster on the command line, and print what it took as JSON.

    ``made`` gives what asks about one row and says whether all was right; making it counts as start.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("roster", type=Path)
    parser.add_argument("--jobs", type=int, required=True)
    given = parser.parse_args()
    ask = made()
    with given.roster.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    started = Moment.now()
    with ThreadPoolExecutor(given.jobs) as threads:
        right = list(threads.map(ask, rows))
    used = Moment.now().since(started)
    figures = {
        "students": len(rows),
        "right": sum(right),
        "start_cpu_s": started.own_s,
        "cpu_s": used.own_s,
        "wall_s": used.wall_s,
        "answered_s": max(ANSWERED_AT) - started.wall_s,
        "peak_mb": peak_mb(os.getpid()),
    }
    print(json.dumps(figures))


def account(session: Any, row: dict[str, str]) -> bool:
    """Ask about one account by clients of its own: whether all of it was right."""
    from botocore.config import Config

    def client(service: str) -> Any:
        with LOCK:
            return session.client(
                service,
                region_name=row["region"],
                endpoint_url=row["endpoint_url"],
                aws_access_key_id=row["aws_access_key_id"],
                aws_secret_access_key=row["aws_secret_access_key"],
                config=Config(retries={"mode": "standard"}),
            )

    clients = {service: client(service) for service in SERVICES}
    try:
        return visited(clients)
    finally:
        for one in clients.values():
            one.close()


def visited(clients: Mapping[str, Any]) -> bool:
    """Look at one account, run its function, send five pairs: whether all of it was right.

    ``clients`` are those of :data:`SERVICES`, or whatever has the same methods.
    """
    functions, sqs = clients["lambda"], clients["sqs"]
    clients["sts"].get_caller_identity()
    urls = [
        sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in ("input_queue", "output_queue")
    ]
    right = looked(functions, sqs, clients["events"], clients["scheduler"], urls)
    return exercised(functions, sqs, *urls) and right


def looked(functions: Any, sqs: Any, events: Any, scheduler: Any, urls: list[str]) -> bool:
    """The configuration: functions, queues, mappings, schedule."""
    adder = functions.get_function_configuration(FunctionName="first_lambda")
    periodic = functions.get_function_configuration(FunctionName="periodic_lambda")
    mappings = []
    for url in urls:
        queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        listed = functions.list_event_source_mappings(EventSourceArn=queue["QueueArn"])
        mappings.append(listed["EventSourceMappings"])
    arn = periodic["FunctionArn"]
    (name,) = events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    rule = events.describe_rule(Name=name)
    policy = json.loads(functions.get_policy(FunctionName=arn)["Policy"])
    scheduler.list_schedules()
    return bool(
        adder["MemorySize"] == 128
        and adder["Timeout"] == 60
        and adder["Environment"]["Variables"]["foo"] == "bar"
        and [one["State"] for one in mappings[0]] == ["Enabled"]
        and not mappings[1]
        and targets[0]["Arn"] == arn
        and rule["State"] == "ENABLED"
        and policy["Statement"]
    )


def exercised(functions: Any, sqs: Any, source: str, output: str) -> bool:
    """Two direct invocations, five pairs through the queues, one last look for duplicates."""
    sqs.get_queue_attributes(QueueUrl=output, AttributeNames=["QueueArn"])  # the clock
    right = True
    for records in (1, 3):
        pairs = [(100 + n, 1000 * records + 20 * n) for n in range(records)]
        event = {"Records": [record(pair) for pair in pairs]}
        functions.invoke(FunctionName="first_lambda", LogType="Tail", Payload=json.dumps(event))[
            "Payload"
        ].read()
        right &= received(sqs, output, {a + b for a, b in pairs})
    for number in range(PAIRS):
        pair = (200 + 20 * number, 7000 + number)
        sqs.send_message(QueueUrl=source, MessageBody=message(pair))
        right &= received(sqs, output, {sum(pair)})
    ANSWERED_AT.append(time.monotonic())
    received(sqs, output, set(), polls=1)
    return right


def received(sqs: Any, url: str, wanted: set[int], polls: int = 10) -> bool:
    """Poll until every sum of ``wanted`` came, and delete each."""
    for _ in range(polls):
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=2,
            VisibilityTimeout=60,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        for one in answer.get("Messages", []):
            wanted.discard(json.loads(one["Body"])["body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        if not wanted:
            break
    return not wanted


def message(pair: tuple[int, int]) -> str:
    """A message of the lab."""
    return json.dumps({"number1": pair[0], "number2": pair[1]})


def record(pair: tuple[int, int]) -> dict[str, Any]:
    """One record of an event that SQS sends to a function."""
    return {
        "messageId": "19dd0b57-b21e-4ac1-bd88-01bbb068cb78",
        "receiptHandle": "MessageReceiptHandle",
        "body": message(pair),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1523232000000"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:input_queue",
        "awsRegion": "us-east-1",
    }


if __name__ == "__main__":
    main()
