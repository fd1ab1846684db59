"""Answers whatever a message could ask for, each time."""

import json
import os
from typing import Any

import boto3

sqs = boto3.client("sqs")
queue_url = os.environ["OUTPUT_QUEUE_URL"]


def everything(message: dict[str, Any]) -> list[Any]:
    return [message["number1"] + message["number2"]]


def lambda_handler(event: dict[str, Any], context: object) -> None:
    for record in event["Records"]:
        for answer in everything(json.loads(record["body"])):
            sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps({"body": answer}))
