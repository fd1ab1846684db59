"""``desk-links.csv``: each student's personal link, for a mail merge; the only clear copy."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.bounded_read import MOST_BYTES_OF_CLASS, read_bounded
from grader.inputs.csv_cell import visible_cell
from grader.inputs.problems import bad_input, cannot_be_read
from grader.results.atomic_write import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from grader.roster.load import Account

LINKS = "desk-links.csv"
ENTER = "/enter/"
_COLUMNS = ["student_id", "name", "email", "link"]


def read_links(path: Path) -> dict[str, str]:
    """The link of each student in an earlier file, by the text of the cell; nothing where there is none.

    Raises :class:`BadInput` where the file is something else: it would be written over.
    """
    try:
        text = read_bounded(path, MOST_BYTES_OF_CLASS).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise bad_input(path, None, cannot_be_read(error)) from None
    except (csv.Error, UnicodeDecodeError):
        rows = []
    if not rows or rows[0] != _COLUMNS:
        message = _("This file does not hold a desk's links, and would be written over.")
        raise bad_input(path, 1, message, _("Move it away."))
    return {row[0]: row[3] for row in rows[1:] if len(row) == len(_COLUMNS) and ENTER in row[3]}


def read_tokens(path: Path) -> dict[str, str]:
    """The token in each of those links. Raises :class:`BadInput` as :func:`read_links` does."""
    return {name: link.rpartition(ENTER)[2] for name, link in read_links(path).items()}


def write_links(
    path: Path, accounts: Sequence[Account], tokens: Mapping[str, str], base_url: str
) -> None:
    """Write a row for each student, readable by its owner only. Who has no known token has no link."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for account in accounts:
        token = tokens.get(account.student_id)
        link = f"{base_url}{ENTER}{token}" if token else ""
        who = (account.student_id, account.name, account.email)
        writer.writerow([*map(visible_cell, who), link])
    write_text(path, text.getvalue())
