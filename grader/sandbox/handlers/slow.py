"""Adds right, but takes 3 s for every invocation, or SECONDS."""

import json
import os
import time
from typing import Any

import boto3

sqs = boto3.client("sqs")
queue_url = os.environ["OUTPUT_QUEUE_URL"]


def lambda_handler(event: dict[str, Any], context: object) -> None:
    time.sleep(float(os.environ.get("SECONDS", "3")))
    for record in event["Records"]:
        message = json.loads(record["body"])
        answer = {"body": message["number1"] + message["number2"]}
        sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(answer))
