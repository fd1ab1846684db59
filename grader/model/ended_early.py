"""What ends a look at an account before it has seen everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.model.fact import Unknown


class FactUnknown(Exception):  # noqa: N818 - the account leaves it open; it is not an error of ours
    """A question to AWS got no usable answer. Carries the :class:`Unknown` that the fact becomes."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.detail)
        self.unknown = unknown


class Interrupted(Exception):  # noqa: N818 - the user interrupted; nothing failed
    """The run is ending: stop waiting, leave the queues as they were found."""
