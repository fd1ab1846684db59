"""What an LTI platform answers to a score, and whether that takes it: HTTP, LTI-AGS 2.0."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import msgspec

from grader.results.directory import UNREADABLE

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_BEFORE_TEXT = b"\xef\xbb\xbf\xff\xfe \t\r\n\f"
"""Byte order marks and blanks: what may stand before a page's first ``<``, or stand alone."""


class Extent(Enum):
    """How much of an answer's body was read."""

    WHOLE = auto()
    TOO_LONG = auto()  # its beginning: the rest was there, and nobody wants it
    CUT = auto()  # the connection was lost in it


class Meaning(Enum):
    """What a 2xx means for the score that it answers."""

    TAKEN = auto()
    PAGE = auto()  # a wiki's, a proxy's, one to sign in: nobody looked at the score
    UNCLEAR = auto()  # too little of it arrived to tell


@dataclass(frozen=True)
class PlatformAnswer:
    """What was said: the type that is announced for the body, if any, and what was read of it."""

    status: int
    media_type: str
    body: bytes
    extent: Extent = Extent.WHOLE

    @property
    def meaning(self) -> Meaning:
        """A 2xx takes the score, whatever it says, unless it is a web page.

        AGS prescribes no body: platforms answer with JSON, ``OK`` or nothing. What does not begin like
        a page is one where HTML is announced, because a mark that was not posted after all would be
        lost. That announcement is ignored where the body is JSON or empty: PHP announces HTML for
        everything.
        """
        # UTF-16 has a NUL beside each letter of a tag.
        text = self.body.replace(b"\0", b"").lstrip(_BEFORE_TEXT)
        if text.startswith(b"<"):
            return Meaning.PAGE
        if self.extent is Extent.CUT:
            # What was lost on the way is AGS's where JSON is announced.
            is_json = self.media_type == "application/json" or self.media_type.endswith("+json")
            return Meaning.TAKEN if is_json else Meaning.UNCLEAR
        if self.media_type not in _HTML:
            return Meaning.TAKEN
        if self.extent is Extent.TOO_LONG:
            no_page = text.startswith((b"{", b"["))
        else:
            no_page = not text or _is_json(text)
        return Meaning.TAKEN if no_page else Meaning.PAGE


def _is_json(text: bytes) -> bool:
    """Whether the body has the form of JSON. Numbers without bounds and letters in Latin-1 do not
    make it a page."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except UNREADABLE:
        return False
    return True
