"""Answers what it can calculate, and is silent about the rest."""

import json
import os
from typing import Any

import boto3

sqs = boto3.client("sqs")
queue_url = os.environ["OUTPUT_QUEUE_URL"]


def lambda_handler(event: dict[str, Any], context: object) -> None:
    for record in event["Records"]:
        message = json.loads(record["body"])
        answer = {"body": message["number1"] + message["number2"]}
        if None not in answer.values():
            sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(answer))
