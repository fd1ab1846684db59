"""Whether somebody else hides messages of the output queue, by a count that AWS is late with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tenacity import stop_after_delay, wait_fixed

from grader.aws.account_client import vanished
from grader.model.observation import Found, Missing, Unknown
from grader.resources.ready import last_seen

if TYPE_CHECKING:
    import threading

    from types_boto3_sqs.type_defs import GetQueueAttributesResultTypeDef

    from grader.aws.account_client import Aws

LAG_S = 65
"""For longer than this no count is late: SQS documents a minute."""

EVERY_S = 3


class Hidden:
    """The count of hidden messages, of which some are hidden by this run and some were before it."""

    def __init__(self, aws: Aws, url: str, stop: threading.Event) -> None:
        self._aws, self._url, self._stop = aws, url, stop
        self._at_first = 0

    def look_first(self) -> GetQueueAttributesResultTypeDef:
        """Note how many are hidden before the first pair is sent; the answer, which tells the time.

        Raises botocore's exceptions.
        """
        response = self._ask()
        self._at_first = _count(response)
        return response

    def more_than(self, by_us: int, unchanged_since: float, lost_at: float) -> int | Unknown:
        """How many more messages are hidden than this run hides (``by_us``) and were before it.

        The count may be late both ways: one that is too high may be so by what this run did before
        ``unchanged_since``, and one that is not may not know yet of messages in an answer that was lost
        at ``lost_at`` (times of ``time.monotonic()``). It proves nothing until :data:`LAG_S` later.
        Raises :class:`Interrupted`.
        """
        held = by_us + self._at_first

        def look() -> Found[int] | Missing | Unknown:
            return self._aws.ask("sqs:GetQueueAttributes", lambda: _count(self._ask()))

        def too_many(seen: Found[int] | Missing | Unknown) -> bool:
            return isinstance(seen, Found) and seen.value > held

        def may_be_late(seen: Found[int] | Missing | Unknown) -> bool:
            if not isinstance(seen, Found):
                return False
            now = time.monotonic() - LAG_S
            return now < lost_at or (too_many(seen) and now < unchanged_since)

        enough = stop_after_delay(2 * LAG_S)
        seen = last_seen(look, may_be_late, self._stop, enough, wait_fixed(EVERY_S))
        if isinstance(seen, Missing):
            return vanished(seen)
        return seen if isinstance(seen, Unknown) else max(0, seen.value - held)

    def came_back(self) -> None:
        """One of those that were hidden before this run was received by it, and is hidden by it now."""
        self._at_first = max(0, self._at_first - 1)

    def know(self, more: int) -> None:
        """Count no more on what was lost: it stays hidden, and says nothing of what comes after it."""
        self._at_first += more

    def _ask(self) -> GetQueueAttributesResultTypeDef:
        """Source: SQS GetQueueAttributes."""
        return self._aws.sqs.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
        )


def _count(response: GetQueueAttributesResultTypeDef) -> int:
    given = response.get("Attributes", {})
    return int(given.get("ApproximateNumberOfMessagesNotVisible", 0))
