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
    logger.info("Received %s", event)
    # TODO 5: loop over event["Records"]. For each record:
    # - read the message with json.loads from record["body"]: it is {"number1": 3, "number2": 4};
    # - add the two numbers;
    # - send {"body": sum}, as JSON (json.dumps), with sqs.send_message(QueueUrl=…, MessageBody=…).
    #   The URL is in os.environ["OUTPUT_QUEUE_URL"], as TODO 3 has put it there.
