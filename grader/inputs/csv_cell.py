"""A cell of a CSV file that no spreadsheet calculates."""

from __future__ import annotations

import re

from grader.safety.printable import printable_lines

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
"""With one of these a formula begins, as a pattern has them."""

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")

_FORMULA_INSIDE = re.compile(rf'(?<=[;\t])(?="*[{_SIGNS}])')
"""Where a reader that cuts at semicolons or tabs would begin a cell. What stands in quotes there, it
calculates, too."""

_DEFUSED = re.compile(rf"^'(?=[{_SIGNS}\t\r\n])|(?<=[;\t])'(?=\"*[{_SIGNS}])")


def undefused(text: str) -> str:
    """What :func:`cell` made ``text`` of."""
    return _DEFUSED.sub("", text)


def cell(text: str) -> str:
    """``text`` for a cell, defused where a spreadsheet would calculate it."""
    text = _FORMULA_INSIDE.sub("'", text.replace("\0", ""))
    return f"'{text}" if text.startswith(_FORMULA) else text


def visible_cell(text: str) -> str:
    """``text`` as :func:`cell` has it, with what acts on a terminal that shows the file made visible."""
    return cell(printable_lines(text.replace("\0", "")))
