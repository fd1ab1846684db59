"""CSV as PHP reads and writes it, with its usual escape: a backslash; and as Moodle uses that.

Source: PHP's ext/standard/file.c, Moodle's lib/csvlib.class.php.
"""

from __future__ import annotations

_SPACES = " \t\n\r\v\f"


def fgetcsv(text: str, delimiter: str = ",") -> list[list[str]]:
    """The rows of ``text``, whose lines end in ``\\n``; those without anything are left out."""
    rows: list[list[str]] = []
    at = 0
    while at < len(text):
        row: list[str] = []
        while True:
            cell, at = _cell(text, at, delimiter)
            row.append(cell)
            if not text.startswith(delimiter, at):
                break
            at += 1
        at += 1
        if row != [""]:
            rows.append(row)
    return rows


def _cell(text: str, at: int, delimiter: str) -> tuple[str, int]:
    begins = at
    while at < len(text) and text[at] in _SPACES and text[at] not in ("\n", delimiter):
        at += 1
    if not text.startswith('"', at):
        ends = _end(text, begins, delimiter)
        return text[begins:ends], ends
    at += 1
    said = []
    while at < len(text):
        if text[at] == "\\":
            said.append(text[at : at + 2])
            at += 2
        elif text.startswith('""', at):
            said.append('"')
            at += 2
        elif text[at] == '"':
            at += 1
            break
        else:
            said.append(text[at])
            at += 1
    ends = _end(text, at, delimiter)
    return "".join(said) + text[at:ends], ends


def _end(text: str, at: int, delimiter: str) -> int:
    while at < len(text) and text[at] not in ("\n", delimiter):
        at += 1
    return at


def fputcsv(row: list[str]) -> str:
    """A line. A quote after a backslash is not doubled."""
    return ",".join(map(_quoted, row)) + "\n"


def _quoted(text: str) -> str:
    if not {*text} & {*',"\\\n\r\t '}:
        return text
    written, escaped = [], False
    for character in text:
        if character == "\\":
            escaped = True
        elif character == '"' and not escaped:
            written.append('"')
        else:
            escaped = False
        written.append(character)
    return f'"{"".join(written)}"'


def as_moodle_reads(data: bytes, delimiter: str = ",") -> list[list[str]]:
    """What is imported of an upload: it is read, stored anew, and read from there.

    A row of another width is the end of the whole import.
    """
    text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").strip()
    rows = fgetcsv(text, delimiter)
    assert {len(row) for row in rows} == {len(rows[0])}, "csvweirdcolumns"
    return fgetcsv("".join(map(fputcsv, rows)))
