"""Whether somebody else hides messages of the output queue, by a count that AWS is late with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tenacity import stop_after_delay, wait_fixed

from grader.aws.account_client import vanished
from grader.model.fact import Found, Missing, Unknown
from grader.resources.ready import last_seen

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from types_boto3_sqs.type_defs import GetQueueAttributesResultTypeDef

    from grader.aws.account_client import Aws

LAG_S = 65
"""For longer than this no count is late: SQS documents a minute."""

HIDDEN_EVERY_S = 3


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

    def more_than(self, by_us: int, unchanged_since: float) -> int | Unknown:
        """The number of messages hidden by others since the run began; this run hides ``by_us``.

        The count may be late: one that is too high may be so by what this run did before
        ``unchanged_since`` (a time of ``time.monotonic()``), and proves nothing until :data:`LAG_S`
        later. Raises :class:`Interrupted`.
        """

        def may_be_late(more: int) -> bool:
            return more > 0 and time.monotonic() - LAG_S < unchanged_since

        return self._more(by_us, may_be_late, 2 * LAG_S)

    def fewer_after_all(self, by_us: int, seconds: float) -> bool:
        """Wait up to ``seconds`` until nobody else hides messages; true if somebody did and stopped.

        Raises :class:`Interrupted`.
        """
        counts: list[int] = []

        def held(more: int) -> bool:
            counts.append(more)
            return more > 0

        return self._more(by_us, held, seconds) == 0 and len(counts) > 1

    def _more(self, by_us: int, look_again: Callable[[int], bool], seconds: float) -> int | Unknown:
        held = by_us + self._at_first

        def look() -> Found[int] | Missing | Unknown:
            return self._aws.query(
                "sqs:GetQueueAttributes", lambda: max(0, _count(self._ask()) - held)
            )

        def again(seen: Found[int] | Missing | Unknown) -> bool:
            return isinstance(seen, Found) and look_again(seen.value)

        seen = last_seen(
            look, again, self._stop, stop_after_delay(seconds), wait_fixed(HIDDEN_EVERY_S)
        )
        if isinstance(seen, Missing):
            return vanished(seen)
        return seen if isinstance(seen, Unknown) else seen.value

    def note_own_receipt(self) -> None:
        """Note that this run received, and so hides now, one of those that were hidden before it."""
        self._at_first = max(0, self._at_first - 1)

    def _ask(self) -> GetQueueAttributesResultTypeDef:
        """Source: SQS GetQueueAttributes."""
        return self._aws.sqs.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
        )


def _count(response: GetQueueAttributesResultTypeDef) -> int:
    given = response.get("Attributes", {})
    return int(given.get("ApproximateNumberOfMessagesNotVisible", 0))
