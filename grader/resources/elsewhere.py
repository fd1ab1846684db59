"""Whether what is missing in one region of the Learner Lab is in the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.model.fact import Found

if TYPE_CHECKING:
    from grader.model.fact import Fact
    from grader.resources.look import AwsAccount

LEARNER_LAB_REGIONS = ("us-east-1", "us-west-2")
"""Other regions are closed in a Learner Lab."""


def other_region(aws: AwsAccount, kind: Literal["function", "queue"], name: str) -> str | None:
    """The other region of the Learner Lab, where it has the function or queue ``name``.

    ``None`` too where it cannot be asked, which is no fault of the account: that region may be closed.
    """
    if aws.region not in LEARNER_LAB_REGIONS:
        return None
    (other,) = (region for region in LEARNER_LAB_REGIONS if region != aws.region)
    with aws.once_in(other) as there:
        return other if is_there(there, kind, name) else None


def is_there(aws: AwsAccount, kind: Literal["function", "queue"], name: str) -> bool:
    """The account is known to have the function or queue ``name`` in the region of ``aws``.

    Source: Lambda GetFunctionConfiguration, SQS GetQueueUrl.
    """
    fact: Fact[str]
    if kind == "function":
        fact = aws.query(
            "lambda:GetFunctionConfiguration",
            lambda: aws.lambda_.get_function_configuration(FunctionName=name)["FunctionName"],
        )
    else:
        fact = aws.query(
            "sqs:GetQueueUrl", lambda: aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        )
    return isinstance(fact, Found)
