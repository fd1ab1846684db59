"""Messages that were received and are not this run's right answers: who gets to see them when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.model.fact import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grader.aws.account_client import Aws

HANDFUL = 10
"""Messages of one receive or one batch: SQS gives no more."""

SHOWN = 2
"""How often a message is shown to others again while a redrive policy counts its receives."""


@dataclass
class UndeletedMessage:
    """A message that was received and not deleted. ``received``: how often, by anybody.

    ``old``: it lay there before the run. ``ours``: it answers a pair, though not with the right sum,
    or not in a form that counts. ``for_good``: it stays hidden until the run is over,
    as long as that may take.
    """

    handle: str
    received: int
    old: bool
    ours: bool
    for_good: bool = False
    hidden: bool = True
    shown: int = 0


class HeldMessages:
    """What a run has received and not deleted, by message id.

    Old messages stay hidden until the run is over, so that each is received once. New ones may be
    answers to another grader: they are shown again soon, unless ``max_receives``, after which the
    queue's redrive policy moves a message away, comes near.
    """

    def __init__(self, aws: Aws, url: str, *, max_receives: int | None, hold_s: int) -> None:
        self._aws, self._url, self._max_receives = aws, url, max_receives
        self._hold_s = hold_s
        self._messages: dict[str, UndeletedMessage] = {}

    def add(self, identity: str, message: UndeletedMessage) -> None:
        """Keep a message that was received for the first time."""
        self._messages[identity] = message

    def note_received_again(
        self, identity: str, handle: str, received: int, *, for_good: bool
    ) -> bool:
        """Note that a message was received once more; whether it is known."""
        message = self._messages.get(identity)
        if message is None:
            return False
        message.handle, message.received, message.hidden, message.for_good = (
            handle,
            received,
            True,
            for_good,
        )
        return True

    def hold(self) -> bool:
        """Keep hidden, until the run is over, what is not to be shown; whether AWS allows that."""
        waiting = [
            m
            for m in self._messages.values()
            if m.hidden and not m.for_good and not self._may_be_shown(m)
        ]
        for message in waiting:
            message.for_good = True
        return self._change(waiting, self._hold_s)

    @property
    def hidden(self) -> int:
        """How many messages this run hides from others."""
        return sum(message.hidden for message in self._messages.values())

    def show_new(self) -> bool:
        """Show others what is new, unless it would be received too often; whether there was any."""
        shown = [m for m in self._messages.values() if m.hidden and self._may_be_shown(m)]
        self._show(shown)
        for message in shown:
            message.shown += 1
        return bool(shown)

    def _may_be_shown(self, message: UndeletedMessage) -> bool:
        most = self._max_receives
        counted = most is None or (message.shown < SHOWN and message.received <= most - 2)
        return counted and not message.old

    @property
    def counted(self) -> bool:
        """A redrive policy counts how often a message is received."""
        return self._max_receives is not None

    def show_others(self) -> None:
        """Show others everything that is not ours."""
        self._show([m for m in self._messages.values() if m.hidden and not m.ours])

    @property
    def ours(self) -> list[str]:
        """The handles of what is ours, to be deleted."""
        return [m.handle for m in self._messages.values() if m.ours]

    def _show(self, messages: Iterable[UndeletedMessage]) -> None:
        shown = list(messages)
        self._change(shown, 0)
        for message in shown:
            message.hidden = False

    def _change(self, messages: Sequence[UndeletedMessage], seconds: int) -> bool:
        """Let ``messages`` be visible in ``seconds``; whether that is allowed.

        Source: SQS ChangeMessageVisibilityBatch.
        """
        allowed = True
        for start in range(0, len(messages), HANDFUL):
            entries = [
                {"Id": str(i), "ReceiptHandle": message.handle, "VisibilityTimeout": seconds}
                for i, message in enumerate(messages[start : start + HANDFUL])
            ]
            with self._aws.ignore_deadline():
                fact = self._aws.query(
                    "sqs:ChangeMessageVisibility",
                    lambda entries=entries: self._aws.sqs.change_message_visibility_batch(  # type: ignore[misc]
                        QueueUrl=self._url, Entries=entries
                    ),
                )
            allowed = allowed and not (isinstance(fact, Unknown) and fact.kind == "permission")
        return allowed
