"""A CSV file somebody else wrote, in which single cells are replaced and every other byte is kept."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from grader.i18n.language import N_, _
from grader.inputs.csv_cell import cell as defused
from grader.inputs.csv_delimiter import delimiter_of
from grader.inputs.problems import BadInput, Problem, bad_input
from grader.inputs.text_file import read_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

_LIMIT_BYTES = 64 * 1024 * 1024
_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_DELIMITERS = {
    ",": N_("its separator is the comma"),
    ";": N_("its separator is the semicolon"),
    "\t": N_("its separator is the tab"),
}
_SAVE_AGAIN = N_("Download it again and do not change it, or save it as “CSV UTF-8”.")
_CELL_END = re.compile(r"\r\n|\r|\n")


@dataclass
class Record:
    """One row: its first line in the file (from 1), its cells as they stand there, and its end."""

    line: int
    raw: list[str]
    end: str

    @property
    def cells(self) -> list[str]:
        """The text of each cell."""
        return [_said(raw) for raw in self.raw]

    @property
    def is_blank(self) -> bool:
        """Whether no cell has any text."""
        return not any(text.strip() for text in self.cells)


@dataclass
class Sheet:
    """The file, cut into cells. ``records`` begins with the header."""

    path: Path
    encoding: str
    bom: bytes
    delimiter: str
    records: list[Record] = field(default_factory=list)

    @property
    def header(self) -> list[str]:
        """The columns' names, stripped."""
        return [text.strip() for text in self.records[0].cells]

    @property
    def rows(self) -> list[Record]:
        """The records below the header that are not blank."""
        return [record for record in self.records[1:] if not record.is_blank]

    def column(self, names: Collection[str], *, asked: str = "") -> int | None:
        """Where the column is that has one of ``names``, case apart.

        Raises :class:`BadInput` where there are two, or where there is none and
        ``asked`` says what the file must have.
        """
        wanted = {name.casefold() for name in names}
        found = [place for place, name in enumerate(self.header) if name.casefold() in wanted]
        line = self.records[0].line
        if len(found) > 1:
            message = _(
                "Columns {first} and {number} are both called {name}.",
                first=found[0] + 1,
                number=found[1] + 1,
                name=repr(self.header[found[0]]),
            )
            raise bad_input(self.path, line, message, _(_SAVE_AGAIN))
        if not found and asked:
            message = _("There is no column {column}.", column=repr(asked))
            raise bad_input(self.path, line, message, _(_SAVE_AGAIN))
        return found[0] if found else None

    def check_widths(self) -> None:
        """Raise :class:`BadInput` for rows that have not a cell for each column."""
        width, problems = len(self.header), []
        for record in self.rows:
            cells = len(record.raw)
            if cells != width:
                said = N_("The row has {cells} cells, and the header {columns}.")
                message = _(said, cells=cells, columns=width)
                problems.append(Problem(str(self.path), record.line, message, _(_SAVE_AGAIN)))
        if problems:
            raise BadInput(problems)

    def set(self, record: Record, column: int, text: str) -> None:
        """Write a cell: defused where a spreadsheet would calculate it, quoted as it was or must be."""
        text = defused(text)
        before = record.raw[column]
        special = {self.delimiter, '"', "\r", "\n"} & set(text)
        if before.startswith('"') or special or text != text.strip():
            text = '"' + text.replace('"', '""') + '"'
        record.raw[column] = text

    def encode(self) -> bytes:
        """The file's bytes."""
        text = "".join(self.delimiter.join(record.raw) + record.end for record in self.records)
        return self.bom + text.encode(self.encoding)

    def notes(self, remedy: str = "") -> Iterator[Problem]:
        """How the file is written, where that is not the usual; ``remedy`` says what to do then."""
        chosen = []
        if self.encoding != "utf-8":
            chosen.append(_("its encoding is UTF-16"))
        if self.delimiter != ",":
            chosen.append(_(_DELIMITERS[self.delimiter]))
        if chosen:
            message = _("The file is kept as it is: {how}.", how=_(" and ").join(chosen))
            yield Problem(str(self.path), 1, message, remedy)


def read_sheet(path: Path, known: Collection[str]) -> Sheet:
    """The CSV file at ``path``: UTF-8, or UTF-16 with a byte order mark; ``,``, ``;`` or tab.

    ``known`` are names of columns, by which the delimiter is told. Raises
    :class:`BadInput`, with the line.
    """
    raw = read_bytes(path, limit_bytes=_LIMIT_BYTES)
    bom = next((mark for mark in _BOMS if raw.startswith(mark)), b"")
    encoding = _BOMS.get(bom, "utf-8")
    body = raw[len(bom) :]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        line = _line_at(body[: error.start].decode(encoding, "replace"))
        message = _(
            "The file is neither UTF-8 nor UTF-16 with its mark: this line has other bytes."
        )
        raise bad_input(path, line, message, _(_SAVE_AGAIN)) from None
    if "\0" in text:
        line = _line_at(text[: text.index("\0")])
        message = _("The file holds NUL bytes: it may be UTF-16 without its mark.")
        raise bad_input(path, line, message, _(_SAVE_AGAIN))
    delimiter = delimiter_of(partial(_header, text), {name.casefold() for name in known})
    sheet = Sheet(path, encoding, bom, delimiter, list(_records(text, delimiter, path)))
    if not sheet.records or sheet.records[0].is_blank:
        raise bad_input(path, 1, _("There is no header."), _(_SAVE_AGAIN))
    return sheet


def _header(text: str, delimiter: str) -> list[str]:
    """The names of the first record, folded; none where it cannot be cut by the delimiter."""
    try:
        return [name.strip().casefold() for name in next(_records(text, delimiter, None)).cells]
    except (StopIteration, ValueError):
        return []


def _records(text: str, delimiter: str, path: Path | None) -> Iterator[Record]:
    """The records of a text. Raises :class:`BadInput`, or ``ValueError`` without a ``path``."""
    quoted = re.compile(r'"(?:[^"]|"")*"')
    bare = re.compile(rf"[^{re.escape(delimiter)}\r\n]*")
    position, line = 0, 1
    while position < len(text):
        record = Record(line, [], "")
        while True:
            match = (quoted if text.startswith('"', position) else bare).match(text, position)
            if match is None or not _ends(text, match.end(), delimiter):
                if path is None:
                    raise ValueError("quotes")
                message = _("The quotes of the row that begins here do not match.")
                raise bad_input(path, record.line, message, _(_SAVE_AGAIN))
            record.raw.append(match[0])
            line += len(_CELL_END.findall(match[0]))
            position = match.end()
            if not text.startswith(delimiter, position):
                break
            position += 1
        if end := _CELL_END.match(text, position):
            record.end = end[0]
            line += 1
            position = end.end()
        yield record


def _ends(text: str, position: int, delimiter: str) -> bool:
    return position == len(text) or text[position] in (delimiter, "\r", "\n")


def _said(raw: str) -> str:
    return raw[1:-1].replace('""', '"') if raw.startswith('"') else raw


def _line_at(before: str) -> int:
    return len(_CELL_END.findall(before)) + 1


def refuse_twice(sheet: Sheet, rows: Sequence[Record], column: int | None) -> None:
    """Raise :class:`BadInput` where two rows have the same text in a column, case apart."""
    first: dict[str, int] = {}
    problems = []
    for record in rows:
        text = "" if column is None else record.cells[column].strip().casefold()
        if text in first:
            message = _("This student is on line {line} already.", line=first[text])
            problems.append(Problem(str(sheet.path), record.line, message, _(_SAVE_AGAIN)))
        elif text:
            first[text] = record.line
    if problems:
        raise BadInput(problems)
