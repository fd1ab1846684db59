"""What a finding rests on, as far as it can be shown: what was sent, and what came of it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What was sent, and what came of it. Everything is redacted and bounded; what is not known is left
    out."""

    sent: Annotated[
        tuple[str, ...], Meta(description="The messages that were sent, as the function read them.")
    ] = ()
    returned: Annotated[
        str, Meta(description="What the function returned, as JSON; left out where it is nothing.")
    ] = ""
    instead: Annotated[
        tuple[str, ...], Meta(description="What the function sent instead of the answer.")
    ] = ()
    log: Annotated[
        tuple[str, ...],
        Meta(description="The last lines of the function's log, without those that Lambda writes."),
    ] = ()
