"""The event that Lambda makes of SQS messages, for invoking a function directly."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def sqs_event(bodies: Sequence[str], *, queue_arn: str, region: str, now_ms: int) -> dict[str, Any]:
    """The event for ``bodies`` as if they came from ``queue_arn`` at ``now_ms`` (Unix, milliseconds).

    Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", example event.
    """
    return {"Records": [_record(body, queue_arn, region, now_ms) for body in bodies]}


def _record(body: str, queue_arn: str, region: str, now_ms: int) -> dict[str, Any]:
    return {
        "messageId": str(uuid.uuid4()),
        # Shaped like a real handle; SQS does not know it, and says so to a function that uses it.
        "receiptHandle": f"AQEB{secrets.token_urlsafe(120)}",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(now_ms),
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": str(now_ms + 1),
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }
