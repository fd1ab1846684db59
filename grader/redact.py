"""Text from a student's account or from AWS, made safe to keep: no secrets, bounded, encodable."""

from __future__ import annotations

import re

LIMIT = 500
"""Characters that are kept of a text unless its place allows more."""

_HIDDEN = "[redacted]"

_TELLING_NAME = r"(?!KeyError|KeyboardInterrupt)\w*(?:AWS_|SECRET|TOKEN|PASSWORD|PASSWD|KEY)\w*"
_ASSIGNMENT = re.compile(
    rf"""(?P<name>["']?\b{_TELLING_NAME}["']?\s*[=:]\s*)(?P<value>"[^"\n]*"|'[^'\n]*'|[^\s,;}}\])"']+)""",
    re.IGNORECASE,
)
_KEY_ID = re.compile(r"(?<![A-Z0-9])A[A-Z]{3}[A-Z0-9]{16,}(?![A-Z0-9])")
_LONG_RUN = re.compile(r"[A-Za-z0-9+/=]{40,}")
"""A secret access key is 40 characters, a session token several hundred."""


def redact(text: str, limit: int = LIMIT) -> str:
    """``text`` without access key ids and secrets, in at most ``limit`` characters of valid Unicode.

    Hidden are the values of ``AWS_*``, ``*SECRET*``, ``*TOKEN*``, ``*PASSWORD*`` and ``*KEY*``, key ids,
    and any unbroken run of 40 characters or more that could be a key or a token.
    """
    # Secrets are looked for before the text is cut, with room to spare: a cut could halve a name.
    text = bounded(text, limit * 8, keep_end=False)
    text = _ASSIGNMENT.sub(lambda m: m["name"] + _HIDDEN, text)
    text = _KEY_ID.sub(_HIDDEN, text)
    text = _LONG_RUN.sub(_HIDDEN, text)
    return bounded(text, limit, keep_end=False)


def bounded(text: str, limit: int = LIMIT, *, keep_end: bool = False) -> str:
    """``text`` in at most ``limit`` characters, with what JSON cannot carry replaced."""
    if len(text) > limit:
        text = f"…{text[-limit + 1 :]}" if keep_end else f"{text[: limit - 1]}…"
    return text.encode("utf-8", "replace").decode("utf-8")
