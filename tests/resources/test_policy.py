"""Whether a function's policy lets a rule invoke it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.observation import Unknown
from grader.resources.schedule import may_invoke
from grader.safety.secret import Secret
from tests.wire_faults import Wire

FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:periodic_lambda"
RULE = "arn:aws:events:us-east-1:111111111111:rule/mine"
ALLOW = {
    "Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
}


def for_source(arn: Any, key: str = "AWS:SourceArn") -> dict[str, Any]:
    return {**ALLOW, "Condition": {"ArnLike": {key: arn}}}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"Statement": [for_source(RULE)]}, True),
        ({"Statement": for_source(RULE)}, True),
        ({"Statement": [for_source([f"{RULE}-2", "arn:aws:events:*:rule/*"])]}, True),
        ({"Statement": [for_source(f"{RULE}-2")]}, False),
        ({"Statement": [{**for_source(RULE), "Effect": "Deny"}]}, False),
        ({"Statement": [{**ALLOW, "Principal": {"Service": "s3.amazonaws.com"}}]}, False),
        ({"Statement": [{**ALLOW, "Principal": {"Service": ["events.amazonaws.com"]}}]}, True),
        ({"Statement": [{**ALLOW, "Action": "lambda:GetFunction"}]}, False),
        ({"Statement": [{**ALLOW, "Action": ["lambda:*"]}]}, True),
        ({"Statement": [{**ALLOW, "Principal": "*"}]}, True),
        ({"Statement": [{**ALLOW, "Principal": "me"}]}, False),
        ({"Statement": [{**ALLOW, "Principal": None}]}, False),
        ({"Statement": [{**ALLOW, "Principal": [["events.amazonaws.com"]]}]}, False),
        ({"Statement": [{**ALLOW, "Condition": ["odd"]}]}, True),
        ({"Statement": [{**ALLOW, "Condition": {"ArnLike": RULE}}]}, True),
        ({"Statement": [for_source({"odd": 1})]}, False),
        ({"Statement": ["odd", None, 7]}, False),
        ({"Statement": "odd"}, False),
        ({"Statement": None}, False),
        ({}, False),
        ([], False),
        (7, False),
        ("[" * 100_000, None),
        ("no JSON", None),
        ("", False),
    ],
    ids=lambda value: str(value)[:60],
)
def test_any_policy_is_read_and_none_breaks_the_grader(policy: Any, expected: bool | None) -> None:
    wire = Wire()
    text = policy if isinstance(policy, str) else json.dumps(policy)
    body = json.dumps({"Policy": text}).encode()
    wire.play("lambda.GetPolicy", (200, {"content-type": "application/json"}, body))
    keys = Keys(Secret("1" * 12), Secret("test"), None)
    aws = Aws(Clients(wire.session), keys, "us-east-1", "http://127.0.0.1:1")
    found = may_invoke(aws, FUNCTION, RULE)
    assert (None if isinstance(found, Unknown) else found) is expected
