"""What AWS says of a Lambda function's configuration."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Fact, Found, Missing, Unknown
from grader.model.kind import Kind
from grader.model.observation import Function
from grader.resources.held import holds
from grader.resources.inventory import function_names
from grader.resources.nearest import contradicted, missing
from grader.safety.redact import bounded, redact

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from grader.resources.lab_access import AwsAccount, LabView, PermissionProbe

UNUSABLE_KEY = N_("Lambda cannot decrypt the function's environment variables: {said}")
"""The student's own doing, unlike a denial, which may be the grader's."""

_KEY_UNUSABLE = re.compile(r"Disabled|InvalidState|InvalidKeyUsage|PendingDeletion|NotFound", re.I)
"""Codes for a key that is there for nobody. Source: Lambda API, EnvironmentError; KMS's errors."""

ANY = "*"
"""Stands for whatever variables there are."""

MOST_VARIABLES = 2048
"""How many variables are told by name: none is left out, as Lambda allows 4 KB of names and values, and
no name of a single character."""

_NOTHING: Mapping[str, str] = MappingProxyType({})

VALUE_LIMIT = 4096
"""Lambda's own limit on all of a function's variables together, in bytes."""


def observe_function(
    aws: AwsAccount,
    name: str,
    variables: Iterable[str],
    held: Mapping[str, str] = _NOTHING,
    others: Collection[str] = (),
) -> Fact[Function]:
    """The function ``name`` and those of its environment's ``variables`` that the rubric names.

    Of the others only names are kept, and those only where some variable is asked for: ``*`` among
    ``variables``, or queues that one is to hold, ``held`` (the rubric's names to AWS's). ``others`` are
    the names of what else the lab asks for: none is said to come near.
    Source: Lambda GetFunctionConfiguration.
    """
    fact = aws.query(
        "lambda:GetFunctionConfiguration",
        lambda: _from_api(
            aws.lambda_.get_function_configuration(FunctionName=name), variables, held
        ),
    )
    if isinstance(fact, Missing):
        return missing(
            aws, "function", name, "lambda:ListFunctions", lambda: function_names(aws), others
        )
    return fact


def _from_api(
    answer: Mapping[str, Any], variables: Iterable[str], held: Mapping[str, str]
) -> Function:
    asked = frozenset(variables)
    given = answer.get("Environment", {}).get("Variables", {})
    state = str(answer.get("State", "Active"))
    if state == "Active" and answer.get("LastUpdateStatus") == "InProgress":
        state = "Pending"
    logging = answer.get("LoggingConfig", {})
    return Function(
        name=answer["FunctionName"],
        arn=answer["FunctionArn"],
        runtime=bounded(str(answer.get("Runtime", "")), 100),
        handler=bounded(str(answer.get("Handler", "")), 200),
        memory_mb=int(answer["MemorySize"]),
        timeout_s=int(answer["Timeout"]),
        environment=_environment(answer.get("Environment", {}), asked - {ANY}),
        code_sha256=bounded(str(answer.get("CodeSha256", "")), 100),
        state=bounded(state, 40),
        state_reason=redact(str(answer.get("StateReason", ""))),
        last_modified=bounded(str(answer.get("LastModified", "")), 40),
        log_group=bounded(
            str(logging.get("LogGroup") or f"/aws/lambda/{answer['FunctionName']}"), 512
        ),
        log_format=bounded(str(logging.get("LogFormat", "Text")), 10),
        variables=_names_of(given) if ANY in asked else None,
        holding={
            role: _names_of(
                name for name, value in given.items() if holds(value, queue, answer["FunctionArn"])
            )
            for role, queue in held.items()
        },
        in_vpc=bool((answer.get("VpcConfig") or {}).get("SubnetIds")),
        state_code=bounded(str(answer.get("StateReasonCode", "")), 100),
        log_level=bounded(str(logging.get("SystemLogLevel", "")), 10),
    )


def _environment(
    environment: Mapping[str, Any], variables: Iterable[str]
) -> Fact[dict[str, str | None]]:
    error = environment.get("Error")
    if error:
        # The variables exist, but Lambda could not decrypt them for this caller.
        code, said = str(error.get("ErrorCode", "")), redact(str(error.get("Message", "")))
        if _KEY_UNUSABLE.search(code):
            return Missing.saying(UNUSABLE_KEY, said=said)
        throttled = "throttl" in code.lower()
        return Unknown("throttled" if throttled else "permission", redact(f"{code}: {said}"))
    given = environment.get("Variables", {})
    return Found(
        {
            name: bounded(given[name], VALUE_LIMIT) if name in given else None
            for name in sorted(variables)
        }
    )


def _names_of(variables: Iterable[str]) -> tuple[str, ...]:
    """The names of variables, which are no secrets, unlike their values."""
    return tuple(redact(name, 200) for name in sorted(variables)[:MOST_VARIABLES])


def _observe(lab: LabView, role: str) -> Fact[Function]:
    def pending(fact: Fact[Function]) -> bool:
        return contradicted(fact) or (isinstance(fact, Found) and fact.value.state == "Pending")

    name, variables, held = lab.name(role), lab.variables(role), lab.held(role)
    others = lab.others("function", role)
    fact, ready = lab.waits.until(
        lambda: observe_function(lab.aws, name, variables, held, others),
        pending,
        message(N_("AWS is changing the function {function}"), function=name),
    )
    if not ready:
        lab.pending.add(role)
    return fact


def _probe_permissions(probe: PermissionProbe, role: str) -> None:
    name = probe.name(role)
    fact = probe.functions[name] = observe_function(probe.aws, name, probe.variables(role))
    probe.note("lambda:GetFunctionConfiguration", fact)
    if isinstance(fact, Found):
        probe.note("kms:Decrypt", fact.value.environment)


FUNCTIONS = Kind(
    fact="functions",
    word="function",
    type=Function,
    fixtures={"function": "target"},
    observe=_observe,
    # The names of other functions are listed too, where that is allowed.
    actions=("lambda:GetFunctionConfiguration", "kms:Decrypt"),
    probe_permissions=_probe_permissions,
    always=True,
)
