"""Whether a function's policy lets a rule invoke it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.observation import Unknown
from grader.resources.policy import Caller, Decision, decide
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


def where(operator: str, key: str, value: Any) -> dict[str, Any]:
    """An Allow under one condition."""
    return {**ALLOW, "Condition": {operator: {key: value}}}


def without_principal(**more: Any) -> dict[str, Any]:
    """An Allow that names its principal otherwise."""
    return {**{name: value for name, value in ALLOW.items() if name != "Principal"}, **more}


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
        ({"Statement": [for_source(RULE), {**ALLOW, "Effect": "Deny"}]}, False),
        ({"Statement": [ALLOW, {**ALLOW, "Effect": "Deny", "Principal": "*"}]}, False),
        ({"Statement": [ALLOW, {**ALLOW, "Effect": "Deny", "Action": "lambda:Get*"}]}, True),
        ({"Statement": [ALLOW, {**for_source(f"{RULE}-2"), "Effect": "Deny"}]}, True),
        ({"Statement": [where("ArnNotLike", "aws:SourceArn", RULE)]}, False),
        ({"Statement": [where("ArnNotEquals", "aws:SourceArn", f"{RULE}-2")]}, True),
        ({"Statement": [where("StringEquals", "aws:SourceAccount", "1" * 12)]}, True),
        ({"Statement": [where("StringEquals", "aws:SourceAccount", "2" * 12)]}, False),
        ({"Statement": [where("StringEqualsIfExists", "AWS:SOURCEACCOUNT", "2" * 12)]}, False),
        ({"Statement": [where("StringNotEquals", "aws:SourceAccount", ["1" * 12])]}, False),
        ({"Statement": [where("ForAnyValue:StringLike", "aws:SourceAccount", "11*")]}, True),
        ({"Statement": [where("StringLike", "aws:SourceArn", "ARN:aws:events:*")]}, False),
        ({"Statement": [where("StringEqualsIgnoreCase", "aws:SourceArn", RULE.upper())]}, True),
        ({"Statement": [where("Bool", "aws:SecureTransport", False)]}, False),
        ({"Statement": [where("Null", "aws:SourceArn", False)]}, True),
        ({"Statement": [where("StringEquals", "aws:PrincipalOrgID", "o-1")]}, None),
        ({"Statement": [ALLOW, where("StringEquals", "aws:PrincipalOrgID", "o-1")]}, True),
        (
            {
                "Statement": [
                    ALLOW,
                    {**where("StringEquals", "aws:PrincipalOrgID", "o-1"), "Effect": "Deny"},
                ]
            },
            None,
        ),
        ({"Statement": [where("DateGreaterThan", "aws:SourceArn", "x")]}, None),
        ({"Statement": [{**ALLOW, "Resource": f"{FUNCTION}:live"}]}, False),
        ({"Statement": [{**ALLOW, "Resource": "arn:aws:lambda:*:*:function:periodic*"}]}, True),
        ({"Statement": [{**ALLOW, "NotAction": "lambda:InvokeFunction"}]}, False),
        ({"Statement": [without_principal(NotPrincipal={"Service": "s3.amazonaws.com"})]}, True),
        ({"Statement": [where("ArnLike", "aws:SourceArn", "*a" * 400)]}, False),
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
    assert (None if isinstance(found, Unknown) else found.allowed) is expected


def test_what_denies_and_what_would_have_allowed_is_named() -> None:
    denies = {**ALLOW, "Sid": "no-events", "Effect": "Deny"}
    caller = Caller("events.amazonaws.com", RULE)
    assert decide({"Statement": [ALLOW, denies]}, FUNCTION, caller) == Decision(
        False, denied_by="no-events"
    )
    others = where("StringEquals", "aws:SourceAccount", "2" * 12)
    assert "222222222222" in decide({"Statement": [others]}, FUNCTION, caller).only_where
