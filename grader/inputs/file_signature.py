"""What a file is by its first bytes: a document, an image, an archive, or text in UTF-16."""

from __future__ import annotations

import re
from typing import Literal

FileKind = Literal["pdf", "image", "zip", "archive", "word", "rtf"]
"""What is not text. A ``zip`` is an archive, or a document or spreadsheet of today's Office."""

_SIGNATURES: tuple[tuple[bytes, FileKind], ...] = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\0", "image"),
    (b"MM\0*", "image"),
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a", "archive"),
    (b"\xd0\xcf\x11\xe0", "word"),
    (b"{\\rtf", "rtf"),
)
_PICTURES = re.compile(rb"....ftyp(?:heic|heix|hevc|mif1|avif)|RIFF....WEBP", re.DOTALL)
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


def kind_of_file(raw: bytes) -> FileKind | None:
    """What the file is that begins with ``raw``; ``None`` where it may be text."""
    for start, kind in _SIGNATURES:
        if raw.startswith(start):
            return kind
    return "image" if _PICTURES.match(raw) else None


def utf16_codec(raw: bytes) -> str | None:
    """The codec of text in UTF-16, ``None`` where ``raw`` is none.

    Without a byte order mark it is Latin text, of whose first bytes every other one is NUL.
    """
    if raw.startswith(_UTF16_BOMS):
        return "utf-16"
    start = raw[: min(64, len(raw) // 2 * 2)]
    even, odd = start[::2], start[1::2]
    if len(start) < 4 or any(even) == any(odd):
        return None
    nuls, others = (odd, even) if any(even) else (even, odd)
    if 0 in others:
        return None
    return "utf-16-le" if nuls is odd else "utf-16-be"
