"""Deletes its message from the input queue before it answers."""

import json
import os
from typing import Any

import boto3

sqs = boto3.client("sqs")
queue_url = os.environ["OUTPUT_QUEUE_URL"]


def lambda_handler(event: dict[str, Any], context: object) -> None:
    for record in event["Records"]:
        own_queue = record["eventSourceARN"].split(":")[-1]
        own_url = sqs.get_queue_url(QueueName=own_queue)["QueueUrl"]
        sqs.delete_message(QueueUrl=own_url, ReceiptHandle=record["receiptHandle"])
        message = json.loads(record["body"])
        answer = {"body": message["number1"] + message["number2"]}
        sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(answer))
