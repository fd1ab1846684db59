"""What a guide shows of a terminal, to be found in what a terminal shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LEFT_OUT = "…"


def not_shown(path: Path, words: str, shown: str) -> list[str]:
    """The pieces of the guide's block in which ``words`` stand that are not in ``shown``."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", path.read_text(encoding="utf-8"), re.M | re.S)
    (found,) = (block for block in blocks if words in block)
    return [piece for piece in found.split(LEFT_OUT) if _plain(piece) not in _plain(shown)]


def _plain(shown: str) -> str:
    """Without the numbers that were sent, which also change where a line ends."""
    return " ".join(re.sub(r"\b\d{3,5}\b", "N", shown).split())
