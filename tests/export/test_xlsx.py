"""The workbook, read back by another library than the one that writes it."""

from __future__ import annotations

import sys
import zipfile
from typing import TYPE_CHECKING

from openpyxl import load_workbook

from grader import cli
from tests.export import importers
from tests.export.results_folders import ANN, BO, CY, RUBRIC, a_graded_class, a_student

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from openpyxl.worksheet.worksheet import Worksheet

ODD = {
    "s1": ("=1+1", "+x@example.org"),
    "s2": ("Žofie Ångström 李", "@zofie"),
    "007": ("https://example.org", "mailto:a@b"),
    "s4": ("_x0041_ \x07\x1b[2J", "1e5"),
    "s5": ("a" * 40_000, "{=SUM(A1:A9)}"),
}


def workbook(root: Path, *options: str) -> Path:
    out = root.parent / "grades.xlsx"
    assert cli.run(["export", str(root), "--to", "xlsx", "--out", str(out), *options]) == 0
    return out


def grades(path: Path) -> Worksheet:
    return load_workbook(path).worksheets[0]


def by_student(sheet: Worksheet) -> dict[str, dict[str, object]]:
    header, *rows = sheet.iter_rows(values_only=True)
    return {str(row[0]): dict(zip(map(str, header), row, strict=True)) for row in rows}


def test_points_are_numbers_and_no_score_is_an_empty_cell(tmp_path: Path) -> None:
    path = workbook(a_graded_class(tmp_path / "results"))
    assert {name: float(one) if one else one for name, one in importers.xlsx(path).items()} == {
        "s1": 17.5,
        "s2": 2.675,
        "s3": None,
    }
    rows = by_student(grades(path))
    assert rows["s1"]["max_score"] == 20
    assert rows["s1"]["function"] == 1
    assert rows["s1"]["status"] == "graded"


def test_it_is_the_table_of_grades_csv(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 20, a_student("x", "X", section="B"): 5})
    assert cli.run(["export", str(root), "--to", "csv"]) == 0
    header = importers.rows((root / "exports/grades.csv").read_bytes())[0]
    sheet = grades(workbook(root))
    assert [cell.value for cell in sheet[1]] == header
    assert by_student(sheet)["x"]["section"] == "B"


def test_names_keep_their_joiners(tmp_path: Path) -> None:
    students = {a_student("s1", "علی\u200cزاده"): 20, a_student("s2", "👩\u200d💻 Ann"): 5}
    rows = by_student(grades(workbook(a_graded_class(tmp_path / "results", students))))
    assert [row["name"] for row in rows.values()] == ["علی\u200cزاده", "👩\u200d💻 Ann"]


def test_text_stays_text_whatever_it_looks_like(tmp_path: Path) -> None:
    students = {a_student(key, *odd, section="00012"): 20 for key, odd in ODD.items()}
    path = workbook(a_graded_class(tmp_path / "results", students))
    sheet = grades(path)
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s", "n"}
    rows = by_student(sheet)
    assert rows["s1"]["name"] == "=1+1"
    assert rows["s2"]["name"] == ODD["s2"][0]
    assert rows["007"]["name"] == "https://example.org"
    assert rows["s4"]["name"] == "_x0041_ \\x07\\x1b[2J"
    assert rows["s4"]["email"] == "1e5"
    assert rows["s1"]["section"] == "00012"
    assert len(str(rows["s5"]["name"])) == 32_000
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "vba" in name or "external" in name]
        assert b"<f>" not in b"".join(map(archive.read, archive.namelist()))
        assert b"hyperlink" not in archive.read("xl/worksheets/sheet1.xml")


def test_the_header_and_the_names_stay_in_sight(tmp_path: Path) -> None:
    sheet = grades(workbook(a_graded_class(tmp_path / "results")))
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref.startswith("A1:")


def test_a_second_sheet_says_what_the_criteria_are(tmp_path: Path) -> None:
    book = load_workbook(workbook(a_graded_class(tmp_path / "results"), "--lang", "en"))
    assert book.sheetnames == ["Grades", "Criteria"]
    header, *rows = book["Criteria"].iter_rows(values_only=True)
    assert header == ("Criterion", "Title", "Points")
    assert [row[0] for row in rows] == [one.id for one in RUBRIC.criteria]
    assert sum(float(str(row[2])) for row in rows) == 20


def test_another_scale_is_that_of_every_number(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 17.5})
    book = load_workbook(workbook(root, "--scale", "100"))
    row = by_student(book.worksheets[0])["s1"]
    assert (row["score"], row["max_score"]) == (87.5, 100)
    assert (
        sum(float(str(one[2])) for one in [*book.worksheets[1].iter_rows(values_only=True)][1:])
        == 100
    )


def test_the_same_grades_are_the_same_file(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 20, BO: 10, CY: None})
    before = workbook(root).read_bytes()
    assert workbook(root, "--force").read_bytes() == before


def test_without_the_extra_one_sentence_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = a_graded_class(tmp_path / "results")
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    assert cli.run(["export", str(root), "--to", "xlsx", "--to", "csv"]) == 2
    said = capsys.readouterr().err
    assert said.splitlines() == [
        "--to xlsx: The library xlsxwriter is missing: it comes with the extra xlsx. "
        "Install it: pip install '.[xlsx]' in the grader's folder."
    ]
    assert not (root / "exports").exists()
