"""What AWS says of a Lambda function's configuration."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.kind import Kind
from grader.model.observation import Fact, Found, Function, Missing, Unknown
from grader.resources.nearest import MOST_PAGES, missing
from grader.safety.redact import bounded, redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from grader.resources.look import AwsAccount, Look, MayLook

_KEY_IS_GONE = frozenset(
    {"KMSDisabledException", "KMSInvalidStateException", "KMSNotFoundException"}
)
"""Errors of the variables' key that the function meets too, and only its owner can mend."""

VALUE_LIMIT = 4096
"""Lambda's own limit on all of a function's variables together, in bytes."""


def observe_function(aws: AwsAccount, name: str, variables: Iterable[str]) -> Fact[Function]:
    """The function ``name`` and those of its environment's ``variables`` that the rubric names.

    Source: Lambda GetFunctionConfiguration.
    """
    fact = aws.ask(
        "lambda:GetFunctionConfiguration",
        lambda: _from_api(aws.lambda_.get_function_configuration(FunctionName=name), variables),
    )
    if isinstance(fact, Missing):
        return missing(
            aws,
            "function",
            name,
            "lambda:ListFunctions",
            lambda: _names(aws),
        )
    return fact


def _names(aws: AwsAccount) -> Iterator[str]:
    """Source: Lambda ListFunctions."""
    pages = aws.lambda_.get_paginator("list_functions").paginate()
    for page in islice(pages, MOST_PAGES):
        yield from (function["FunctionName"] for function in page.get("Functions", []))


def _from_api(answer: Mapping[str, Any], variables: Iterable[str]) -> Function:
    state = str(answer.get("State", "Active"))
    if state == "Active" and answer.get("LastUpdateStatus") == "InProgress":
        state = "Pending"
    logging = answer.get("LoggingConfig", {})
    return Function(
        name=answer["FunctionName"],
        arn=answer["FunctionArn"],
        runtime=str(answer.get("Runtime", "")),
        handler=bounded(str(answer.get("Handler", "")), 200),
        memory_mb=int(answer["MemorySize"]),
        timeout_s=int(answer["Timeout"]),
        environment=_environment(answer.get("Environment", {}), variables),
        code_sha256=str(answer.get("CodeSha256", "")),
        state=state,
        state_reason=redact(str(answer.get("StateReason", ""))),
        last_modified=bounded(str(answer.get("LastModified", "")), 40),
        log_group=bounded(
            str(logging.get("LogGroup") or f"/aws/lambda/{answer['FunctionName']}"), 512
        ),
        log_format=bounded(str(logging.get("LogFormat", "Text")), 10),
    )


def _environment(
    environment: Mapping[str, Any], variables: Iterable[str]
) -> Fact[dict[str, str | None]]:
    error = environment.get("Error")
    if error and error.get("ErrorCode") in _KEY_IS_GONE:
        said = redact(str(error.get("Message")))
        return Missing.saying(
            N_("The function's variables cannot be read by anybody. {said}"), said=said
        )
    if error:
        # The variables exist but could not be decrypted for this caller.
        return Unknown("permission", redact(f"{error.get('ErrorCode')}: {error.get('Message')}"))
    given = environment.get("Variables", {})
    return Found(
        {
            name: bounded(given[name], VALUE_LIMIT) if name in given else None
            for name in sorted(variables)
        }
    )


def _look(look: Look, role: str) -> Fact[Function]:
    def pending(fact: Fact[Function]) -> bool:
        found = isinstance(fact, Found) and fact.value.state == "Pending"
        return found or (isinstance(fact, Unknown) and fact.kind == "not-ready")

    name, variables = look.name(role), look.variables(role)
    fact, ready = look.waits.until(
        lambda: observe_function(look.aws, name, variables),
        pending,
        message(N_("AWS is changing the function {function}"), function=name),
    )
    if not ready and isinstance(fact, Found):
        look.pending.add(role)
    return fact


def _may_look(may: MayLook, role: str) -> None:
    name = may.name(role)
    fact = may.functions[name] = observe_function(may.aws, name, may.variables(role))
    may.note("lambda:GetFunctionConfiguration", fact)
    if isinstance(fact, Found):
        may.note("kms:Decrypt", fact.value.environment)


FUNCTIONS = Kind(
    fact="functions",
    word="function",
    type=Function,
    fixtures={"function": "target"},
    look=_look,
    # The names of other functions are listed too, where that is allowed.
    actions=("lambda:GetFunctionConfiguration", "kms:Decrypt"),
    may_look=_may_look,
    always=True,
)
