"""Whether a text is the address of a server on the web, before anything is sent or leads there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_PRINTABLE = re.compile(r"[!-~]+")


def web_address(url: str) -> SplitResult | None:
    """The parts of an ``http`` or ``https`` address; ``None`` for anything else.

    It names a host and no port that cannot be, and no user: a password there would be shown.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    is_one = (
        parts.scheme in {"http", "https"}
        and parts.hostname
        and (port is None or port > 0)
        and parts.username is None
        and _PRINTABLE.fullmatch(url)
    )
    return parts if is_one else None
