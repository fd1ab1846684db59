"""One lab deployed into one account of the sandbox: the reference, but for some differences."""

from __future__ import annotations

import io
import json
import re
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any, Protocol, cast

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.i18n.language import _
from grader.model.access import KEY, KEY_ID, TOKEN, Keys
from grader.safety.secret import Secret
from grader.sandbox.answering import answer_code
from grader.sandbox.layout import SHIPPED, Configuration, Layout, as_here
from grader.sandbox.server import SandboxError

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_lambda.literals import RuntimeType
    from types_boto3_lambda.type_defs import FilterTypeDef
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.literals import QueueAttributeNameType

    from grader.sandbox.submission import DemoSubmission, Periodic

SECOND_FUNCTION = "second_lambda"
OTHER_QUEUE = "other_queue"

_BATCH = 10
_ACTIVE_S = 120
_ANSWER_S = 90
_TIMES_THE_TIMEOUT = 6
"""What AWS recommends for a queue's visibility timeout."""

_LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
_SOMEBODY_ELSE = "999999999999"

OUTPUT_URL = "OUTPUT_QUEUE_URL"
"""The variable in which the reference has the output queue's URL."""

_SUM = 'message["number1"] + message["number2"]'
"""What the handlers answer."""

_KEY = re.compile(r'"(number1|number2|a|b)"')

_CLIENTS = Clients()


class Emulator(Protocol):
    """An AWS to deploy into: where it answers, and with which keys to each account."""

    @property
    def endpoint_url(self) -> str: ...  # noqa: D102 - as the sandbox's

    def credentials(self, account_id: str) -> dict[str, str]: ...  # noqa: D102


def deploy(
    sandbox: Emulator, account_id: str, submission: DemoSubmission, layout: Layout = SHIPPED
) -> None:
    """Deploys ``submission`` into the empty account ``account_id``, under the names of ``layout``.

    Does nothing for a submission that is not :attr:`DemoSubmission.deployed`. Raises botocore's
    ``ClientError`` when the sandbox refuses, as it does for an account deployed in before, and
    :class:`SandboxError` when a function stays pending.
    """
    if not submission.deployed:
        return
    given = sandbox.credentials(account_id)
    token = given.get(TOKEN)
    keys = Keys(Secret(given[KEY_ID]), Secret(given[KEY]), Secret(token) if token else None)
    with closing(Aws(_CLIENTS, keys, layout.region, sandbox.endpoint_url)) as aws:
        _deploy(aws, account_id, submission, layout)


def _deploy(aws: Aws, account_id: str, submission: DemoSubmission, layout: Layout) -> None:
    # Clients that ask once only: what was created is not to be created again.
    sqs, functions = aws.sender, aws.invoker(_ANSWER_S)
    name = _sum_function(submission, layout)
    output_url = _create_queues(sqs, submission, layout)
    code = _archive(submission.handler, submission.name, layout, submission, output_url)
    asked = _configuration(submission, layout, output_url)
    if "function" not in submission.lacks:
        _create_function(functions, account_id, name, code, asked)
    if submission.reserved_concurrency is not None:
        functions.put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=submission.reserved_concurrency
        )
    if "function" not in submission.lacks:
        _create_mappings(functions, account_id, submission, layout)
    if submission.periodic != "absent":
        if layout.periodic_function != name:
            code = _archive("periodic", submission.name, layout)
            periodic = layout.periodic_function
            _create_function(functions, account_id, periodic, code, layout.periodic_configuration)
        _schedule(aws, functions, account_id, submission.periodic, layout)
    for function in functions.list_functions().get("Functions", []):
        _wait_until_active(functions, function["FunctionName"])


def _sum_function(submission: DemoSubmission, layout: Layout) -> str:
    return layout.other(submission.function) if submission.function else layout.sum_function


def _output_queue(submission: DemoSubmission, layout: Layout) -> str:
    given = submission.output_queue
    return layout.other(given) if given else layout.output_queue


def _configuration(submission: DemoSubmission, layout: Layout, output_url: str) -> Configuration:
    here, shipped = layout.exercised_configuration, SHIPPED.exercised_configuration
    variables: dict[str, str | None] = {**here.environment, OUTPUT_URL: output_url}
    if submission.url_in_code:
        del variables[OUTPUT_URL]
    for name, value in submission.environment.items():
        if name in shipped.environment and here.environment:
            # A difference in the shipped lab's variable is one in this lab's first.
            first, right = next(iter(here.environment.items()))
            known: str | None = shipped.environment[name]
            variables[first] = as_here(value, known, right)
        else:
            variables[name] = value
    return Configuration(
        runtime=as_here(submission.runtime, shipped.runtime, here.runtime),
        memory_mb=as_here(submission.memory_mb, shipped.memory_mb, here.memory_mb),
        timeout_s=_timeout_s(submission, layout),
        environment={name: value for name, value in variables.items() if value is not None},
    )


def _input_visibility_s(submission: DemoSubmission, layout: Layout) -> int:
    given, shipped_s = submission.input_visibility_s, SHIPPED.exercised_configuration.timeout_s
    if given < shipped_s:
        return min(given, layout.exercised_configuration.timeout_s - 1)
    # A wrong timeout is wrong alone: the queue suits it all the same.
    longest_s = max(layout.exercised_configuration.timeout_s, _timeout_s(submission, layout))
    return as_here(given, _TIMES_THE_TIMEOUT * shipped_s, _TIMES_THE_TIMEOUT * longest_s)


def _timeout_s(submission: DemoSubmission, layout: Layout) -> int:
    return as_here(
        submission.timeout_s,
        SHIPPED.exercised_configuration.timeout_s,
        layout.exercised_configuration.timeout_s,
    )


def _create_queues(sqs: SQSClient, submission: DemoSubmission, layout: Layout) -> str:
    """The output queue's URL, or what it would be."""
    visibility: dict[QueueAttributeNameType, str] = {
        "VisibilityTimeout": str(_input_visibility_s(submission, layout))
    }
    delay: dict[QueueAttributeNameType, str] = {"DelaySeconds": str(submission.input_delay_s)}
    created = sqs.create_queue(QueueName=layout.input_queue, Attributes=visibility | delay)
    if submission.mapping == "other-queue":
        sqs.create_queue(QueueName=layout.other(OTHER_QUEUE), Attributes=visibility)
    output_queue = _output_queue(submission, layout)
    if "output-queue" in submission.lacks:
        return f"{created['QueueUrl'].removesuffix(layout.input_queue)}{output_queue}"
    output_url = sqs.create_queue(QueueName=output_queue)["QueueUrl"]
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


def _archive(
    handler: str,
    mark: str,
    layout: Layout,
    submission: DemoSubmission | None = None,
    output_url: str = "",
) -> bytes:
    """The deployment package of ``handler``: the same bytes whenever and wherever it is made.

    ``mark`` ends up in the file's last line, so that two students' packages differ, as they would.
    The handlers are written for the shipped lab; elsewhere they speak of the keys of ``layout``, and
    answer what its messages ask for, as well as ``submission`` does.
    """
    source = (resources.files("grader.sandbox") / "handlers" / f"{handler}.py").read_text("utf-8")
    source = source.replace('{"body":', f"{{{json.dumps(layout.answer_key)}:")
    if layout.asks is not None and submission is not None:
        source = source.replace(_SUM, "calculated(message)")
    if submission is not None and submission.url_in_code:
        source = source.replace(f'os.environ["{OUTPUT_URL}"]', json.dumps(output_url))
    words = layout.words()
    source = _KEY.sub(lambda found: json.dumps(words.get(found[1], found[1])), source)
    if layout.asks is not None and submission is not None:
        source += "\n\n" + answer_code(layout.asks, submission.calculates)
    member = zipfile.ZipInfo("lambda_function.py", date_time=(2020, 1, 1, 0, 0, 0))
    member.external_attr = 0o644 << 16
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(member, f"{source}\n# {mark}\n")
    return package.getvalue()


def _create_function(
    functions: LambdaClient, account_id: str, name: str, code: bytes, asked: Configuration
) -> None:
    functions.create_function(
        FunctionName=name,
        Runtime=cast("RuntimeType", asked.runtime),  # which leaves out what AWS has retired
        Role=_role(account_id),
        Handler="lambda_function.lambda_handler",
        Code={"ZipFile": code},
        MemorySize=asked.memory_mb,
        Timeout=asked.timeout_s,
        Environment={"Variables": asked.environment},
    )


def _wait_until_active(functions: LambdaClient, name: str) -> None:
    def pending() -> bool:
        return (
            functions.get_function_configuration(FunctionName=name).get("State", "Active")
            != "Active"
        )

    attempts = Retrying(
        retry=retry_if_result(bool), wait=wait_fixed(0.05), stop=stop_after_delay(_ACTIVE_S)
    )
    try:
        attempts(pending)
    except RetryError:
        message = _("{name} is not active after {limit} s.", name=name, limit=_ACTIVE_S)
        raise SandboxError(message) from None


def _role(account_id: str) -> str:
    return f"arn:aws:iam::{account_id}:role/LabRole"


def _create_mappings(
    functions: LambdaClient, account_id: str, submission: DemoSubmission, layout: Layout
) -> None:
    name = _sum_function(submission, layout)

    def queue(name: str) -> str:
        return f"arn:aws:sqs:{functions.meta.region_name}:{account_id}:{name}"

    if submission.mapping != "absent":
        pattern = submission.mapping_filter
        filters: list[FilterTypeDef] = [{"Pattern": pattern}] if pattern else []
        other = submission.mapping == "other-queue"
        functions.create_event_source_mapping(
            EventSourceArn=queue(layout.other(OTHER_QUEUE) if other else layout.input_queue),
            FunctionName=name,
            Enabled=submission.mapping != "disabled",
            BatchSize=submission.batch_size,
            FilterCriteria={"Filters": filters},
        )
    if submission.second_function or submission.output_consumer:
        second = layout.other(SECOND_FUNCTION)
        code = _archive("prints_only", submission.name, layout)
        _create_function(functions, account_id, second, code, layout.periodic_configuration)
    output = queue(_output_queue(submission, layout))
    for wanted, source, target in (
        (submission.second_function, queue(layout.input_queue), layout.other(SECOND_FUNCTION)),
        (submission.output_consumer, output, layout.other(SECOND_FUNCTION)),
        (submission.output_mapping, output, name),
    ):
        if wanted:
            functions.create_event_source_mapping(
                EventSourceArn=source, FunctionName=target, BatchSize=_BATCH
            )


def _schedule(
    aws: Aws, functions: LambdaClient, account_id: str, periodic: Periodic, layout: Layout
) -> None:
    name = layout.periodic_function
    function_arn = functions.get_function_configuration(FunctionName=name)["FunctionArn"]
    if "scheduler" in periodic:
        long_ago: dict[str, Any] = {"EndDate": _LONG_AGO} if periodic == "ended-scheduler" else {}
        aws.scheduler.create_schedule(
            Name="periodic",
            ScheduleExpression=layout.schedule,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": function_arn, "RoleArn": _role(account_id)},
            **long_ago,
        )
    if "rule" not in periodic:
        return
    rule_arn = aws.events.put_rule(
        Name="periodic",
        ScheduleExpression=layout.schedule,
        State="DISABLED" if "disabled-rule" in periodic else "ENABLED",
    )["RuleArn"]
    aws.events.put_targets(Rule="periodic", Targets=[{"Id": "1", "Arn": function_arn}])
    if periodic != "rule-without-permission":
        others = periodic == "rule-of-others"
        source: dict[str, Any] = (
            {"SourceAccount": _SOMEBODY_ELSE} if others else {"SourceArn": rule_arn}
        )
        functions.add_permission(
            FunctionName=name,
            StatementId="events",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            **source,
        )
