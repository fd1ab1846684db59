from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.model.fact import Found
from grader.model.observation import encode_observation
from grader.resources.held import holds
from tests.labs import calculator_rubric, hand_in_for
from tests.observing import observe_sandbox_account

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

ARN = "arn:aws:lambda:us-east-1:111111111111:function:calculatrice"


@pytest.mark.parametrize(
    "value",
    [
        "queue2",
        "arn:aws:sqs:us-east-1:111111111111:queue2",
        "https://sqs.us-east-1.amazonaws.com/111111111111/queue2",
        "https://sqs.us-east-1.amazonaws.com/111111111111/queue2/",
        "https://queue.amazonaws.com/111111111111/queue2",
        "https://us-east-1.queue.amazonaws.com/111111111111/queue2",
        "https://sqs-fips.us-east-1.amazonaws.com/111111111111/queue2",
        "https://vpce-1a2b.sqs.us-east-1.vpce.amazonaws.com/111111111111/queue2",
        "https://sqs.us-east-1.api.aws/111111111111/queue2",
        "http://127.0.0.1:4566/111111111111/queue2",
    ],
)
def test_a_queues_url_arn_and_name_are_the_queue(value: str) -> None:
    assert holds(value, "queue2", ARN)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "queue1",
        "Queue2",
        "my queue2",
        "arn:aws:sqs:us-east-1:222222222222:queue2",
        "arn:aws:sqs:us-west-2:111111111111:queue2",
        "https://sqs.us-east-1.amazonaws.com/222222222222/queue2",
        "https://sqs.us-east-1.amazonaws.com/111111111111/queue20",
        "https://sqs.us-west-2.amazonaws.com/111111111111/queue2",
        "https://us-west-2.queue.amazonaws.com/111111111111/queue2",
        "https://sqs-fips.us-west-2.amazonaws.com/111111111111/queue2",
        "https://s3.us-east-1.amazonaws.com/111111111111/queue2",
        "ftp://sqs.us-east-1.amazonaws.com/111111111111/queue2",
        "http://[::1/111111111111/queue2",
    ],
)
def test_another_queue_another_account_and_another_region_are_not(value: str) -> None:
    assert not holds(value, "queue2", ARN)


@pytest.mark.parametrize(
    ("value", "held"),
    [
        ("arn:aws-cn:sqs:cn-north-1:111111111111:queue2", True),
        ("https://sqs.cn-north-1.amazonaws.com.cn/111111111111/queue2", True),
        ("https://cn-north-1.queue.amazonaws.com.cn/111111111111/queue2", True),
        ("https://cn-northwest-1.queue.amazonaws.com.cn/111111111111/queue2", False),
        ("arn:aws:sqs:cn-north-1:111111111111:queue2", False),
    ],
)
def test_a_queue_of_another_partition_is_known_by_its_own_addresses(value: str, held: bool) -> None:
    arn = "arn:aws-cn:lambda:cn-north-1:111111111111:function:calculatrice"
    assert holds(value, "queue2", arn) is held


def test_a_queue_is_held_however_many_variables_hold_it(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    rubric = calculator_rubric(tmp_path)
    arn = f"arn:aws:sqs:{aws_sandbox.region}:{fresh_account}:{rubric.lab.queues['output']}"
    many = {f"A{number}": arn for number in range(150)}
    hand_in_for(aws_sandbox, fresh_account, rubric, periodic="absent", environment=many)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=rubric, may_exercise=False)
    function = seen.functions["calculator"]
    assert isinstance(function, Found)
    assert function.value.holding["output"] == (*sorted(many), "OUTPUT_QUEUE_URL")


def test_no_value_of_a_variable_that_the_rubric_does_not_name_is_kept(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    rubric = calculator_rubric(tmp_path)
    secrets = {"DATABASE_PASSWORD": "canary-of-the-environment", "MODE": "canary-too"}
    hand_in_for(
        aws_sandbox, fresh_account, rubric, periodic="absent", environment=secrets, mapping="absent"
    )
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=rubric, may_exercise=False)
    function = seen.functions["calculator"]
    assert isinstance(function, Found)
    assert function.value.environment == Found({})
    assert function.value.holding == {"output": ("OUTPUT_QUEUE_URL",)}
    assert function.value.variables == (
        "DATABASE_PASSWORD",
        "MODE",
        "OUTPUT_QUEUE_URL",
    )
    assert b"canary" not in encode_observation(seen)
    assert b"127.0.0.1" not in encode_observation(seen)
