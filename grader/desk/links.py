"""``desk-links.csv``: each student's personal link, for a mail merge; the only clear copy."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from glob import escape
from typing import TYPE_CHECKING, NamedTuple

from grader.i18n.language import _
from grader.inputs.bounded_read import MOST_BYTES_OF_CLASS, read_bounded
from grader.inputs.csv_cell import undefused, visible_cell
from grader.inputs.problems import BadInput, Problem, bad_input, cannot_be_read
from grader.results.atomic_write import write_text
from grader.results.keep_aside import folder_beside
from grader.roster.table import read_cells

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from grader.roster.load import RosterEntry

LINKS = "desk-links.csv"
ENTER = "/enter/"
_COLUMNS = ["student_id", "name", "email", "link"]


class LinkRow(NamedTuple):
    """A row that has a link, as it stands in the file: a spreadsheet makes ``7`` of the id ``007``."""

    student_id: str
    name: str
    email: str
    link: str

    @property
    def token(self) -> str:
        """The token in the link."""
        return self.link.rpartition(ENTER)[2]


class LinksFile:
    """The file at ``path`` as it is when this is made, and what was put aside of it before.

    Raises :class:`BadInput` where the file is something else: it would be written over.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows, self._has_more = _read(path)
        self._aside: list[LinkRow] = []
        real = path.resolve()
        for before in sorted(real.parent.glob(f"{escape(real.name)}.before-*")):
            with suppress(BadInput):  # nothing is lost by it
                self._aside += _read(before)[0]

    @property
    def tokens(self) -> set[str]:
        """Every token that stands in a link, of whichever desk."""
        return {row.token for row in (*self._rows, *self._aside)}

    def write(
        self,
        entries: Sequence[RosterEntry],
        tokens: Mapping[str, str],
        base_url: str,
        ours: Collection[str],
    ) -> Path | None:
        """Write a row for each student, and keep the links of other desks: their students' rows.

        ``ours`` are the tokens that this desk gave out. Where a link of another desk would be replaced,
        or the file has columns that are not written, it is put aside first. Returns its place then,
        else ``None``.
        """
        ids = {entry.student_id.casefold() for entry in entries}
        others = [row for row in self._rows if row.token not in ours]
        kept = [row for row in others if undefused(row.student_id).casefold() not in ids]
        replaced = {row.token for row in others} - {row.token for row in (*kept, *self._aside)}
        aside = None
        if replaced or self._has_more:
            aside = folder_beside(self._path)
            self._path.resolve().rename(aside)
        write_links(self._path, entries, tokens, base_url, kept)
        return aside


def read_links(path: Path) -> dict[str, str]:
    """The link of each student in the file, by the text of the cell; nothing where there is none.

    Raises :class:`BadInput` as :class:`LinksFile` does.
    """
    return {row.student_id: row.link for row in _read(path)[0]}


def write_links(
    path: Path,
    entries: Sequence[RosterEntry],
    tokens: Mapping[str, str],
    base_url: str,
    others: Iterable[LinkRow] = (),
) -> None:
    """Write a row for each student, readable by its owner only. Who has no known token has no link.

    The rows of ``others`` follow as they are.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for entry in entries:
        token = tokens.get(entry.student_id)
        link = f"{base_url}{ENTER}{token}" if token else ""
        who = (entry.student_id, entry.name, entry.email)
        writer.writerow([*map(visible_cell, who), link])
    writer.writerows(map(visible_cell, row) for row in others)
    write_text(path, text.getvalue())


def _read(path: Path) -> tuple[list[LinkRow], bool]:
    """The rows with links, and whether the file has columns that this grader does not write."""
    try:
        raw = read_bounded(path, MOST_BYTES_OF_CLASS)
    except FileNotFoundError:
        return [], False
    except OSError as error:
        raise bad_input(path, None, cannot_be_read(error)) from None
    problems: list[Problem] = []
    _delimiter, records = read_cells(_text(raw), str(path), problems)
    header = records[0][1] if records else []
    if not {"student_id", "link"} <= {*header}:
        message = _("This file does not hold a desk's links, and would be written over.")
        raise bad_input(path, 1, message, _("Move it away."))
    if problems:
        raise BadInput(problems)
    rows = []
    for _line, cells in records[1:]:
        said = dict(zip(header, cells, strict=False))
        row = LinkRow(*(said.get(name, "") for name in _COLUMNS))
        if ENTER in row.link:
            rows.append(row)
    return rows, bool({*header} - {*_COLUMNS, ""})


def _text(raw: bytes) -> str:
    """The file's text. A spreadsheet may have saved it as Windows writes text, not in UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
