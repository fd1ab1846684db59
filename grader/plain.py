"""Text from anywhere, for a terminal: no control characters, no markup, nothing it can do."""

from __future__ import annotations

import re
import unicodedata

# Control characters, and those that reorder or hide what stands beside them.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def plain(text: str, limit: int = 1000) -> str:
    """``text`` in one line of at most ``limit`` characters, with what could act made visible."""
    text = text[: limit * 2].replace("\t", " ").replace("\n", " ")
    text = _UNSAFE.sub(lambda m: f"\\x{ord(m[0]):02x}", unicodedata.normalize("NFC", text))
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
