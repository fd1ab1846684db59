"""A queue's redrive policy as SQS writes it. Source: SQS GetQueueAttributes, RedrivePolicy."""

from __future__ import annotations

import json
from typing import NamedTuple


class RedrivePolicy(NamedTuple):
    """``target`` is the dead-letter queue by its name, empty if none is named.

    A message moves there when it was received more than ``max_receives`` times.
    """

    target: str
    max_receives: int


def read_policy(attribute: str) -> RedrivePolicy:
    """The policy that the ``attribute`` holds. Raises :class:`ValueError` where it is none."""
    try:
        given = json.loads(attribute)
        arn = given.get("deadLetterTargetArn", "")
        return RedrivePolicy(str(arn).rpartition(":")[2], int(given["maxReceiveCount"]))
    except (AttributeError, TypeError, LookupError, OverflowError, RecursionError) as error:
        raise ValueError("not a redrive policy") from error
