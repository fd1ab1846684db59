"""Resolves msgspec types at import time, before threads share them."""

from __future__ import annotations

from typing import Any

import msgspec


def resolve_types(*types: Any) -> None:
    """Let msgspec work out what ``types`` hold. For every type that is ever decoded or converted to.

    It does so where a type is read for the first time, and enters the type before its fields: a second
    thread that reads the same type meanwhile ends the program (msgspec 0.22). An import is made by one
    thread, and the others wait for it.
    """
    for each in types:
        msgspec.json.Decoder(each)
