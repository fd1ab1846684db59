"""Text from anywhere, for a terminal: no control characters, no markup, nothing it can do."""

from __future__ import annotations

import unicodedata

# Control characters; those that reorder, join or hide what stands beside them; halves of a pair,
# which cannot be written; ends of a line or paragraph.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

# Of those, what a terminal obeys: of the format characters, only what turns the order of writing round.
_OBEYED = _UNSAFE - {"Cf"}
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_JOINERS = "\u200c\u200d"

_BLANKS = {" ": "␣", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def printable(text: str, limit: int = 1000, *, joiners: bool = False) -> str:
    """``text`` in one line of at most ``limit`` characters, with what could act made visible.

    ``joiners``: of a file, in which those stay that Persian, Hindi and emoji are written with. After
    ASCII, where nothing joins, they are made visible all the same: ``body`` and a joiner is another key.
    """
    most = limit * 2
    line = text[:most].replace("\t", " ").replace("\n", " ")
    if not line.isprintable():  # most text is, and there is a lot of it on a class's pages
        line = "".join(
            each if joiners and each in _JOINERS and not before.isascii() else _visible(each)
            for before, each in zip(f" {line}", line, strict=False)
        )
    line = unicodedata.normalize("NFC", line)
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
    """The whole ``text``, its lines, tabs and joiners kept, with what a terminal obeys made visible.

    Names are written with joiners: the zero-width non-joiner of Persian is not to be lost in a file.
    """
    text = text.replace("\r\n", "\n")
    if text.isprintable():
        return text
    return "".join(_escaped(each) if _is_obeyed(each) else each for each in text)


def json_for_terminal(text: str) -> str:
    """The same JSON as ``text``, whose strings have what a terminal obeys as ``\\uXXXX``."""
    if not any(map(_is_obeyed, set(text))):
        return text
    return "".join(f"\\u{ord(each):04x}" if _is_obeyed(each) else each for each in text)


def storable(text: str, limit: int) -> str:
    """``text`` as a cell of a file keeps it: in one line, with its joiners, cut at ``limit`` characters.

    What a terminal obeys is made visible here too; of joiners, only where a terminal is written to.
    """
    line = unicodedata.normalize("NFC", printable_lines(" ".join(text.split())))
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _is_obeyed(character: str) -> bool:
    if character in "\n\t":
        return False
    return character in _TURNING or unicodedata.category(character) in _OBEYED


def _visible(character: str) -> str:
    return _escaped(character) if unicodedata.category(character) in _UNSAFE else character


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
