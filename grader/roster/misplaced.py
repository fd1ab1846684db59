"""Credentials under a column that is not one of theirs: whoever has some handed in something."""

from __future__ import annotations

import re

from grader.i18n.language import _
from grader.roster.access import ACCESS_COLUMNS

_NAMED = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}"
    r"|(?i:aws_(?:access_key_id|secret_access_key|session_token|security_token))"
    r"|(?i:\bSecretAccessKey\b|\bSessionToken\b|\bAccessKeyId\b|\[default\])"
)
_KEY = re.compile(r"[A-Za-z0-9+/=]{40}")
_TOKEN = re.compile(r"[A-Za-z0-9+/=_-]{100,}")
_KINDS = (re.compile(r"[A-Z]"), re.compile(r"[a-z]"), re.compile(r"[0-9]"))


def looks_like_credentials(cell: str) -> bool:
    """The cell seems to hold a block of credentials, or one of its values.

    A secret key has letters of both cases and digits: a digest in hexadecimal is none.
    """
    if _NAMED.search(cell):
        return True
    alone = cell.strip()
    shaped = _KEY.fullmatch(alone) or _TOKEN.fullmatch(alone)
    return shaped is not None and all(kind.search(alone) for kind in _KINDS)


def misplaced(number: int) -> tuple[str, str]:
    """What to say of credentials in the column ``number``, whose name may be a secret too: a message
    and its remedy."""
    message = _(
        "The row names no way to reach the account, and its column {number} seems to hold credentials.",
        number=number,
    )
    remedy = _("Put them under {names}, or clear the cell.", names=", ".join(ACCESS_COLUMNS))
    return message, remedy
