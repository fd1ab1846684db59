"""Adds the two numbers of each message, and sends the sum to the output queue."""

import json
import logging
import os

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)

# Made once, when the function starts, and used for every event.
sqs = boto3.client("sqs")


def lambda_handler(event, context):
    """Answer every record: SQS hands over up to ten messages in one event."""
    for record in event["Records"]:
        message = json.loads(record["body"])
        answer = {"body": message["number1"] + message["number2"]}
        sqs.send_message(QueueUrl=os.environ["OUTPUT_QUEUE_URL"], MessageBody=json.dumps(answer))
        logger.info("%s -> %s", message, answer)
