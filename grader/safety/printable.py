"""Text from anywhere, for a terminal: no control characters, no markup, nothing it can do."""

from __future__ import annotations

import unicodedata

# Control characters; those that reorder, join or hide what stands beside them; halves of a pair,
# which cannot be written; ends of a line or paragraph.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

_BLANKS = {" ": "␣", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def printable(text: str, limit: int = 1000) -> str:
    """``text`` in one line of at most ``limit`` characters, with what could act made visible."""
    most = limit * 2
    line = text[:most].replace("\t", " ").replace("\n", " ")
    line = unicodedata.normalize("NFC", "".join(map(_visible, line)))
    return line if len(line) <= limit and len(text) <= most else f"{line[: limit - 1]}…"


def with_visible_blanks(text: str) -> str:
    """``text`` with the blanks and line ends around it made visible: ``bar␣``."""
    core = text.strip()
    start = text.find(core) if core else len(text)
    before, after = (
        "".join(_BLANKS.get(blank) or _escaped(blank) for blank in around)
        for around in (text[:start], text[start + len(core) :])
    )
    return f"{before}{core}{after}"


def printable_lines(text: str) -> str:
    """The whole ``text``, its lines and tabs kept, with what else could act made visible."""
    text = text.replace("\r\n", "\n")
    if text.isprintable():
        return text
    return "".join(one if one in "\n\t" else _visible(one) for one in text)


def _visible(character: str) -> str:
    return _escaped(character) if unicodedata.category(character) in _UNSAFE else character


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
