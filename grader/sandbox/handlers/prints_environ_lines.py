"""Prints its environment, one variable a line, and answers with it, as JSON within JSON."""

import json
import os
from typing import Any

import boto3

sqs = boto3.client("sqs")
queue_url = os.environ["OUTPUT_QUEUE_URL"]


def lambda_handler(event: dict[str, Any], context: object) -> str:
    # The telling names come last in the log and first in the answer: neither is kept whole.
    telling = sorted(os.environ, key=lambda name: name.startswith("DB_"))
    for k in telling:
        print(k, os.environ[k])
    env = {k: os.environ[k] for k in reversed(telling)}
    answer = json.dumps({"statusCode": 200, "body": json.dumps(env)})
    sqs.send_message(QueueUrl=queue_url, MessageBody=answer)
    return answer
