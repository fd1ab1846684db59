"""Answers with the product, the difference and the sum, under a key each."""

import json
import os
from typing import Any

import boto3

sqs = boto3.client("sqs")
queue_url = os.environ["OUTPUT_QUEUE_URL"]


def lambda_handler(event: dict[str, Any], context: object) -> None:
    for record in event["Records"]:
        message = json.loads(record["body"])
        one, two = message["number1"], message["number2"]
        answer = {"body": one * two, "result": one - two, "sum": one + two}
        sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(answer))
