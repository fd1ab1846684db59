"""Write the import contracts anew from the table of rooms: ``python -m tools.generate_contracts``.

The table stands in ``docs/architecture.md``: its rows from top to bottom are the layers, its last column
is what a room never imports, not even by way of another. Names in code are rooms of ours, modules in
them (``batch.run``) or packages of others.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "architecture.md"
CONTRACTS = ROOT / ".importlinter"

_ROW = re.compile(r"^\| (`[^|]+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
_NAME = re.compile(r"`([\w.]+?)(?:/|\.py)?`")
_HEAD = """\
# Generated from the rooms in docs/architecture.md by `python -m tools.generate_contracts`.
[importlinter]
root_package = grader
include_external_packages = True

[importlinter:contract:layers]
name = Each room imports only what stands below it
type = layers
containers = grader
exhaustive = True
exhaustive_ignores = __main__
layers =
"""


class Row(NamedTuple):
    """One row of the table: rooms that do not know one another, and what none of them imports."""

    rooms: list[str]
    never: list[str]


def rows(text: str) -> list[Row]:
    """The rows of the table in ``text``, from top to bottom."""
    return [Row(_NAME.findall(rooms), _NAME.findall(never)) for rooms, never in _ROW.findall(text)]


def contracts(text: str) -> str:
    """The contracts that the table in ``text`` asks for, as import-linter reads them."""
    table = rows(text)
    ours = {room for row in table for room in row.rooms}
    parts = [_HEAD + "".join(f"    {' | '.join(row.rooms)}\n" for row in table)]
    for rooms, never in table:
        for room in rooms if never else ():
            names = [f"grader.{one}" if one.partition(".")[0] in ours else one for one in never]
            parts.append(
                f"[importlinter:contract:{room}]\n"
                f"name = {room} never imports {', '.join(never)}\n"
                f"type = forbidden\nsource_modules = grader.{room}\nforbidden_modules =\n"
                + "".join(f"    {name}\n" for name in names)
            )
    return "\n".join(parts)


if __name__ == "__main__":
    CONTRACTS.write_text(contracts(TABLE.read_text(encoding="utf-8")), encoding="utf-8")
