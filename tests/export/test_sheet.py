from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.export.php_cell import is_lost, kept_in_php
from grader.export.sheet import Sheet, read_sheet
from grader.inputs.csv_cell import cell
from grader.inputs.problems import BadInput
from tests.export.php_csv import fgetcsv, fputcsv

if TYPE_CHECKING:
    from pathlib import Path

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16"]
KNOWN = ("Identifier", "Grade")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sheet") / "sheet.csv"


def sheet_of(path: Path, data: bytes) -> Sheet:
    path.write_bytes(data)
    return read_sheet(path, KNOWN)


@given(st.text(st.sampled_from('ab,;\t"\r\n é漢'), max_size=40), st.sampled_from(ENCODINGS))
def test_what_is_read_is_kept_byte_for_byte(path: Path, text: str, encoding: str) -> None:
    data = ("Identifier,Grade\n" + text).encode(encoding)
    try:
        sheet = sheet_of(path, data)
    except BadInput:
        assert '"' in text
        return
    assert sheet.encode() == data


CELLS = st.text(st.sampled_from('ab,;"\n é') | st.characters(exclude_categories=["Cc", "Cs"]))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2)), st.sampled_from(",;\t"))
def test_cells_are_read_as_a_reader_of_csv_does(
    path: Path, rows: list[list[str]], delimiter: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([["Identifier", "Grade"], *rows])
    sheet = sheet_of(path, text.getvalue().encode())
    assert sheet.delimiter == delimiter
    assert [record.cells for record in sheet.records[1:]] == rows


@given(CELLS, st.sampled_from(ENCODINGS), st.sampled_from(["\r\n", "\n"]))
def test_one_cell_is_replaced_and_nothing_else(
    path: Path, text: str, encoding: str, end: str
) -> None:
    given = f'Identifier;Grade;x{end}"1";;" a ""b""{end}"{end}2;3;4'
    sheet = sheet_of(path, given.encode(encoding))
    sheet.set(sheet.rows[0], 1, text)
    written = sheet.encode().decode(encoding)
    before, after = given.split(";;")
    assert written.startswith(f"{before};")
    assert written.endswith(f";{after}")
    rows = list(csv.reader(io.StringIO(written, newline=""), delimiter=";", strict=True))
    assert rows[1][1] == cell(text)


def test_a_quoted_cell_stays_quoted(path: Path) -> None:
    sheet = sheet_of(path, b'Identifier,Grade\n1,"old"\n')
    sheet.set(sheet.rows[0], 1, "7")
    assert sheet.encode() == b'Identifier,Grade\n1,"7"\n'


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_what_we_write_is_no_formula(path: Path, text: str) -> None:
    sheet = sheet_of(path, b"Identifier,Grade\n1,\n")
    sheet.set(sheet.rows[0], 1, text)
    assert sheet.rows[0].cells == ["1", f"'{text}"]


@pytest.mark.parametrize(
    ("data", "line", "said"),
    [
        ("Identifier,Grade\nRen\u00e9,1\n".encode("cp1252"), 2, "neither UTF-8 nor UTF-16"),
        ("Identifier,Grade\nRene,1\n".encode("utf-16-le"), 1, "NUL"),
        (b'Identifier,Grade\n1,2\n"3,4\n', 3, "quotes"),
        (b'Identifier,Grade\n"1\n2"x,2\n', 2, "quotes"),
        (b"", 1, "no header"),
        (b"\n\nIdentifier,Grade\n", 1, "no header"),
        (b"\xff\xfeI\x00d\x00e", 1, "neither UTF-8 nor UTF-16"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(
    path: Path, data: bytes, line: int, said: str
) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        sheet_of(path, data)
    assert [problem.line for problem in caught.value.problems] == [line]


def test_rows_of_another_width_are_all_named(path: Path) -> None:
    sheet = sheet_of(path, b'Identifier,Grade\n"1\n",2\n1,2,3\n4\n\n')
    with pytest.raises(BadInput) as caught:
        sheet.check_widths()
    assert [problem.line for problem in caught.value.problems] == [4, 5]


@given(st.text(st.sampled_from('ab\\",; \n'), max_size=12), st.sampled_from(",;"))
def test_a_kept_cell_is_for_php_what_it_was(text: str, delimiter: str) -> None:
    line = io.StringIO(newline="")
    csv.writer(line, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="").writerow([text])
    raw = kept_in_php(line.getvalue(), text, delimiter)
    if is_lost(text):
        assert fgetcsv(fputcsv(["1", text, "2"])) != [["1", text, "2"]]
    else:
        assert fgetcsv(f"1{delimiter}{raw}{delimiter}2", delimiter) == [["1", text, "2"]]
        assert fgetcsv(fputcsv(["1", text, "2"])) == [["1", text, "2"]]
