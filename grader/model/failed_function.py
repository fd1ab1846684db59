"""Why a function is in state Failed: for a reason of its owner's, or of AWS's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Unknown

if TYPE_CHECKING:
    from grader.model.observation import Function

_OF_AWS = frozenset(
    {
        "EC2RequestLimitExceeded",
        "InsufficientCapacity",
        "InternalError",
    }
)
"""Codes for what AWS itself could not do. What an account's own network or quotas lack is its owner's to
mend, as all other reasons are. Source: Lambda API, StateReasonCode."""


def failed_by_aws(function: Function) -> Unknown | None:
    """The Unknown of a function that AWS itself could not make ready; else ``None``."""
    if function.state != "Failed" or function.state_code not in _OF_AWS:
        return None
    return Unknown.saying(
        "not-ready",
        N_("{function} is in state Failed, for a reason of AWS's own ({code}): {reason}"),
        function=function.name,
        code=function.state_code,
        reason=function.state_reason,
        next=message(N_("Deploy the function again, then try again.")),
    )
