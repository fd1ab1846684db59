"""Sends the bodies that HOSTILE names (separated by commas), then the right answers."""

import json
import os
from typing import Any

import boto3

sqs = boto3.client("sqs")
queue_url = os.environ["OUTPUT_QUEUE_URL"]

BODIES = {
    "text": ("not JSON at all", "{", "7 apples"),
    "nested": ("[" * 10_000 + "]" * 10_000, '{"body":' * 10_000 + "7" + "}" * 10_000),
    "digits": ("9" * 5_000, '{"body": ' + "9" * 5_000 + "}", '{"body": "' + "9" * 5_000 + '"}'),
    "nan": ("NaN", '{"body": NaN}', '{"body": "nan"}', '{"body": Infinity}', '{"body": 1e999}'),
    "true": ("true", '{"body": true}'),
    "mebibyte": ("x" * 2**20,),
    "escapes": ('{"body": "\\ud800"}', '"\\udc00\\ud800"', '{"body": "\\u0000\\u001b[31m"}'),
    "empty": (" ", "{}", "[]", '""', "null", '{"body": null}', '{"body": {}}'),
    "markup": ("<script>alert(1)</script>", "[bold red]7[/]", "=1+6", '{"": 7}'),
}


def lambda_handler(event: dict[str, Any], context: object) -> None:
    for kind in os.environ["HOSTILE"].split(","):
        for body in BODIES[kind]:
            sqs.send_message(QueueUrl=queue_url, MessageBody=body)
    for record in event["Records"]:
        message = json.loads(record["body"])
        answer = {"body": message["number1"] + message["number2"]}
        sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(answer))
