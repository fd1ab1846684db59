"""What a stream cannot encode is shown by its nearest letters: ``x`` for ``✗``, ``e`` for ``é``."""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
from typing import IO

_PLAINER = str.maketrans(
    {"✓": "+", "◐": "~", "✗": "x", "·": "-", "—": "-", "–": "-", "…": "...", "→": "->"}
    | dict.fromkeys("“”«»", '"')
    | dict.fromkeys("‘’", "'")
    | dict.fromkeys("\u00a0\u202f", " ")
    | dict.fromkeys("━╸╺", "-")
    | {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"}
)
# English quotation marks have no space inside.
_GUILLEMETS = re.compile("«[\u00a0\u202f]|[\u00a0\u202f]»")


def _plainer(error: UnicodeError) -> tuple[str, int]:
    """What a terminal of fewer characters shows instead of one that it does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = _GUILLEMETS.sub('"', error.object[error.start : error.end]).translate(_PLAINER)
    letters = "".join(unicodedata.normalize("NFKD", letter)[0] for letter in missing)
    return letters.encode("ascii", "replace").decode(), error.end


codecs.register_error("grader.plainer", _plainer)


def show_what_it_can(stream: IO[str]) -> None:
    """Let ``stream`` show what its encoding lacks by the nearest letters, instead of failing."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="grader.plainer")
