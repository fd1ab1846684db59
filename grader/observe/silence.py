"""Looks once more at pairs with no answer and no failure before they cost points.

The function neither raised nor sent anything: an answer may be on its way back from somebody else who
took it, and the counts that would show it are late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.ended_early import FactUnknown
from grader.model.fact import Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.observe.exchange import Exchanging
    from grader.observe.invocation import Direct
    from grader.observe.output import OutputQueue
    from grader.observe.sent import Sent
    from grader.resources.ready import Waits


_AGAIN = N_("Check again.")

TOO_LATE = Unknown.saying(
    "not-ready",
    N_("An answer came when the run was about to end: too late to try what follows from it."),
    next=message(_AGAIN),
)


class Silence:
    """The pairs of ``invocations`` and of ``exchanging`` of which nothing at all has come."""

    def __init__(
        self, output: OutputQueue, invocations: Sequence[Direct], exchanging: Exchanging | None
    ) -> None:
        self._output, self._invocations, self._exchanging = output, invocations, exchanging

    @property
    def pairs(self) -> list[Sent]:
        """The pairs whose silence costs points as things stand."""
        direct = [sent for made in self._invocations for sent in self._silent_in(made)]
        return [*direct, *self._silent_in_exchange()]

    def look_again(self, waits: Waits) -> Unknown | None:
        """Receive for ``waits.confirm_s`` more; the Unknown that leaves the exchange open, if any.

        Invocations that stay open are noted as such. Raises :class:`Interrupted`.
        """
        try:
            with waits.aside():
                self._output.wait_for(lambda: not self.pairs, waits.confirm_s)
        except FactUnknown as raised:
            for made in self._invocations:
                if self._silent_in(made):
                    made.made = raised.unknown
            return raised.unknown if self._silent_in_exchange() else None
        for made in self._invocations:
            if self._silent_in(made):
                made.made = self._output.missed_since(made.sent[0].since) or made.made
        return self._exchanging.missed() if self._exchanging is not None else None

    def _silent_in(self, direct: Direct) -> list[Sent]:
        made = direct.value
        if made is None or made.failure is not None:
            return []
        return [sent for sent in direct.sent if sent.silent and self._nothing_since(sent)]

    def _silent_in_exchange(self) -> list[Sent]:
        silent = self._exchanging.silent if self._exchanging is not None else []
        return [sent for sent in silent if self._nothing_since(sent)]

    def _nothing_since(self, sent: Sent) -> bool:
        return not self._output.said_something_else_since(sent)
