"""Whether a function's policy lets a rule invoke it, as IAM would decide."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.fact import Unknown
from grader.resources.policy import Decision, decide, invoked_by_rule
from grader.resources.schedule import may_invoke
from grader.safety.secret import Secret
from tests.wire_faults import Wire, rest

ACCOUNT = "111111111111"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:periodic_lambda"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/mine"
ALLOW = {
    "Sid": "s",
    "Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Resource": FUNCTION,
}
ANOTHER = "999999999999"


def but(**changes: Any) -> dict[str, Any]:
    """The statement that allows it, with other elements; ``None`` removes one."""
    return {name: value for name, value in {**ALLOW, **changes}.items() if value is not None}


def on(operator: str, key: str, value: Any) -> dict[str, Any]:
    """The statement that allows it, on a condition."""
    return but(Condition={operator: {key: value}})


def decided(*statements: Any, target: str = FUNCTION) -> Decision:
    return decide({"Statement": list(statements)}, invoked_by_rule(target, RULE))


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        (ALLOW, True),
        (but(Effect="allow"), None),
        (but(Effect=None), None),
        ("odd", None),
        (None, None),
        # Who.
        (but(Principal={"Service": ["s3.amazonaws.com", "events.amazonaws.com"]}), True),
        (but(Principal={"Service": "s3.amazonaws.com"}), False),
        (but(Principal={"Service": "scheduler.amazonaws.com"}), False),
        (but(Principal={"Service": "events.us-east-1.amazonaws.com"}), None),
        (but(Principal="*"), True),
        (but(Principal={"AWS": "*"}), True),
        (but(Principal={"AWS": ["*"]}), True),
        (but(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), False),
        (but(Principal={"Service": {"odd": 1}}), None),
        (but(Principal="AIDAEXAMPLE"), False),
        (but(Principal={}), False),
        (but(Principal={"Service": []}), False),
        (but(Principal=[["events.amazonaws.com"]]), False),
        (but(Principal=None), False),
        (but(Principal=None, NotPrincipal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), True),
        (but(Principal=None, NotPrincipal={"Service": "events.amazonaws.com"}), False),
        # What.
        (but(Action="LAMBDA:invokefunction"), True),
        (but(Action=["lambda:GetFunction", "lambda:Invoke*"]), True),
        (but(Action="lambda:InvokeFunctio?"), True),
        (but(Action="lambda:[I]nvokeFunction"), False),
        (but(Action="*"), True),
        (but(Action="lambda:InvokeFunctionUrl"), False),
        (but(Action=[]), False),
        (but(Action=None), False),
        (but(Action=None, NotAction="lambda:InvokeFunction"), False),
        (but(Action=None, NotAction="lambda:Get*"), True),
        # Of what.
        (but(Resource=None), True),
        (but(Resource="*"), True),
        (but(Resource=f"{FUNCTION}*"), True),
        (but(Resource=[f"{FUNCTION}:live", FUNCTION]), True),
        (but(Resource=f"{FUNCTION}:live"), False),
        (but(Resource=f"{FUNCTION}s"), False),
        (but(Resource="arn:aws:lambda:us-east-1:${aws:SourceAccount}:function:*"), None),
        (but(Resource=None, NotResource=FUNCTION), False),
        # On what condition.
        (but(Condition={}), True),
        (but(Condition=["odd"]), None),
        (but(Condition={"ArnLike": RULE}), None),
    ],
    ids=lambda value: str(value)[:150],
)
def test_a_statement_that_allows_is_about_who_asks_what_of_which_function(
    statement: Any, allowed: bool | None
) -> None:
    assert decided(statement).allowed is allowed


@pytest.mark.parametrize(
    ("operator", "value", "holds"),
    [
        ("ArnLike", RULE, True),
        ("ArnEquals", RULE, True),
        ("arnlike", RULE, True),
        ("ArnEquals", f"arn:aws:events:us-east-1:{ACCOUNT}:rule/*", True),
        ("ArnLike", f"arn:aws:events:*:{ACCOUNT}:rule/m?ne", True),
        ("ArnLike", [f"{RULE}-2", RULE], True),
        ("ArnLike", f"{RULE}-2", False),
        ("ArnLike", RULE.replace("mine", "Mine"), False),
        ("ArnLike", RULE.replace(ACCOUNT, ANOTHER), False),
        # A star does not reach beyond its part of an ARN.
        ("ArnLike", "arn:aws:*:*:us-east-1:rule/*", False),
        ("ArnLike", "*", None),
        ("ArnLike", "arn:aws:events:*", None),
        ("ArnLike", "arn:aws:s3:*", False),
        ("ArnLike", [], False),
        ("ArnLike", {"odd": 1}, None),
        ("ArnLike", None, None),
        ("ArnLike", "arn:aws:events:us-east-1:${aws:SourceAccount}:rule/mine", None),
        ("ArnNotLike", RULE, False),
        ("ArnNotEquals", f"arn:aws:events:*:{ACCOUNT}:rule/*", False),
        ("ArnNotLike", f"{RULE}-2", True),
        ("ArnNotLike", [f"{RULE}-2", RULE], False),
        ("StringEquals", RULE, True),
        ("StringEquals", f"arn:aws:events:us-east-1:{ACCOUNT}:rule/*", False),
        ("StringEquals", RULE.upper(), False),
        ("StringEqualsIgnoreCase", RULE.upper(), True),
        ("StringLike", "arn:aws:events:*", True),
        ("StringLike", "arn:aws:s3:*", False),
        ("StringLike", "*[mine]", False),
        ("StringNotEquals", RULE, False),
        ("StringNotEquals", "mine", True),
        ("StringNotEqualsIgnoreCase", RULE.upper(), False),
        ("StringNotLike", "*mine", False),
        ("StringNotLike", "*yours", True),
        ("StringEqualsIfExists", RULE, True),
        ("StringEqualsIfExists", "mine", False),
        ("ForAnyValue:ArnLike", [f"{RULE}-2", RULE], True),
        ("ForAnyValue:ArnLike", f"{RULE}-2", False),
        ("ForAllValues:StringLike", "*", True),
        ("ForAllValues:StringNotLike", "*mine", False),
        ("ForSomeValues:StringLike", "*", None),
        ("Null", "true", False),
        ("Null", "false", True),
        ("Null", False, True),
        ("DateLessThan", "2030-01-01", None),
        ("IpAddress", "10.0.0.0/8", None),
    ],
    ids=lambda value: str(value)[:90],
)
def test_each_operator_compares_the_source_as_iam_does(
    operator: str, value: Any, holds: bool | None
) -> None:
    assert decided(on(operator, "AWS:SourceArn", value)).allowed is holds
    assert decided(on(operator, "aws:sourcearn", value)).allowed is holds


@pytest.mark.parametrize(
    ("operator", "key", "value", "holds"),
    [
        ("StringEquals", "AWS:SourceAccount", ACCOUNT, True),
        ("StringEquals", "AWS:SourceAccount", int(ACCOUNT), True),
        ("StringEquals", "AWS:SourceAccount", ANOTHER, False),
        ("StringNotEquals", "aws:SourceAccount", ACCOUNT, False),
        ("StringLike", "aws:SourceAccount", "1*", True),
        ("StringEquals", "aws:PrincipalServiceName", "events.amazonaws.com", True),
        ("Bool", "aws:PrincipalIsAWSService", "true", True),
        ("Bool", "aws:PrincipalIsAWSService", False, False),
        # What the console adds where a function has a URL is no permission for a rule.
        ("Bool", "lambda:InvokedViaFunctionUrl", "true", False),
        ("StringEquals", "lambda:FunctionUrlAuthType", "NONE", False),
        # A key that a request of EventBridge certainly lacks.
        ("StringEquals", "lambda:EventSourceToken", "amzn1.ask.skill", False),
        ("StringNotEquals", "lambda:EventSourceToken", "amzn1.ask.skill", True),
        ("StringEqualsIfExists", "lambda:EventSourceToken", "amzn1.ask.skill", True),
        ("ForAnyValue:StringNotEquals", "lambda:EventSourceToken", "a", False),
        ("ForAllValues:StringEquals", "lambda:EventSourceToken", "a", True),
        ("Null", "lambda:EventSourceToken", "true", True),
        ("Null", "lambda:EventSourceToken", "false", False),
        # What the grader does not know.
        ("StringEquals", "aws:SourceOrgID", "o-1", None),
        ("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-1", None),
        ("Null", "aws:SourceOrgID", "true", None),
    ],
)
def test_each_key_is_compared_where_it_is_known(
    operator: str, key: str, value: Any, holds: bool | None
) -> None:
    assert decided(on(operator, key, value)).allowed is holds


def test_all_conditions_must_hold_and_one_that_does_not_decides() -> None:
    unknown = {"StringEquals": {"aws:SourceOrgID": "o-1"}}
    mine, other = {"ArnLike": {"AWS:SourceArn": RULE}}, {"ArnLike": {"AWS:SourceArn": f"{RULE}s"}}
    account = {"StringEquals": {"AWS:SourceAccount": ANOTHER}}
    assert decided(but(Condition=mine | unknown)).allowed is None
    assert decided(but(Condition=other | unknown)).allowed is False
    assert decided(but(Condition=mine | account)).allowed is False
    both = {"StringLike": {"AWS:SourceArn": "*mine", "AWS:SourceAccount": ANOTHER}}
    assert decided(but(Condition=both)).allowed is False


DENY = but(Effect="Deny", Principal="*", Sid="d")
DENY_OTHERS = {**DENY, "Condition": {"ArnNotLike": {"AWS:SourceArn": RULE}}}
MAYBE_DENY = {**DENY, "Condition": {"StringNotEquals": {"aws:SourceOrgID": "o-1"}}}
OTHER_RULE = on("ArnLike", "AWS:SourceArn", f"{RULE}-2")
MAYBE = on("StringEquals", "aws:SourceOrgID", "o-1")


@pytest.mark.parametrize(
    ("statements", "allowed", "refusal"),
    [
        ([], False, "no-statement"),
        ([but(Principal={"Service": "s3.amazonaws.com"})], False, "no-statement"),
        ([ALLOW, DENY], False, "denied"),
        ([DENY, ALLOW], False, "denied"),
        ([DENY], False, "denied"),
        ([MAYBE, DENY], False, "denied"),
        ([ALLOW, {**DENY, "Action": "lambda:InvokeFunctionUrl"}], True, None),
        ([ALLOW, {**DENY, "Principal": {"Service": "s3.amazonaws.com"}}], True, None),
        ([ALLOW, DENY_OTHERS], True, None),
        ([ALLOW, MAYBE_DENY], None, None),
        ([OTHER_RULE, MAYBE_DENY], False, "condition"),
        ([ALLOW, "odd"], None, None),
        ([OTHER_RULE], False, "condition"),
        ([OTHER_RULE, ALLOW], True, None),
        ([OTHER_RULE, MAYBE], None, None),
        ([MAYBE, ALLOW], True, None),
    ],
)
def test_a_denial_beats_a_permission_and_what_is_not_known_stays_open(
    statements: list[Any], allowed: bool | None, refusal: str | None
) -> None:
    decision = decided(*statements)
    assert decision.allowed is allowed
    if refusal:
        assert decision.refusal == refusal
    expected = {"denied": DENY, "condition": OTHER_RULE}.get(refusal or "")
    assert decision.statement == expected


def test_an_alias_takes_a_permission_of_its_own() -> None:
    alias = f"{FUNCTION}:live"
    assert decided(ALLOW, target=alias).allowed is False
    assert decided(but(Resource=alias), target=alias).allowed is True


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)
ELEMENTS = ("Effect", "Principal", "NotPrincipal", "Action", "Resource", "Condition")


@given(
    st.lists(
        st.dictionaries(st.sampled_from(ELEMENTS), JSON).map(lambda odd: {**ALLOW, **odd}) | JSON,
        max_size=3,
    )
)
def test_whatever_a_policy_holds_it_is_decided_or_open(statements: list[Any]) -> None:
    assert decided(*statements).allowed in {True, False, None}
    assert decided(*statements, DENY).allowed is False


def test_a_pattern_of_many_stars_is_decided_at_once() -> None:
    decision = decided(but(Action="lambda:" + "*n" * 2000, Resource="*a" * 2000))
    assert decision.allowed is False


def asked(policy: str, target: str = FUNCTION) -> tuple[Decision | Unknown, str]:
    """What may be done, and the path that was asked."""
    wire, paths = Wire(), []
    body = json.dumps({"Policy": policy} if policy else {}).encode()
    wire.session.events.register(
        "before-send.lambda.GetPolicy", lambda request, **_given: paths.append(request.url)
    )
    wire.play("lambda.GetPolicy", (200, {"content-type": "application/json"}, body))
    keys = Keys(Secret("1" * 12), Secret("test"), None)
    aws = Aws(Clients(wire.session), keys, "us-east-1", "http://127.0.0.1:1")
    return may_invoke(aws, target, RULE), paths[0]


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (json.dumps({"Statement": [ALLOW]}), True),
        (json.dumps({"Statement": ALLOW}), True),
        ('{"Statement": null}', False),
        ("{}", False),
        ("", False),
        ("[]", None),
        ("7", None),
        ("[" * 100_000, None),
        ("no JSON", None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_any_answer_is_read_and_none_breaks_the_grader(policy: str, allowed: bool | None) -> None:
    decision, _ = asked(policy)
    assert (None if isinstance(decision, Unknown) else decision.allowed) is allowed


def test_of_the_newest_version_by_name_the_functions_own_policy_counts() -> None:
    decision, path = asked(json.dumps({"Statement": [ALLOW]}), f"{FUNCTION}:$LATEST")
    assert isinstance(decision, Decision)
    assert decision.allowed is True
    assert "LATEST" not in path


def test_no_policy_is_no_permission() -> None:
    wire = Wire()
    wire.play("lambda.GetPolicy", rest(404, "ResourceNotFoundException"))
    keys = Keys(Secret("1" * 12), Secret("test"), None)
    aws = Aws(Clients(wire.session), keys, "us-east-1", "http://127.0.0.1:1")
    assert may_invoke(aws, FUNCTION, RULE) == Decision(False)
