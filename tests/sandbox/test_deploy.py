"""What the options of a submission do to an account."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from grader.sandbox.deploy import SECOND_FUNCTION
from grader.sandbox.deploy import deploy as deploy_submission
from grader.sandbox.layout import PERIODIC_FUNCTION, SUM_FUNCTION
from grader.sandbox.submission import DemoSubmission
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


class Lab:
    """One account with a submission in it, used with bare boto3."""

    def __init__(self, sandbox: Sandbox, account_id: str, name: str, **options: Any) -> None:
        self.account_id = account_id
        self.functions = sandbox.client("lambda", account_id)
        self.sqs = sandbox.client("sqs", account_id)
        self.events = sandbox.client("events", account_id)
        self.scheduler = sandbox.client("scheduler", account_id)
        submission = DemoSubmission(name=name, description=name, points=None, **options)
        deploy_submission(sandbox, account_id, submission)

    def url(self, queue: str) -> str:
        return self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]

    def arn(self, queue: str) -> str:
        return f"arn:aws:sqs:us-east-1:{self.account_id}:{queue}"

    def send(self, number1: int, number2: int) -> None:
        body = json.dumps({"number1": number1, "number2": number2})
        self.sqs.send_message(QueueUrl=self.url("input_queue"), MessageBody=body)

    def receive(self, *, wait_s: int = 10) -> list[str]:
        url = self.url("output_queue")
        answer = self.sqs.receive_message(
            QueueUrl=url, WaitTimeSeconds=wait_s, MaxNumberOfMessages=10
        )
        messages = answer.get("Messages", [])
        for message in messages:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages]

    @retry(retry=retry_if_result(bool), wait=wait_fixed(0.05), stop=stop_after_delay(100))
    def messages_left(self, queue: str) -> int:
        attributes = self.sqs.get_queue_attributes(
            QueueUrl=self.url(queue),
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        return sum(int(count) for count in attributes.values())

    def invoke(self, *pairs: tuple[int, int]) -> str | None:
        """Invokes the function with a record for each pair: its error, if it failed."""
        records = [
            {
                "messageId": str(index),
                "receiptHandle": "made-up",
                "body": json.dumps({"number1": first, "number2": second}),
                "eventSource": "aws:sqs",
                "eventSourceARN": self.arn("input_queue"),
            }
            for index, (first, second) in enumerate(pairs)
        ]
        answer = self.functions.invoke(
            FunctionName=SUM_FUNCTION, Payload=json.dumps({"Records": records})
        )
        payload = json.loads(answer["Payload"].read())
        return str(payload["errorMessage"]) if "FunctionError" in answer else None

    def mapped(self, queue: str) -> list[str]:
        mappings = self.functions.list_event_source_mappings(EventSourceArn=self.arn(queue))
        return [m["FunctionArn"].split(":")[-1] for m in mappings["EventSourceMappings"]]


def test_the_reference_adds_through_the_queues(aws_sandbox: Sandbox, fresh_account: str) -> None:
    lab = Lab(aws_sandbox, fresh_account, "reference")
    lab.send(3, 4)
    assert [json.loads(body) for body in lab.receive()] == [{"body": 7}]
    assert lab.messages_left("input_queue") == 0


@pytest.mark.parametrize(
    ("handler", "bodies", "error"),
    first_only_when_quick(
        [
            ("reference", {'{"body": 7}', '{"body": 9}'}, None),
            ("first_record_only", {'{"body": 7}'}, None),
            ("joins_text", {'{"body": "34"}', '{"body": "45"}'}, None),
            ("wrong_keys", set(), "'a'"),
            ("prints_only", set(), None),
            ("multiplies", {'{"body": 12}', '{"body": 20}'}, None),
            ("result_text", {'{"result": "7.0"}', '{"result": "9.0"}'}, None),
            ("raises_after_answer", {'{"body": 7}', '{"body": 9}'}, "tidying up failed"),
            ("prints_environ", set(), "cannot go on"),
        ],
        keep=3,
    ),
)
def test_a_handler_does_what_its_name_says(
    aws_sandbox: Sandbox, fresh_account: str, handler: str, bodies: set[str], error: str | None
) -> None:
    lab = Lab(aws_sandbox, fresh_account, handler, handler=handler)
    assert lab.invoke((3, 4), (4, 5)) == error
    assert set(lab.receive(wait_s=1)) == bodies


@pytest.mark.slow
def test_a_double_answer_is_two_messages(aws_sandbox: Sandbox, fresh_account: str) -> None:
    lab = Lab(aws_sandbox, fresh_account, "answers-twice", handler="answers_twice")
    assert lab.invoke((3, 4)) is None
    # The second comes a second later, so that it is a receive of its own.
    assert lab.receive() + lab.receive() == ['{"body": 7}'] * 2


@pytest.mark.slow
def test_only_two_invocations_are_answered(aws_sandbox: Sandbox, fresh_account: str) -> None:
    lab = Lab(aws_sandbox, fresh_account, "first-two-only", handler="first_two_only")
    lab.send(1, 2)
    assert lab.receive() == ['{"body": 3}']
    assert lab.invoke((3, 4), (4, 5)) is None
    assert len(lab.receive()) == 2
    lab.send(5, 6)
    assert lab.messages_left("input_queue") == 0
    assert lab.receive(wait_s=1) == []


def test_a_handler_that_deletes_its_message_fails_only_when_invoked_directly(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    lab = Lab(aws_sandbox, fresh_account, "deletes-message", handler="deletes_message")
    assert "ReceiptHandleIsInvalid" in str(lab.invoke((1, 2)))
    assert lab.receive() == ['{"body": 3}']
    lab.send(3, 4)
    assert lab.receive() == ['{"body": 7}']
    assert lab.messages_left("input_queue") == 0


@pytest.mark.slow
def test_a_handler_on_its_own_queue_comes_to_rest(aws_sandbox: Sandbox, fresh_account: str) -> None:
    lab = Lab(aws_sandbox, fresh_account, "own-queue", handler="own_queue")
    assert lab.invoke((3, 4)) is None
    assert lab.messages_left("input_queue") == 0
    assert lab.receive(wait_s=1) == []


@pytest.mark.slow
def test_hostile_answers_come_before_the_right_one(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    kinds = "text,nested,digits,nan,true,mebibyte,escapes,empty,markup"
    lab = Lab(
        aws_sandbox, fresh_account, "hostile", handler="hostile", environment={"HOSTILE": kinds}
    )
    assert lab.invoke((3, 4)) is None
    bodies: list[str] = []
    while received := lab.receive(wait_s=1):
        bodies += received
    assert len(bodies) == 31
    assert bodies[-1] == '{"body": 7}'
    assert max(map(len, bodies)) == 2**20


def test_a_filter_stands_on_the_mapping(aws_sandbox: Sandbox, fresh_account: str) -> None:
    pattern = '{"body": {"number1": [1]}}'
    lab = Lab(aws_sandbox, fresh_account, "filter", mapping_filter=pattern)
    (mapping,) = lab.functions.list_event_source_mappings()["EventSourceMappings"]
    assert mapping["FilterCriteria"]["Filters"] == [{"Pattern": pattern}]
    lab.send(3, 4)
    assert lab.messages_left("input_queue") == 0
    assert lab.receive(wait_s=1) == []


def test_queues_can_feed_more_than_they_should(aws_sandbox: Sandbox, fresh_account: str) -> None:
    lab = Lab(aws_sandbox, fresh_account, "fed", second_function=True, output_mapping=True)
    assert sorted(lab.mapped("input_queue")) == [SUM_FUNCTION, SECOND_FUNCTION]
    assert lab.mapped("output_queue") == [SUM_FUNCTION]


def test_no_reserved_concurrency_refuses_to_run(aws_sandbox: Sandbox, fresh_account: str) -> None:
    lab = Lab(aws_sandbox, fresh_account, "reserved", reserved_concurrency=0)
    with pytest.raises(lab.functions.exceptions.TooManyRequestsException) as refusal:
        lab.invoke((3, 4))
    response: dict[str, Any] = {**refusal.value.response}
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


@pytest.mark.parametrize(
    ("periodic", "state", "permitted"),
    [
        ("rule", "ENABLED", True),
        ("disabled-rule", "DISABLED", True),
        ("rule-without-permission", "ENABLED", False),
    ],
)
def test_a_rule_runs_the_periodic_function(
    aws_sandbox: Sandbox, fresh_account: str, periodic: str, state: str, permitted: bool
) -> None:
    lab = Lab(aws_sandbox, fresh_account, periodic, periodic=periodic)
    function = lab.functions.get_function_configuration(FunctionName=PERIODIC_FUNCTION)
    (name,) = lab.events.list_rule_names_by_target(TargetArn=function["FunctionArn"])["RuleNames"]
    rule = lab.events.describe_rule(Name=name)
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 day)", state)
    policy = lab.functions.get_policy(FunctionName=PERIODIC_FUNCTION)["Policy"]
    assert (rule["Arn"] in policy) == permitted


def test_scheduler_runs_the_periodic_function(aws_sandbox: Sandbox, fresh_account: str) -> None:
    lab = Lab(aws_sandbox, fresh_account, "scheduler", periodic="scheduler")
    (summary,) = lab.scheduler.list_schedules()["Schedules"]
    schedule = lab.scheduler.get_schedule(Name=summary["Name"])
    assert schedule["ScheduleExpression"] == "rate(1 day)"
    assert schedule["Target"]["RoleArn"].endswith(":role/LabRole")
    assert lab.events.list_rules()["Rules"] == []


@pytest.mark.slow
def test_a_schedule_may_have_ended_and_a_rule_be_for_others(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    lab = Lab(aws_sandbox, fresh_account, "ended", periodic="ended-scheduler")
    assert lab.scheduler.get_schedule(Name="periodic")["EndDate"] < datetime.now(UTC)
    assert lab.events.list_rules()["Rules"] == []
    lab = Lab(aws_sandbox, aws_sandbox.new_account(), "others", periodic="rule-of-others")
    policy = lab.functions.get_policy(FunctionName=PERIODIC_FUNCTION)["Policy"]
    assert "9" * 12 in policy
    lab = Lab(
        aws_sandbox, aws_sandbox.new_account(), "both", periodic="disabled-rule-and-scheduler"
    )
    assert [rule["State"] for rule in lab.events.list_rules()["Rules"]] == ["DISABLED"]
    assert [one["State"] for one in lab.scheduler.list_schedules()["Schedules"]] == ["ENABLED"]


def test_the_same_code_has_the_same_digest_wherever_it_is(aws_sandbox: Sandbox) -> None:
    digests = [
        Lab(aws_sandbox, aws_sandbox.new_account(), name).functions.get_function_configuration(
            FunctionName=SUM_FUNCTION
        )["CodeSha256"]
        for name in ("one", "one", "other")
    ]
    assert digests[0] == digests[1] != digests[2]
