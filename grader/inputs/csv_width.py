"""Rows of a CSV file that are wider than its header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence


def wider_than_header(file: str, line: int, cells: Sequence[str], columns: int) -> Problem | None:
    """What is wrong with a row that has filled cells beyond the ``columns`` of the header.

    A comma inside a name puts every later cell under another column.
    """
    if not any(cells[columns:]):
        return None
    message = _(
        "The row has {cells} cells, the header {columns}.", cells=len(cells), columns=columns
    )
    remedy = _("Put quotes around a cell that holds a comma or semicolon.")
    return Problem(file, line, message, remedy)
