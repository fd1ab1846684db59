"""What an LTI platform answers to a score, and whether that takes it: HTTP, LTI-AGS 2.0."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from grader.results.directory import UNREADABLE

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_BEFORE_TEXT = b"\xef\xbb\xbf\xff\xfe \t\r\n\f"
"""Byte order marks and blanks: what may stand before a page's first ``<``, or stand alone."""


@dataclass(frozen=True)
class PlatformAnswer:
    """What was said: the type that is announced for the body, if any, and what was read of it.

    ``whole``: that is the body to its end.
    """

    status: int
    media_type: str
    body: bytes
    whole: bool = True

    @property
    def _text(self) -> bytes:
        # UTF-16 has a NUL beside each letter of a tag.
        return self.body.replace(b"\0", b"").lstrip(_BEFORE_TEXT)

    @property
    def is_page(self) -> bool:
        """It is a wiki's, a proxy's, one to sign in: it says that it is HTML, or begins like that."""
        return bool(self._text) and (self.media_type in _HTML or self._text.startswith(b"<"))

    @property
    def takes_score(self) -> bool | None:
        """A 2xx means what AGS's does; ``None`` where too little of it arrived to tell.

        AGS answers with JSON, or with nothing. Nothing is no page, whatever its type: PHP announces
        HTML for everything. An answer that was lost on the way is AGS's where JSON is announced.
        """
        if self.is_page:
            return False
        if self.whole:
            return not self._text or _is_json(self._text)
        announced = self.media_type == "application/json" or self.media_type.endswith("+json")
        return True if announced else None


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except UNREADABLE:
        return False
    return True
