"""A message as SQS gave it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_sqs.literals import MessageSystemAttributeNameType
    from types_boto3_sqs.type_defs import MessageTypeDef, ReceiveMessageResultTypeDef

ASKED: list[MessageSystemAttributeNameType] = [
    "SentTimestamp",
    "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp",
]
"""The attributes that are asked of each message."""


_DIGITS = 13
"""So many have Unix milliseconds until the year 2286, and no later year is one of SQS's."""


@dataclass(frozen=True)
class Received:
    """A message that was received ``at`` a time of ``time.monotonic()``.

    ``sent_ms`` and ``first_received_ms`` are SQS's times, in Unix milliseconds, ``received`` how often
    anybody received it. Source: SQS ReceiveMessage.
    """

    identity: str
    handle: str
    body: str
    at: float
    sent_ms: int
    received: int
    first_received_ms: int | None

    @classmethod
    def from_api(cls, given: MessageTypeDef, at: float) -> Received:
        """The message ``given``, whose answer arrived ``at``. Raises :class:`TypeError` where it has
        another shape than SQS documents."""
        attributes = given.get("Attributes", {})
        first = attributes.get("ApproximateFirstReceiveTimestamp")
        return cls(
            identity=_text(given.get("MessageId", "")),
            handle=_text(given.get("ReceiptHandle", "")),
            body=_text(given.get("Body", "")),
            at=at,
            sent_ms=_number(attributes.get("SentTimestamp"), 0),
            received=_number(attributes.get("ApproximateReceiveCount"), 1),
            first_received_ms=_number(first, 0) or None,
        )

    @classmethod
    def all_from_api(
        cls, response: ReceiveMessageResultTypeDef, at: float | None = None
    ) -> list[Received]:
        """The messages of an answer of SQS that arrived ``at``, or just now."""
        now = time.monotonic() if at is None else at
        return [cls.from_api(message, now) for message in response.get("Messages", [])]

    @property
    def age_s(self) -> float | None:
        """Its age in seconds when it was received, by SQS's own clock.

        ``None`` where somebody else received it before, or SQS did not tell.
        """
        if self.received > 1 or self.first_received_ms is None or not self.sent_ms:
            return None
        return (self.first_received_ms - self.sent_ms) / 1000


def _text(said: object) -> str:
    if not isinstance(said, str):
        raise TypeError(f"{type(said).__name__} where SQS gives text")
    return said


def _number(said: object, unknown: int) -> int:
    """What an attribute says; ``unknown`` where that is no number that SQS can have meant."""
    text = str(said) if said is not None else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else unknown
