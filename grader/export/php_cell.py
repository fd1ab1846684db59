r"""Cells that PHP reads as everybody does: for Moodle, whose reader is PHP's ``fgetcsv``.

Source: PHP's ext/standard/file.c, Moodle's lib/csvlib.class.php. In quotes a backslash takes away what
the next character means, and ``"a\""`` does not end; outside of quotes it is a letter like any other.
Moodle reads a file, writes a copy of it with ``fputcsv``, and takes the grades from that copy.
"""

from __future__ import annotations

import re

_PAIR_OR_QUOTE = re.compile(r'\\.|"', re.DOTALL)
_LOST = re.compile(r'(?<!\\)(?:\\\\)+"|(?<!\\)\\(?:\\\\)*\Z')
"""An even number of backslashes before a quote, or an odd one at the end: what ``fputcsv`` writes of it
``fgetcsv`` does not read. The cell goes on into the next, and the grade is read from another column."""


def is_lost(text: str) -> bool:
    """Moodle's own copy breaks at it, however it is written for Moodle."""
    return _LOST.search(text) is not None


def kept_in_php(raw: str, text: str, delimiter: str) -> str:
    """``raw``, which says ``text`` by RFC 4180, or a cell in which PHP reads that too."""
    if not raw.startswith('"') or _as_php_quotes(text) == raw:
        return raw
    # Without quotes spreadsheets read the same as PHP.
    needs_quotes = {delimiter, "\r", "\n"} & set(text) or text.lstrip().startswith('"')
    return _as_php_quotes(text) if needs_quotes else text


def _as_php_quotes(text: str) -> str:
    inside = _PAIR_OR_QUOTE.sub(lambda found: '""' if found[0] == '"' else found[0], text)
    return f'"{inside}"'
