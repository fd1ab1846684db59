"""Whether the value of an environment variable is a queue: its URL, its ARN, or its name."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_OF_AWS = re.compile(
    r"(?:sqs\.(?P<region>[a-z0-9-]+)|(?P<legacy>[a-z0-9-]+)\.queue|queue)\.amazonaws\.com"
)
"""The hosts of SQS. Source: AWS General Reference, Amazon SQS endpoints and legacy endpoints."""


def holds(value: str, queue: str, function_arn: str) -> bool:
    """``value`` is the queue called ``queue`` in the account and region of the function.

    A queue of that name in another account, or in another region, is another queue.
    """
    if not queue:
        return False  # it was not found
    if value == queue:
        return True
    parts = function_arn.split(":")
    if len(parts) < 5:
        return False
    partition, region, account = parts[1], parts[3], parts[4]
    if value == f"arn:{partition}:sqs:{region}:{account}:{queue}":
        return True
    try:
        url = urlsplit(value)
        host = url.hostname or ""
    except ValueError:
        return False
    if url.scheme not in {"http", "https"} or url.path.rstrip("/") != f"/{account}/{queue}":
        return False
    found = _OF_AWS.match(host)
    named = found and (found["region"] or found["legacy"])
    return not named or named == region
