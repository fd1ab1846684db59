"""JSON as it is kept in files: indented, so that people can read it and compare two of them."""

from __future__ import annotations

import msgspec


def indented_json(value: object) -> bytes:
    """``value`` as JSON with an indent of two, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
