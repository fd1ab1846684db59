"""Whether what is missing in one region of the Learner Lab is in the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.model.fact import Found

if TYPE_CHECKING:
    from grader.resources.look import AwsAccount

LEARNER_LAB_REGIONS = ("us-east-1", "us-west-2")
"""Other regions are closed in a Learner Lab."""


def other_region(aws: AwsAccount, kind: Literal["function", "queue"], name: str) -> str | None:
    """The other region of the Learner Lab, where it has the function or queue ``name``.

    ``None`` too where it cannot be asked, which is no fault of the account: that region may be closed.
    Source: Lambda GetFunctionConfiguration, SQS GetQueueUrl.
    """
    if aws.region not in LEARNER_LAB_REGIONS:
        return None
    (other,) = (region for region in LEARNER_LAB_REGIONS if region != aws.region)
    with aws.once_in(other) as there:
        if kind == "function":
            found = there.query(
                "lambda:GetFunctionConfiguration",
                lambda: there.lambda_.get_function_configuration(FunctionName=name)["FunctionName"],
            )
        else:
            found = there.query(
                "sqs:GetQueueUrl", lambda: there.sqs.get_queue_url(QueueName=name)["QueueUrl"]
            )
    return other if isinstance(found, Found) else None
