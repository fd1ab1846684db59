"""Answers on its own input queue, and ignores what is not a pair of numbers."""

import json
from typing import Any

import boto3

sqs = boto3.client("sqs")


def lambda_handler(event: dict[str, Any], context: object) -> None:
    for record in event["Records"]:
        message = json.loads(record["body"])
        first, second = message.get("number1"), message.get("number2")
        if first is None or second is None:
            continue
        own_queue = record["eventSourceARN"].split(":")[-1]
        own_url = sqs.get_queue_url(QueueName=own_queue)["QueueUrl"]
        sqs.send_message(QueueUrl=own_url, MessageBody=json.dumps({"body": first + second}))
