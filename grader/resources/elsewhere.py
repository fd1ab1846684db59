"""Whether what is missing in one region is in another where a student may have put it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.model.fact import Found

if TYPE_CHECKING:
    from grader.model.fact import Fact
    from grader.resources.lab_access import AwsAccount

LEARNER_LAB_REGIONS = ("us-east-1", "us-west-2")
"""Other regions are closed in a Learner Lab."""


def other_region(aws: AwsAccount, kind: Literal["function", "queue"], name: str) -> str | None:
    """The first of the :func:`other_regions` that has the function or queue ``name``.

    ``None`` too where none can be asked, which is no fault of the account: a region may be closed.
    """
    for other in other_regions(aws.region, aws.lab_region):
        with aws.once_in(other) as there:
            if is_there(there, kind, name):
                return other
    return None


def other_regions(region: str, lab_region: str | None) -> list[str]:
    """Where a lab may stand instead: in the rubric's region, in the Learner Lab's other one."""
    learner_lab = LEARNER_LAB_REGIONS if region in LEARNER_LAB_REGIONS else ()
    return [
        other for other in dict.fromkeys((lab_region, *learner_lab)) if other not in {None, region}
    ]


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
