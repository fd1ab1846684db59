"""Prints the sum and never sends it."""

import json
from typing import Any


def lambda_handler(event: dict[str, Any], context: object) -> None:
    for record in event["Records"]:
        message = json.loads(record["body"])
        print("sum:", message["number1"] + message["number2"])
