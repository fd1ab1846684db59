"""Deletes its message from the input queue itself, after answering it."""

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
        sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(answer))
        input_queue = record["eventSourceARN"].split(":")[-1]
        input_url = sqs.get_queue_url(QueueName=input_queue)["QueueUrl"]
        sqs.delete_message(QueueUrl=input_url, ReceiptHandle=record["receiptHandle"])
