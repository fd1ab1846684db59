"""Whether a function's resource policy really lets something invoke it, by IAM's rules."""

from __future__ import annotations

import fnmatch
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.safety.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ACTION = "lambda:InvokeFunction"
NAMELESS = "(without a Sid)"

_OPERATOR = re.compile(
    r"(?:(?:ForAnyValue|ForAllValues):)?(?P<kind>[a-z]+?)(?P<exists>IfExists)?", re.IGNORECASE
)


@dataclass(frozen=True)
class Caller:
    """Who wants to invoke: a service on behalf of ``source_arn``, such as a rule's."""

    service: str
    source_arn: str

    @property
    def known(self) -> dict[str, str]:
        """The keys of conditions that AWS fills in for such a call, in small letters."""
        return {
            "aws:sourcearn": self.source_arn,
            "aws:sourceaccount": self.source_arn.split(":")[4] if self.source_arn else "",
            "aws:principalisawsservice": "true",
            "aws:principalservicename": self.service,
            "aws:securetransport": "true",
        }


@dataclass(frozen=True)
class Decision:
    """What a policy decides. ``allowed`` is ``None`` where that cannot be told.

    ``denied_by`` names the statement that denies; ``only_where`` is the condition (JSON) that a
    statement makes which would have allowed it, or that nobody can decide.
    """

    allowed: bool | None
    denied_by: str = ""
    only_where: str = ""


def decide(policy: Mapping[str, Any], function_arn: str, caller: Caller) -> Decision:
    """What ``policy`` decides on ``caller`` invoking the function of that ARN.

    A statement that denies beats all that allow. Source: IAM User Guide, "Policy evaluation logic" and
    "Condition operators".
    """
    given = policy.get("Statement")
    statements = given if isinstance(given, list) else [given]
    applies = [
        (one, _applies(one, function_arn, caller)) for one in statements if isinstance(one, dict)
    ]
    denying = [(one, does) for one, does in applies if one.get("Effect") == "Deny"]
    allowing = [(one, does) for one, does in applies if one.get("Effect") == "Allow"]
    for one, does in denying:
        if does:
            return Decision(False, denied_by=redact(str(one.get("Sid") or NAMELESS), 100))
    open_ = [one for one, does in (*denying, *allowing) if does is None]
    allowed = any(does for _one, does in allowing)
    if open_ and (not allowed or open_[0].get("Effect") == "Deny"):
        return Decision(None, only_where=_condition(open_[0]))
    if allowed:
        return Decision(True)
    meant = (one for one, _does in allowing if _is_asked(one, function_arn, caller))
    return Decision(False, only_where=next(map(_condition, meant), ""))


def _condition(statement: Mapping[str, Any]) -> str:
    condition = statement.get("Condition")
    return redact(json.dumps(condition), 300) if condition else ""


def _applies(statement: Mapping[str, Any], function_arn: str, caller: Caller) -> bool | None:
    if not _is_asked(statement, function_arn, caller):
        return False
    return _every(_tests(statement.get("Condition"), caller.known))


def _is_asked(statement: Mapping[str, Any], function_arn: str, caller: Caller) -> bool:
    """It speaks of this caller, this action and this function, whatever its condition says."""
    principals = _principals(statement.get("Principal")) & {caller.service, "*"}
    excluded = _principals(statement.get("NotPrincipal")) & {caller.service, "*"}
    who = not excluded if "NotPrincipal" in statement else bool(principals)
    what = _matches_or_not(statement, "Action", ACTION)
    which = _matches_or_not(statement, "Resource", function_arn)
    return who and what and which


def _principals(given: Any) -> set[str]:
    if isinstance(given, dict):
        return {*_several(given.get("Service")), *({"*"} & {*_several(given.get("AWS"))})}
    return {*_several(given)}


def _matches_or_not(statement: Mapping[str, Any], key: str, value: str) -> bool:
    if f"Not{key}" in statement:
        return not _is_like(value, _several(statement[f"Not{key}"]))
    return (key == "Resource" and key not in statement) or _is_like(
        value, _several(statement.get(key))
    )


def _tests(condition: Any, known: Mapping[str, str]) -> Iterable[bool | None]:
    """What each line of a condition comes to. All must hold."""
    for operator, block in condition.items() if isinstance(condition, dict) else ():
        for key, values in block.items() if isinstance(block, dict) else ():
            yield _test(str(operator), known.get(str(key).lower()), _several(values))


def _test(operator: str, value: str | None, patterns: list[str]) -> bool | None:
    found = _OPERATOR.fullmatch(operator)
    kind = found["kind"].lower() if found else ""
    if value is None:
        # Whether AWS fills the key in for such a call is not known here.
        return None
    if kind == "null":
        return patterns == ["false"]
    negated = "not" in kind
    kind = kind.replace("not", "")
    if kind in {"arnlike", "arnequals", "stringlike"}:
        matches = _is_like(value, patterns, exact=True)
    elif kind == "stringequals":
        matches = value in patterns
    elif kind in {"stringequalsignorecase", "bool"}:
        matches = value.lower() in {pattern.lower() for pattern in patterns}
    else:
        return None
    return matches != negated


def _every(parts: Iterable[bool | None]) -> bool | None:
    several = list(parts)
    if False in several:
        return False
    return None if None in several else True


def _is_like(value: str, patterns: list[str], *, exact: bool = False) -> bool:
    """``value`` matches one of ``patterns``, in which ``*`` and ``?`` stand for something."""

    def like(pattern: str) -> bool:
        # IAM knows no sets of characters; translated, a pattern of many stars takes no longer.
        made = fnmatch.translate(pattern.replace("[", "[[]"))
        return re.match(made, value, 0 if exact else re.IGNORECASE) is not None

    return any(map(like, patterns))


def _several(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [_text(value)]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
