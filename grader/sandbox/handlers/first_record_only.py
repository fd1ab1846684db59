"""Reads only the first record of an event."""

import json
import os
from typing import Any

import boto3

sqs = boto3.client("sqs")
queue_url = os.environ["OUTPUT_QUEUE_URL"]


def lambda_handler(event: dict[str, Any], context: object) -> None:
    message = json.loads(event["Records"][0]["body"])
    answer = {"body": message["number1"] + message["number2"]}
    sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(answer))
