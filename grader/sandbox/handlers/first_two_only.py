"""Answers its first two invocations, and swallows the messages of all later ones."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import boto3

sqs = boto3.client("sqs")
queue_url = os.environ["OUTPUT_QUEUE_URL"]


def lambda_handler(event: dict[str, Any], context: object) -> None:
    if not claim_a_turn():
        return
    for record in event["Records"]:
        message = json.loads(record["body"])
        answer = {"body": message["number1"] + message["number2"]}
        sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(answer))


def claim_a_turn() -> bool:
    # A function may have several workers, so the turns are counted in files that they share.
    for turn in (1, 2):
        name = f"turn-{os.environ['AWS_ACCESS_KEY_ID']}-{turn}"
        try:
            (Path(tempfile.gettempdir()) / name).touch(exist_ok=False)
        except FileExistsError:
            continue
        return True
    return False
