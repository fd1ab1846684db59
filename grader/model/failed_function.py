"""Why a function is in state Failed: by a fault of its owner's, or perhaps by none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Unknown

if TYPE_CHECKING:
    from grader.model.observation import Function

_OF_AWS = frozenset(
    {
        "DependencyError",  # whose it is, AWS does not say
        "EC2RequestLimitExceeded",
        "EniLimitExceeded",
        "InsufficientCapacity",
        "InternalError",
        "ServiceQuotaExceededException",
        "SubnetOutOfIPAddresses",
        "VcpuLimitExceeded",
    }
)
"""Codes for what AWS or the account had no room for, or no answer to. Source: Lambda API,
StateReasonCode. :mod:`grader.aws.errors` sorts the same causes of a refused ``Invoke``."""


def failed_by_aws(function: Function) -> Unknown | None:
    """The Unknown of a function that failed, perhaps by no fault of its owner's; else ``None``."""
    if function.state != "Failed" or function.state_code not in _OF_AWS:
        return None
    return Unknown.saying(
        "not-ready",
        N_("{function} is in state Failed, perhaps by no fault of yours ({code}): {reason}"),
        function=function.name,
        code=function.state_code,
        reason=function.state_reason,
        next=message(N_("Deploy the function again, then try again.")),
    )
