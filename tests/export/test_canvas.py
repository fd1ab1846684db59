from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from grader import cli
from grader.results.directory import Results
from grader.results.handed_back import read_handed_back
from grader.scoring.absent import absent_report
from tests.export import importers
from tests.export.results_folders import RUBRIC, a_graded_class, a_student

if TYPE_CHECKING:
    from pathlib import Path

    from grader.model.batch import Student

TITLE = "Lab 3 (4711)"
HEADER = f"Student,ID,SIS User ID,SIS Login ID,Section,{TITLE}"
POINTS = "    Points Possible,,,,,20.00"
ROWS = ('"Lee, Ann",101,u1,ann,A,', '"Ray, Bo",102,u2,bo,A,3.00', '"Day, Cy",103,u3,cy,A,9.00')
ANN = a_student("s1", "Ann Lee", "ann@example.org", sis_user_id="u1")
BO = a_student("s2", "Bo Ray", "bo@example.org", sis_user_id="u2")
CY = a_student("s3", "Cy Day", "cy@example.org", sis_user_id="u3")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_graded_class(tmp_path / "results", {ANN: 17.5, BO: 2.675, CY: None})


def canvas(root: Path, *more: str) -> tuple[int, Path]:
    out = root.parent / "out.csv"
    return cli.run(["export", str(root), "--to", "canvas", "--out", str(out), *more]), out


def filled(root: Path, text: str | bytes, *more: str) -> tuple[int, Path]:
    given = root.parent / "gradebook.csv"
    given.write_bytes(text.encode() if isinstance(text, str) else text)
    return canvas(root, "--gradebook", str(given), "--assignment", TITLE, *more)


def lines(*rows: str, header: str = HEADER) -> str:
    return "".join(f"{row}\n" for row in (header, *rows))


def scores(path: Path) -> list[str]:
    return [row[TITLE] for row in importers.table(path.read_bytes())[1:]]


def test_a_gradebook_is_filled_in_by_name_and_the_ungraded_score_stays(root: Path) -> None:
    status, out = filled(root, lines(POINTS, *ROWS))
    assert (status, scores(out)) == (0, ["17.5", "2.68", "9.00"])
    assert out.read_text().splitlines()[4] == ROWS[2]


@pytest.mark.parametrize("column", ["CANVAS_ID", "canvas_ID"])
def test_of_two_columns_that_differ_in_case_the_one_called_so_counts(
    tmp_path: Path, column: str
) -> None:
    """No roster has both any more; results may."""
    student = a_student("s1", "Zoe Zed", **{"canvas_id": "101", column: "102"})
    root = a_graded_class(tmp_path / "results", {student: 20})
    _status, out = canvas(root, "--assignment", TITLE)
    assert [row["ID"] for row in importers.table(out.read_bytes())[1:]] == ["101"]


def test_a_gradebook_is_filled_in_by_canvass_user_id(tmp_path: Path) -> None:
    # As `grader roster` names students of a download: sortable names without spaces.
    leeann = a_student("s1", "leeann", canvas_id="101")
    root = a_graded_class(tmp_path / "results", {leeann: 20})
    status, out = filled(root, lines(POINTS, ROWS[0]))
    assert (status, scores(out)) == (0, ["20"])


def test_an_id_of_another_student_by_chance_is_left_alone(tmp_path: Path, capsys) -> None:
    root = a_graded_class(tmp_path / "results", {a_student("s1", "Zoe Zed", canvas_id="101"): 20})
    status, out = filled(root, lines(POINTS, ROWS[0]))
    assert (status, scores(out)) == (3, [""])
    said = capsys.readouterr().err
    assert "its number is that of s1, its name and e-mail are not" in said


def test_a_students_id_is_none_of_canvass(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {a_student("101"): 20, a_student("u2"): 10})
    status, out = filled(root, lines(POINTS, "?,101,u1,ann,A,", "?,102,u2,bo,A,"))
    assert (status, scores(out)) == (3, ["", ""])


def test_the_test_student_and_muted_rows_are_nobody(root: Path, capsys) -> None:
    rows = (",,,,,Manual Posting", POINTS, *ROWS, '"Student, Test",999,,t,A,')
    status, _ = filled(root, lines(*rows))
    assert (status, "is left as it is" in capsys.readouterr().err) == (0, False)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (lines(POINTS, *ROWS, ROWS[0]), 6, "on line 3 already"),
        (lines(POINTS.replace("20.00", "10.00"), *ROWS), 2, "Give --scale 10."),
        (lines(POINTS.replace("20.00", "(read only)"), *ROWS), 2, "takes no points"),
        (lines(POINTS, "Ann Lee,101,,ann,A"), 3, "5 cells, and the header 6"),
        (lines(header=HEADER.replace("4711", "4712")), 1, "Did you mean 'Lab 3 (4712)'?"),
        (lines(header=HEADER.replace(",ID,", ",No,")), 1, "no column 'ID'"),
        (lines(header=HEADER.replace("Section", "Group")), 1, "no column 'Section'"),
        (lines(header="Student,ID,Section"), 1, "with all assignments"),
        (lines(POINTS.replace("20.00", "NaN"), *ROWS), 2, "takes no points"),
        (lines(POINTS.replace("20.00", "sNaN"), *ROWS), 2, "takes no points"),
        (lines(POINTS, "Ann Lee,101,,ann,A,").replace(",", "\t"), 1, "commas or semicolons"),
        (lines(POINTS, *ROWS).encode("utf-16"), 1, "commas or semicolons"),
        (lines(header=f"{HEADER},{TITLE}"), 1, "both called"),
        (lines(POINTS, *ROWS).replace("Bo", "Bé").encode("cp1252"), 4, "neither UTF-8"),
    ],
)
def test_a_gradebook_that_cannot_be_filled_in_is_refused_with_its_line(
    root: Path, text: str | bytes, line: int, said: str, capsys
) -> None:
    earlier = root.parent / "out.csv"
    earlier.write_text("of before")
    status, out = filled(root, text, "--force")
    assert (status, out.read_text()) == (2, "of before")
    error = capsys.readouterr().err
    assert f"gradebook.csv:{line}: " in error
    assert said in error


def test_the_gradebook_itself_is_never_written(root: Path, capsys) -> None:
    given = root.parent / "out.csv"
    given.write_text(lines(POINTS, *ROWS))
    arguments = ["--gradebook", str(given), "--assignment", TITLE, "--force"]
    assert canvas(root, *arguments)[0] == 2
    assert "made from" in capsys.readouterr().err
    assert given.read_text() == lines(POINTS, *ROWS)


def test_a_gradebook_with_semicolons_keeps_them(root: Path, capsys) -> None:
    text = lines(POINTS, *ROWS).replace(",", ";").replace("; ", ", ")
    status, out = filled(root, text)
    found = importers.table(out.read_bytes(), ";")
    assert (status, [row[TITLE] for row in found[1:]]) == (0, ["17.5", "2.68", "9.00"])
    said = capsys.readouterr().err
    assert "its separator is the semicolon" in said
    assert "Choose that" not in said  # Canvas finds out by itself


def test_a_gradebook_whose_points_cannot_be_checked_is_noted(root: Path, capsys) -> None:
    note = "no row “Points Possible”"
    assert filled(root, lines(POINTS, *ROWS))[0] == 0
    assert note not in capsys.readouterr().err
    assert filled(root, lines(*ROWS), "--force")[0] == 0
    assert note in capsys.readouterr().err


@pytest.mark.parametrize(
    ("student", "said"),
    [
        (a_student("s1", canvas_id="101"), "of whom no name or e-mail can be compared"),
        (a_student("s1", "Ann Lee", canvas_id="909"), "its name is that of s1, its number is not"),
    ],
)
def test_one_thing_alone_that_nothing_confirms_is_not_enough(
    tmp_path: Path, student: Student, said: str, capsys
) -> None:
    status, out = filled(
        a_graded_class(tmp_path / "results", {student: 20}), lines(POINTS, ROWS[0])
    )
    assert (status, scores(out)) == (3, [""])
    assert said in capsys.readouterr().err


def test_a_login_that_is_the_students_address_is_enough(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {a_student("7", email="ann@example.org"): 20})
    status, out = filled(root, lines(POINTS, '"Lee, Ann",101,u1,Ann@example.org,A,'))
    assert (status, scores(out)) == (0, ["20"])


def test_vowel_signs_tell_names_apart_and_accents_do_not(tmp_path: Path) -> None:
    hindi, accented = a_student("s1", "हिन्दी"), a_student("s2", "Zoé")
    root = a_graded_class(tmp_path / "results", {hindi: 20, accented: 10})
    rows = ("हन्द,101,,,A,", "Zoe,102,,,A,")
    status, out = filled(root, lines(POINTS, *rows))
    assert (status, scores(out)) == (3, ["", "10"])


def test_a_gradebook_without_sis_ids_and_logins_is_filled_in_by_name(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 17.5})
    text = lines(
        "    Points Possible,,,20.00", '"Lee, Ann",101,A,', header=f"Student,ID,Section,{TITLE}"
    )
    status, out = filled(root, text)
    assert (status, scores(out)) == (0, ["17.5"])


def test_first_and_last_names_may_be_apart(root: Path) -> None:
    header = HEADER.replace("Student", "LastName,FirstName")
    rows = ["    Points Possible,,,,,,20", "Lee,Ann,101,u1,ann,A,", "Ray,Bo,102,u2,bo,A,"]
    status, out = filled(root, lines(*rows, header=header))
    assert (status, scores(out)) == (0, ["17.5", "2.68"])


def test_a_row_without_a_last_name_is_a_students(root: Path) -> None:
    header = HEADER.replace("Student", "LastName,FirstName")
    rows = [",,,,,,Manual Posting", "    Points Possible,,,,,,20", ",Ann Lee,101,u1,ann,A,"]
    rows += [",,102,u2,bo@example.org,A,", "Student,Test,999,,t,A,"]
    status, out = filled(root, lines(*rows, header=header))
    written = [row[TITLE] for row in importers.table(out.read_bytes())]
    assert (status, written) == (0, ["Manual Posting", "20", "17.5", "2.68", ""])


@pytest.mark.parametrize("excused", ["EX", "ex", " Ex "])
def test_whoever_is_excused_stays_so_and_is_named(root: Path, excused: str, capsys) -> None:
    rows = (f"{ROWS[0]}{excused}", ROWS[1], ROWS[2].replace("9.00", "EX"))
    status, out = filled(root, lines(POINTS, *rows))
    assert (status, scores(out)) == (0, [excused, "2.68", "EX"])
    said = capsys.readouterr().err
    assert "gradebook.csv:3: s1 is excused in Canvas: the cell stays as it is." in said
    assert "s3 is excused" not in said
    there = read_handed_back(root)
    assert there is not None
    assert there.students.keys() == {"s2", "s3"}


def test_no_0_takes_the_place_of_an_excuse(root: Path) -> None:
    Results(root).write_report(absent_report(CY, RUBRIC, seed=1, region="us-east-1", lang="en"))
    text = lines(POINTS, *ROWS[:2], ROWS[2].replace("9.00", "EX"))
    status, out = filled(root, text, "--absent", "zero")
    assert (status, scores(out)) == (0, ["17.5", "2.68", "EX"])


def test_a_namesake_whose_report_is_missing_is_a_namesake(tmp_path: Path, capsys) -> None:
    root = a_graded_class(
        tmp_path / "results", {a_student("s1", "Ann Lee"): 20, a_student("s9", "Ann Lee"): 10}
    )
    (root / "students/s9/report.json").unlink()
    status, out = filled(root, lines(POINTS, ROWS[0]))
    assert (status, scores(out)) == (3, [""])
    assert "it may be any of s1, s9" in capsys.readouterr().err


# -- a gradebook to import ------------------------------------------------------------------------


def test_who_has_no_score_has_no_row_because_a_blank_cell_takes_one_away(root: Path) -> None:
    status, out = canvas(root, "--assignment", TITLE, "--scale", "100")
    found = importers.canvas(out, TITLE)
    assert (status, found) == (0, (100, {"u1": Decimal("87.5"), "u2": Decimal("13.38")}))


@pytest.mark.parametrize(
    ("ids", "column"), [("canvas", "ID"), ("sis", "SIS User ID"), ("login", "SIS Login ID")]
)
def test_the_students_id_goes_where_it_is_said_to_belong(
    tmp_path: Path, ids: str, column: str
) -> None:
    root = a_graded_class(tmp_path / "results", {a_student("101", "Ann"): 20})
    status, out = canvas(root, "--assignment", TITLE, "--ids", ids)
    row = importers.table(out.read_bytes())[1]
    named = {name for name in ("ID", "SIS User ID", "SIS Login ID") if row[name] == "101"}
    assert (status, named) == (0, {column})


@pytest.mark.parametrize("given", ["7up", "\u0667"])
def test_an_id_that_canvas_would_read_as_another_number_is_left_out(
    tmp_path: Path, capsys, given: str
) -> None:
    # Canvas takes "7up" for 7, and reads no digits of another script.
    root = a_graded_class(tmp_path / "results", {a_student("s1", canvas_id=given): 20})
    status, out = canvas(root, "--assignment", TITLE)
    assert (status, len(importers.rows(out.read_bytes()))) == (3, 2)
    assert f"s1 is left out: {given!r} is not an id of Canvas's" in capsys.readouterr().err


def test_two_students_with_one_id_of_canvass_are_left_out_and_named(tmp_path: Path, capsys) -> None:
    one, other = (a_student(name, name, canvas_id="5") for name in ("s1", "s2"))
    # The same text in another column is another id.
    third = a_student("s3", "Cy", canvas_id="7", sis_user_id="5")
    root = a_graded_class(tmp_path / "results", {one: 20, other: 10, third: 3})
    status, out = canvas(root, "--assignment", TITLE)
    assert (status, importers.canvas(out, TITLE)[1]) == (3, {"5": 3})
    assert "s2 is left out: another student has the same canvas_id" in capsys.readouterr().err


def test_each_of_the_rosters_own_columns_goes_where_it_belongs(tmp_path: Path) -> None:
    own = {"canvas_id": "7", "sis_user_id": "u7", "sis_login_id": "ann7", "section": "B"}
    student = a_student("s1", "=Ann", "a@x.org", **own)
    _, out = canvas(a_graded_class(tmp_path / "results", {student: 20}), "--assignment", TITLE)
    assert importers.rows(out.read_bytes())[2] == ["'=Ann", "7", "u7", "ann7", "B", "20"]


def test_no_name_acts_on_a_terminal_that_shows_the_file(tmp_path: Path) -> None:
    student = a_student("s1", "A\x9b31m\u202e\x7fé", canvas_id="7", section="\x85B")
    _, out = canvas(a_graded_class(tmp_path / "results", {student: 20}), "--assignment", TITLE)
    row = ["A\\x9b31m\\u202e\\x7fé", "7", "", "", "\\x85B", "20"]
    assert importers.rows(out.read_bytes())[2] == row


def test_neither_the_students_id_nor_the_address_is_written_as_an_id(tmp_path: Path) -> None:
    student = a_student("101", "Ann", "a@x.org", canvas_id="7")
    _, out = canvas(a_graded_class(tmp_path / "results", {student: 20}), "--assignment", TITLE)
    assert importers.rows(out.read_bytes())[2] == ["Ann", "7", "", "", "", "20"]


def test_whoever_has_no_id_of_canvass_is_left_out_and_named(tmp_path: Path, capsys) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 20, a_student("101", "Zoe"): 10})
    status, out = canvas(root, "--assignment", TITLE)
    assert (status, importers.canvas(out, TITLE)[1]) == (3, {"u1": 20})
    said = capsys.readouterr().err
    assert "101 is left out: the roster says no canvas_id or sis_user_id or sis_login_id." in said
    assert "grader batch ROSTER --resume --force" in said


def test_without_any_id_of_canvass_nothing_is_written(tmp_path: Path, capsys) -> None:
    root = a_graded_class(tmp_path / "results", {a_student("101", "Zoe", "zoe@x.org"): 10})
    status, out = canvas(root, "--assignment", TITLE)
    assert (status, out.exists()) == (2, False)
    said = capsys.readouterr().err
    assert "Nobody has an id of Canvas" in said
    assert "Add the column canvas_id or sis_user_id or sis_login_id to the roster" in said


def test_a_class_without_a_report_is_an_import_without_rows(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {})
    status, out = canvas(root, "--assignment", TITLE)
    assert (status, out.read_text().splitlines()) == (0, [HEADER, "    Points Possible,,,,"])


def test_a_class_without_a_report_leaves_a_gradebook_as_it_is(tmp_path: Path) -> None:
    given = lines(POINTS, *ROWS)
    status, out = filled(a_graded_class(tmp_path / "results", {}), given)
    assert (status, out.read_text()) == (0, given)


def test_a_title_without_its_number_is_warned_of(root: Path, capsys) -> None:
    status, _ = canvas(root, "--assignment", "Lab 3")
    assert status == 0
    assert "Canvas may make a new assignment" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more", [[], ["--assignment", TITLE, "--ids", "x"], ["--worksheet", "x.csv"]]
)
def test_what_canvas_cannot_do_with_is_refused(tmp_path: Path, more: list[str]) -> None:
    status, out = canvas(a_graded_class(tmp_path / "results", {ANN: 20}), *more)
    assert (status, out.exists()) == (2, False)
