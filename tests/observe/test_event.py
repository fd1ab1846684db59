from __future__ import annotations

import hashlib

from grader.observe.event import sqs_event


def test_an_event_has_what_a_function_may_read_of_an_sqs_record() -> None:
    arn = "arn:aws:sqs:us-east-1:111111111111:input_queue"
    event = sqs_event(["{}", "[]"], queue_arn=arn, region="us-east-1", now_ms=1_700_000_000_000)
    first, second = event["Records"]
    assert first["md5OfBody"] == hashlib.md5(b"{}").hexdigest()
    assert first["eventSourceARN"] == arn
    assert first["eventSource"] == "aws:sqs"
    assert first["attributes"]["SentTimestamp"] == "1700000000000"
    assert {"messageId", "receiptHandle", "body", "messageAttributes", "awsRegion"} <= first.keys()
    assert first["messageId"] != second["messageId"]
    assert first["receiptHandle"] != second["receiptHandle"]
