"""Plain text out of what a paste went through: editors, mail programs, web pages, chat and Word."""

from __future__ import annotations

import html
import quopri
import re
from typing import TYPE_CHECKING

from grader.i18n.language import N_, _
from grader.inputs.file_signature import kind_of_file, utf16_codec

if TYPE_CHECKING:
    from grader.inputs.file_signature import FileKind

MOST_BYTES_PASTED = 1024 * 1024
"""More than any text that holds a block; what is larger is not looked into."""

_NOT_TEXT: dict[FileKind, str] = {
    "pdf": N_("It is a PDF, which is not read."),
    "image": N_("It is a screenshot or another image, which is not read."),
    "zip": N_("It is a Word document or an archive, which is not read."),
    "archive": N_("It is an archive, which is not read."),
    "word": N_("It is a Word document, which is not read."),
    "rtf": N_("It is an RTF document, which is not read."),
}

_TAG = re.compile(r"<[/!]?([A-Za-z0-9:]*+)[^<>]*+>")
_LINE_ENDS = frozenset({"br", "p", "div", "li", "tr", "td", "pre", "h1", "h2", "h3", "blockquote"})
_LOOKS_LIKE_HTML = re.compile(r"<(?:!doctype|html|head|body|p|div|br|span|pre|code)\b[^<>]*>", re.I)
_SAVED_PAGE = re.compile(r"<(?:script|title|meta|link)\b", re.I)

# A key id never begins with “3D”, so that this is a mail as it was sent, not a value.
_QUOTED_PRINTABLE = re.compile(
    r"access_key_id[ \"']*=3D|^content-transfer-encoding: *quoted-printable", re.I | re.M
)
_QUOTED_LINE = re.compile(r"^[ \t]*(?:[>|][ \t]*)+", re.M)

# What editors put in place of what was pasted, and what they hide in it.
_PLAINER = str.maketrans(
    dict.fromkeys("“”„«»‹›", '"')
    | dict.fromkeys("‘’‚", "'")
    | dict.fromkeys("\u00a0\u2007\u202f\u2009\t", " ")
    | dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad", "")
    | {"\u2028": "\n", "\u2029": "\n", "\v": "\n", "\f": "\n", "＝": "="}
)


class NotText(Exception):  # noqa: N818 - it is what the file is
    """The file is something else than text. The message is a sentence that says what."""


def plain_text(raw: bytes) -> str:
    """The text of a file's bytes, of which the first :data:`MOST_BYTES_PASTED` and one more suffice.

    Lines end in a newline, quotes and spaces are those of ASCII, the marks of a mail's quotation and of
    a page are gone. Takes time in proportion to the length. Raises :class:`NotText`.
    """
    kind = kind_of_file(raw)
    if kind is not None:
        raise NotText(_(_NOT_TEXT[kind]))
    if len(raw) > MOST_BYTES_PASTED:
        size = f"{MOST_BYTES_PASTED // 1024:,}"
        raise NotText(_("It is larger than {size} KiB, too large for a block.", size=size))
    text = decoded(raw)
    if "\0" in text:
        raise NotText(_("It is not text."))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _QUOTED_PRINTABLE.search(text):
        text = decoded(quopri.decodestring(text.encode("utf-8", "surrogatepass")))
    if _LOOKS_LIKE_HTML.search(text):
        text = _without_tags(text)
    text = _QUOTED_LINE.sub("", text.translate(_PLAINER))
    return text.replace("\\_", "_")  # Markdown's way to write an underscore


def is_saved_page(raw: bytes) -> bool:
    """A web page that a browser saved, rather than what a student wrote into a text field."""
    return _SAVED_PAGE.search(decoded(raw[:MOST_BYTES_PASTED])) is not None


def decoded(raw: bytes) -> str:
    """The text of ``raw`` in UTF-8 or UTF-16, else in Windows' Western code page, whatever it holds."""
    codec = utf16_codec(raw)
    if codec is not None:
        return raw.decode(codec, "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Windows' Notepad of old; what a block is made of is ASCII either way.
        return raw.decode("cp1252", "replace")


def _without_tags(text: str) -> str:
    """The text of a page, its lines where a reader sees them."""
    return html.unescape(_TAG.sub(lambda tag: "\n" if tag[1].lower() in _LINE_ENDS else "", text))
