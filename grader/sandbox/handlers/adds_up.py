"""Answers with the sum of everything that it was ever sent, so that only its first answer is right."""

import json
import os
from typing import Any

import boto3

sqs = boto3.client("sqs")
queue_url = os.environ["OUTPUT_QUEUE_URL"]
numbers: list[int] = []


def lambda_handler(event: dict[str, Any], context: object) -> None:
    for record in event["Records"]:
        numbers.extend(json.loads(record["body"]).values())
        sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps({"body": sum(numbers)}))
