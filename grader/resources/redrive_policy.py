"""A queue's redrive policy as SQS writes it. Source: SQS GetQueueAttributes, RedrivePolicy."""

from __future__ import annotations

import json

from grader.model.observation import Part
from grader.safety.redact import bounded

_LONGEST_NAME = 100
"""Above what SQS allows a queue's name: 80 characters."""


class Redrive(Part, frozen=True):
    """A queue's redrive policy. Source: SQS GetQueueAttributes.

    ``target`` is the dead-letter queue by its name, empty if none is named; a message moves there when
    it was received more than ``max_receives`` times.
    """

    target: str
    max_receives: int


def read_policy(attribute: str) -> Redrive:
    """The policy that the ``attribute`` holds. Raises :class:`ValueError` where it is none."""
    try:
        given = json.loads(attribute)
        arn = given.get("deadLetterTargetArn", "")
        target = bounded(str(arn).rpartition(":")[2], _LONGEST_NAME)
        return Redrive(target, int(given["maxReceiveCount"]))
    except (AttributeError, TypeError, LookupError, OverflowError, RecursionError) as error:
        raise ValueError("not a redrive policy") from error
