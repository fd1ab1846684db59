"""What a guide shows of a terminal, to be found in what a terminal shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LEFT_OUT = "…"
SENT = re.compile(r'("number[12]": )\d+')
PAIR = re.compile(r"\d+(, (?:the sum of|la somme de) )\d+( (?:and|et) )\d+")


def not_shown(path: Path, words: str, shown: str) -> list[str]:
    """The pieces of the guide's block in which ``words`` stand that are not in ``shown``, in order."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", path.read_text(encoding="utf-8"), re.M | re.S)
    (found,) = (block for block in blocks if words in block)
    missing, rest = [], _plain(shown)
    for piece in map(_plain, found.split(LEFT_OUT)):
        _, there, after = rest.partition(piece)
        if there == piece:
            rest = after
        else:
            missing.append(piece)
    return missing


def _plain(shown: str) -> str:
    """Without the numbers of a pair, which also change where a line ends."""
    return SENT.sub(r"\1N", PAIR.sub(r"N\1N\2N", " ".join(shown.split())))
