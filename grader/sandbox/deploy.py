"""One lab deployed into one account of the sandbox: the reference, but for some differences."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Literal, cast

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from grader.sandbox.server import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_lambda import LambdaClient
    from types_boto3_lambda.literals import RuntimeType
    from types_boto3_lambda.type_defs import FilterTypeDef
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.literals import QueueAttributeNameType

    from grader.sandbox.server import Sandbox

SUM_FUNCTION = "first_lambda"
PERIODIC_FUNCTION = "periodic_lambda"
SECOND_FUNCTION = "second_lambda"
INPUT_QUEUE = "input_queue"
OUTPUT_QUEUE = "output_queue"
OTHER_QUEUE = "other_queue"

_SCHEDULE = "rate(5 minutes)"
_BATCH = 10
_ACTIVE_S = 30

Periodic = Literal[
    "rule", "disabled-rule", "rule-without-permission", "scheduler", "unscheduled", "absent"
]


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What one student handed in: the reference, unless a field says otherwise, and its grade.

    ``points`` is ``None`` where the account cannot be graded. ``failed`` and ``blocked`` are the
    criteria with that status, ``flags`` the flags of the report, no more and no fewer.
    """

    name: str
    description: str
    points: float | None
    failed: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()

    untouched: bool = False
    """Nothing was deployed at all."""
    function: str = SUM_FUNCTION
    """The name under which the function that adds is deployed."""
    handler: str = "reference"
    """The source file in ``handlers``, without its ending."""
    runtime: str = "python3.8"
    memory_mb: int = 128
    timeout_s: int = 60
    environment: Mapping[str, str | None] = field(default_factory=dict, hash=False)
    """Variables set besides the reference's or instead of them; ``None`` removes one."""
    reserved_concurrency: int | None = None
    input_visibility_s: int = 360
    output_queue: str = OUTPUT_QUEUE
    old_messages: int = 0
    """Messages that lie in the output queue before the grader comes."""
    mapping: Literal["enabled", "disabled", "other-queue", "absent"] = "enabled"
    mapping_filter: str | None = None
    """The pattern, JSON, that messages must match."""
    second_function: bool = False
    """The input queue feeds :data:`SECOND_FUNCTION` too."""
    output_mapping: bool = False
    """The output queue feeds the sum function."""
    periodic: Periodic = "rule"

    group: str = ""
    shares_account_with: str | None = None
    """The name of the submission in whose account this one lives."""
    endpoint_url: str | None = None
    """Where the roster says the account is, if not in the sandbox."""

    @property
    def deployed(self) -> bool:
        """There is something to deploy, in an account of its own, in the sandbox."""
        return not (self.untouched or self.shares_account_with or self.endpoint_url)


def deploy(sandbox: Sandbox, account_id: str, submission: Submission) -> None:
    """Deploys ``submission`` into the empty account ``account_id``.

    Does nothing for a submission that is not :attr:`Submission.deployed`. Raises botocore's
    ``ClientError`` when the sandbox refuses, as it does for an account deployed in before, and
    :class:`SandboxError` when a function stays pending.
    """
    if not submission.deployed:
        return
    sqs = sandbox.client("sqs", account_id)
    functions = sandbox.client("lambda", account_id)
    output_url = _create_queues(sqs, submission)
    _create_function(
        functions,
        account_id,
        submission.function,
        code=_archive(submission.handler, submission.name),
        runtime=submission.runtime,
        memory_mb=submission.memory_mb,
        timeout_s=submission.timeout_s,
        environment=_environment(submission, output_url),
    )
    if submission.reserved_concurrency is not None:
        functions.put_function_concurrency(
            FunctionName=submission.function,
            ReservedConcurrentExecutions=submission.reserved_concurrency,
        )
    _create_mappings(functions, account_id, submission)
    if submission.periodic != "absent":
        _create_function(
            functions,
            account_id,
            PERIODIC_FUNCTION,
            code=_archive("periodic", submission.name),
        )
        _schedule(sandbox, functions, account_id, submission.periodic)
    for function in functions.list_functions()["Functions"]:
        _wait_until_active(functions, function["FunctionName"])


def _environment(submission: Submission, output_url: str) -> dict[str, str]:
    variables: dict[str, str | None] = {"foo": "bar", "OUTPUT_QUEUE_URL": output_url}
    variables.update(submission.environment)
    return {name: value for name, value in variables.items() if value is not None}


def _create_queues(sqs: SQSClient, submission: Submission) -> str:
    """The output queue's URL."""
    visibility: dict[QueueAttributeNameType, str] = {
        "VisibilityTimeout": str(submission.input_visibility_s)
    }
    sqs.create_queue(QueueName=INPUT_QUEUE, Attributes=visibility)
    if submission.mapping == "other-queue":
        sqs.create_queue(QueueName=OTHER_QUEUE, Attributes=visibility)
    output_url = sqs.create_queue(QueueName=submission.output_queue)["QueueUrl"]
    bodies = [json.dumps({"body": number}) for number in range(submission.old_messages)]
    for start in range(0, len(bodies), _BATCH):
        sqs.send_message_batch(
            QueueUrl=output_url,
            Entries=[
                {"Id": str(index), "MessageBody": body}
                for index, body in enumerate(bodies[start : start + _BATCH])
            ],
        )
    return output_url


def _archive(handler: str, mark: str) -> bytes:
    """The deployment package of ``handler``: the same bytes whenever and wherever it is made.

    ``mark`` ends up in the file's last line, so that two students' packages differ, as they would.
    """
    source = resources.files("grader.sandbox") / "handlers" / f"{handler}.py"
    member = zipfile.ZipInfo("lambda_function.py", date_time=(2020, 1, 1, 0, 0, 0))
    member.external_attr = 0o644 << 16
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(member, f"{source.read_text(encoding='utf-8')}\n# {mark}\n")
    return package.getvalue()


def _create_function(
    functions: LambdaClient,
    account_id: str,
    name: str,
    *,
    code: bytes,
    runtime: str = "python3.8",
    memory_mb: int = 128,
    timeout_s: int = 60,
    environment: Mapping[str, str] | None = None,
) -> None:
    functions.create_function(
        FunctionName=name,
        Runtime=cast("RuntimeType", runtime),  # which leaves out what AWS has retired
        Role=_role(account_id),
        Handler="lambda_function.lambda_handler",
        Code={"ZipFile": code},
        MemorySize=memory_mb,
        Timeout=timeout_s,
        Environment={"Variables": environment or {}},
    )


def _wait_until_active(functions: LambdaClient, name: str) -> None:
    def pending() -> bool:
        return functions.get_function_configuration(FunctionName=name)["State"] != "Active"

    attempts = Retrying(
        retry=retry_if_result(bool), wait=wait_fixed(0.05), stop=stop_after_delay(_ACTIVE_S)
    )
    try:
        attempts(pending)
    except RetryError:
        raise SandboxError(f"{name} is not active after {_ACTIVE_S} s.") from None


def _role(account_id: str) -> str:
    return f"arn:aws:iam::{account_id}:role/LabRole"


def _create_mappings(functions: LambdaClient, account_id: str, submission: Submission) -> None:
    def queue(name: str) -> str:
        return f"arn:aws:sqs:{functions.meta.region_name}:{account_id}:{name}"

    if submission.mapping != "absent":
        pattern = submission.mapping_filter
        filters: list[FilterTypeDef] = [{"Pattern": pattern}] if pattern else []
        functions.create_event_source_mapping(
            EventSourceArn=queue(
                OTHER_QUEUE if submission.mapping == "other-queue" else INPUT_QUEUE
            ),
            FunctionName=submission.function,
            Enabled=submission.mapping != "disabled",
            BatchSize=_BATCH,
            FilterCriteria={"Filters": filters},
        )
    if submission.second_function:
        _create_function(
            functions, account_id, SECOND_FUNCTION, code=_archive("prints_only", submission.name)
        )
        functions.create_event_source_mapping(
            EventSourceArn=queue(INPUT_QUEUE), FunctionName=SECOND_FUNCTION, BatchSize=_BATCH
        )
    if submission.output_mapping:
        functions.create_event_source_mapping(
            EventSourceArn=queue(submission.output_queue),
            FunctionName=submission.function,
            BatchSize=_BATCH,
        )


def _schedule(
    sandbox: Sandbox, functions: LambdaClient, account_id: str, periodic: Periodic
) -> None:
    function_arn = functions.get_function_configuration(FunctionName=PERIODIC_FUNCTION)[
        "FunctionArn"
    ]
    if periodic == "unscheduled":
        return
    if periodic == "scheduler":
        sandbox.client("scheduler", account_id).create_schedule(
            Name="periodic",
            ScheduleExpression=_SCHEDULE,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": function_arn, "RoleArn": _role(account_id)},
        )
        return
    events = sandbox.client("events", account_id)
    rule_arn = events.put_rule(
        Name="periodic",
        ScheduleExpression=_SCHEDULE,
        State="DISABLED" if periodic == "disabled-rule" else "ENABLED",
    )["RuleArn"]
    events.put_targets(Rule="periodic", Targets=[{"Id": "1", "Arn": function_arn}])
    if periodic != "rule-without-permission":
        functions.add_permission(
            FunctionName=PERIODIC_FUNCTION,
            StatementId="events",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=rule_arn,
        )
