"""Text from anywhere, for a page."""

from __future__ import annotations

import unicodedata

from grader.safety.printable import printable

_MOST_MARKS = 4


def page_text(text: str, limit: int) -> str:
    """``text`` as :func:`~grader.safety.printable.printable` makes it of a file, no towers of accents.

    A letter keeps four combining marks: more than any language puts on one, and too few to draw over
    the lines above and below. Escaping it for HTML is the template's business.
    """
    line = printable(text, limit, joiners=True)
    if line.isascii():
        return line
    kept, marks = [], 0
    for character in line:
        kind = unicodedata.category(character)
        # A joiner ends no tower.
        marks = marks + (kind != "Cf") if kind in {"Mn", "Me", "Cf"} else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)
