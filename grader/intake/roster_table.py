"""A roster as the cells of a spreadsheet: read, changed in place, written again."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.inputs.csv_cell import cell, undefused
from grader.inputs.text_file import read_text
from grader.roster.load import check_cells
from grader.roster.table import ID_COLUMNS, read_cells

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LIMIT_BYTES = 64 * 1024 * 1024
_ORDER = (
    *("student_id", "name", "email", "group", *ID_COLUMNS),
    *("due_at", "credentials_file", "submitted_at"),
)


@dataclass(repr=False)  # its cells may be secrets
class RosterRow:
    """The cells of one row by column, and its line in the file: 0 for a new one."""

    line: int
    cells: dict[str, str] = field(default_factory=dict)

    def get(self, column: str) -> str:
        """The cell, empty where there is none. What defuses a formula is no part of a name."""
        return undefused(self.cells.get(column, ""))


@dataclass(repr=False)
class RosterTable:
    """All rows in their order."""

    columns: list[str] = field(default_factory=list)
    rows: list[RosterRow] = field(default_factory=list)
    delimiter: str = ","

    def needs(self, column: str) -> None:
        """Add a column where it is missing, behind those that come before it by custom."""
        if column in self.columns:
            return
        before = _ORDER[: _ORDER.index(column)]
        place = max(
            (self.columns.index(column) + 1 for column in before if column in self.columns),
            default=0,
        )
        self.columns.insert(place, column)

    def text(self, places: Mapping[str, str] | None = None) -> str:
        """The file. Cells that were read are written as they stood, but for a credentials file that
        stands in another place for now: ``places`` says where."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator="\n")
        writer.writerow(self.columns)
        for row in self.rows:
            cells = dict(row.cells)
            if (place := (places or {}).get(row.get("credentials_file"))) is not None:
                cells["credentials_file"] = cell(place)
            writer.writerow([cells.get(column, "") for column in self.columns])
        return out.getvalue()


def read_roster_table(path: Path) -> RosterTable:
    """The roster at ``path``, an empty one where there is none. Raises :class:`BadInput`."""
    if not path.exists():
        return RosterTable(["student_id", "name", "credentials_file", "submitted_at"])
    check_cells(path)
    delimiter, records = read_cells(read_text(path, limit_bytes=_LIMIT_BYTES).text)
    columns = records[0][1]
    while columns and not columns[-1]:
        columns.pop()
    rows = [RosterRow(line, dict(zip(columns, cells, strict=False))) for line, cells in records[1:]]
    return RosterTable(list(columns), rows, delimiter)
