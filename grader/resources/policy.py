"""IAM's evaluation of a function's resource policy: may this rule invoke this function?

A pure function of the policy and of what is known of the request. Where the answer hangs on something
that the grader cannot know, it is ``None`` and not a guess.
Source: IAM User Guide, "Policy evaluation logic", "IAM JSON policy elements", "Condition operators".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from grader.resources.conditions import (
    Holds,
    all_of,
    any_of,
    conditions_hold,
    has_variable,
    negated,
    texts_of,
    wildcard,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Refusal = Literal["no-statement", "denied", "condition"]


@dataclass(frozen=True)
class Request:
    """A request of an AWS service: ``resource`` is the ARN of what it acts on.

    ``keys`` are the condition keys that are known, in lower case: their values, none for a key that
    the request certainly lacks. A key that is not in it is not known.
    """

    service: str
    action: str
    resource: str
    keys: Mapping[str, tuple[str, ...]] = field(hash=False)


@dataclass(frozen=True)
class Decision:
    """Whether the request is allowed, ``None`` where that cannot be decided.

    ``refusal`` says why it is not: no statement is about it, a statement denies it, or the conditions
    of those that would allow it do not hold. ``statement`` is the one that decided.
    """

    allowed: bool | None
    refusal: Refusal = "no-statement"
    statement: Mapping[str, Any] | None = None


def invoked_by_rule(function_arn: str, rule_arn: str) -> Request:
    """What Lambda is asked when the EventBridge rule ``rule_arn`` runs ``function_arn``."""
    account = rule_arn.split(":")[4] if rule_arn.count(":") >= 5 else ""
    service = "events.amazonaws.com"
    return Request(
        service,
        "lambda:InvokeFunction",
        function_arn,
        {
            "aws:sourcearn": (rule_arn,),
            **({"aws:sourceaccount": (account,)} if account else {}),
            "aws:principalisawsservice": ("true",),
            "aws:principalservicename": (service,),
            # Of function URLs and of Alexa alone. The console writes such statements.
            "lambda:functionurlauthtype": (),
            "lambda:invokedviafunctionurl": ("false",),
            "lambda:eventsourcetoken": (),
        },
    )


def decide(policy: Mapping[str, Any], request: Request) -> Decision:
    """What ``policy`` decides: a statement that denies beats any that allows."""
    given = policy.get("Statement")
    statements = given if isinstance(given, list) else [] if given is None else [given]
    allowing: list[Holds] = []
    denying: list[Holds] = []
    nearest: Mapping[str, Any] | None = None
    for statement in statements:
        effect = statement.get("Effect") if isinstance(statement, dict) else None
        if effect not in ("Allow", "Deny"):  # which may be anything, so nothing to look up in a set
            allowing.append(None)
            denying.append(None)
            continue
        concerns = _concerns(statement, request)
        holds = conditions_hold(statement.get("Condition", {}), request.keys)
        applies = all_of((concerns, holds))
        if effect == "Allow":
            allowing.append(applies)
            if concerns and holds is False:
                nearest = nearest or statement
        elif applies:
            return Decision(False, "denied", statement)
        else:
            denying.append(applies)
    allowed = any_of(allowing)
    if allowed is False:
        return Decision(False, "condition" if nearest else "no-statement", nearest)
    return Decision(all_of((allowed, negated(any_of(denying)))))


def _concerns(statement: Mapping[str, Any], request: Request) -> Holds:
    """The statement is about who asks, what is asked and what it is asked of."""

    def action(pattern: str) -> Holds:
        return _like(request.action.lower(), pattern.lower())

    def resource(pattern: str) -> Holds:
        return _like(request.resource, pattern)

    return all_of(
        (
            _element(statement, "Principal", lambda given: _is_principal(given, request.service)),
            _element(statement, "Action", lambda given: _any_text(given, action)),
            # Without it the statement is about the function that the policy belongs to.
            _element(statement, "Resource", lambda given: _any_text(given, resource), absent=True),
        )
    )


def _element(
    statement: Mapping[str, Any],
    name: str,
    matches: Callable[[Any], Holds],
    *,
    absent: Holds = False,
) -> Holds:
    """``Principal``, ``Action`` or ``Resource``, or what stands in its place, such as ``NotAction``."""
    if name in statement:
        return matches(statement[name])
    if f"Not{name}" in statement:
        return negated(matches(statement[f"Not{name}"]))
    return absent


def _is_principal(given: Any, service: str) -> Holds:
    if given == "*":
        return True
    if not isinstance(given, dict):
        return False  # the id of an identity that is gone, or nobody

    def is_service(name: str) -> Holds:
        if name in {service, "*"}:
            return True
        # "events.us-east-1.amazonaws.com": whether the service goes by that name too, is not known.
        return None if name.partition(".")[0] == service.partition(".")[0] else False

    everybody = _any_text(given.get("AWS", []), lambda name: name == "*")
    return any_of((everybody, _any_text(given.get("Service", []), is_service)))


def _any_text(given: Any, matches: Callable[[str], Holds]) -> Holds:
    texts = texts_of(given)
    return None if texts is None else any_of(matches(text) for text in texts)


def _like(text: str, pattern: str) -> Holds:
    return None if has_variable(pattern) else wildcard(text, pattern)
