from __future__ import annotations

import html
from typing import TYPE_CHECKING

import msgspec
import pytest

from grader import cli
from grader.results.directory import Results
from tests.export import importers
from tests.export.results_folders import ANN, BO, CY, a_graded_class, a_report, a_student, ids

if TYPE_CHECKING:
    from pathlib import Path

    from grader.model.batch import Student

HEADER = "Identifier,Full name,Email address,Grade,Maximum grade,Feedback comments"
ROWS = (
    "Participant 1,Ann Lee,ann@example.org,,20.00,",
    "Participant 2,Bo Ray,bo@example.org,,20.00,",
    "Participant 3,Cy Day,cy@example.org,5.00,20.00,before",
)


def filled(root: Path, text: str | bytes, *more: str) -> tuple[int, Path]:
    """The exit status, and where a worksheet filled in is put."""
    sheet, out = root.parent / "worksheet.csv", root.parent / "filled.csv"
    sheet.write_bytes(text.encode() if isinstance(text, str) else text)
    arguments = ["export", str(root), "--to", "moodle", "--worksheet", str(sheet)]
    return cli.run([*arguments, "--out", str(out), *more]), out


MODIFIED = "Last modified (grade)"


def lines(*rows: str, header: str = HEADER, modified: str = MODIFIED) -> str:
    """A worksheet: what Moodle adds to each row besides what a test is about is a time, or none."""
    return "".join(f"{row}\r\n" for row in (f"{header},{modified}", *(f"{row},-" for row in rows)))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_graded_class(tmp_path / "results")


def grades(path: Path, delimiter: str = ",") -> list[str]:
    return [row["Grade"] for row in importers.moodle_table(path.read_bytes(), delimiter)]


def test_grades_are_rounded_half_up_and_the_ungraded_row_stays(root: Path, capsys) -> None:
    status, out = filled(root, lines(*ROWS))
    assert (status, grades(out)) == (0, ["17.5", "2.68", "5.00"])
    assert out.read_text().splitlines()[3] == f"{ROWS[2]},-"
    assert "s3 (Cy Day) has no score" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("row", "matched"),
    [
        ("Participant 9,,ANN@example.org,,20.00,", True),
        ("Participant 9,ann  lee,,,20.00,", True),
        ('Participant 9,"Lee, Ann",,,20.00,', True),
        ("s1,,,,20.00,", False),
        ("Participant 9,Ann Leeds,,,20.00,", False),
        ("Participant 9,Lee Ann,,,20.00,", False),
        ("Participant 9,Ann Lee,bo@example.org,,20.00,", False),
    ],
)
def test_a_row_is_matched_by_what_identifies_it(root: Path, row: str, matched: bool) -> None:
    status, out = filled(root, lines(row, "Participant 2,Bo Ray,,,20.00,"))
    assert grades(out)[0] == ("17.5" if matched else "")
    assert status == (0 if matched else 3)


def participant(*given: str) -> Student:
    """Whoever Moodle calls 41001."""
    return a_student("s1", *given, moodle_participant="41001")


def test_the_participants_number_tells_namesakes_apart(tmp_path: Path) -> None:
    other = a_student("s2", "Ann Lee", moodle_participant="41002")
    root = a_graded_class(tmp_path / "results", {participant("Ann Lee"): 20, other: 10})
    _, out = filled(root, lines("Participant 41001,Ann Lee,ann@x.org,,20.00,"))
    assert grades(out) == ["20"]


def test_a_number_that_happens_to_be_an_id_is_not_enough(tmp_path: Path, capsys) -> None:
    root = a_graded_class(tmp_path / "results", {participant("Ann Lee", "ann@x.org"): 20})
    status, out = filled(root, lines("Participant 41001,Zoe Zed,zoe@x.org,,20.00,"))
    assert (status, grades(out)) == (3, [""])
    assert "its number is that of s1, its name and e-mail are not" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["LEE Ann", "Lee  ann", "Ann Lee"])
def test_a_number_and_the_name_in_another_order_are_enough(tmp_path: Path, name: str) -> None:
    root = a_graded_class(tmp_path / "results", {participant(name): 20})
    status, out = filled(root, lines("Participant 41001,Ann Lee,ann@x.org,,20.00,"))
    assert (status, grades(out)) == (0, ["20"])


@pytest.mark.parametrize(
    ("student", "row", "said"),
    [
        (participant(), "Participant 41001,Zoe Zed,,,20.00,", "no name or e-mail"),
        (participant(), "Participant 41001,,zoe@x.org,,20.00,", "no name or e-mail"),
        (ANN, "Participant 1,Ann Lee,other@x.org,,20.00,", "of s1, its e-mail is not"),
    ],
)
def test_one_thing_alone_that_nothing_confirms_is_not_enough(
    tmp_path: Path, student: Student, row: str, said: str, capsys
) -> None:
    status, out = filled(a_graded_class(tmp_path / "results", {student: 20}), lines(row))
    assert (status, grades(out)) == (3, [""])
    assert said in capsys.readouterr().err


def test_a_name_with_another_id_number_is_not_enough(tmp_path: Path, capsys) -> None:
    root = a_graded_class(tmp_path / "results", {a_student("s1", "Ann Lee", id_number="77"): 20})
    header = "Identifier,Full name,ID number,Grade"
    status, out = filled(root, lines("Participant 1,Ann Lee,78,", header=header))
    assert (status, grades(out)) == (3, [""])
    assert "of s1, its number is not" in capsys.readouterr().err


def told(root: Path, message: str) -> None:
    """Ann's first criterion says it."""
    report = a_report(ANN, 0)
    first = msgspec.structs.replace(report.criteria[0], message=message)
    changed = msgspec.structs.replace(report, criteria=(first, *report.criteria[1:]))
    Results(root).write_report(changed)


def test_a_comparison_in_a_comment_is_still_one(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 0})
    told(root, "expected <=5")
    _, out = filled(root, lines(ROWS[0]))
    comment = importers.table(out.read_bytes())[0]["Feedback comments"]
    assert "expected &lt;&#61;5" in comment


def test_a_worksheet_whose_maximum_cannot_be_checked_is_noted(root: Path, capsys) -> None:
    note = "no column 'Maximum grade'"
    assert filled(root, lines(*ROWS))[0] == 0
    assert note not in capsys.readouterr().err
    header = "Identifier,Full name,Grade"
    rows = ("1,Ann Lee,", "2,Bo Ray,")
    assert filled(root, lines(*rows, header=header), "--force")[0] == 0
    assert note in capsys.readouterr().err


def test_an_anonymous_worksheet_is_matched_by_number_alone(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {participant("Ann Lee", "ann@x.org"): 20})
    header = "Identifier,Grade,Feedback comments"
    _, out = filled(root, lines("Participant 41001,,", header=header))
    assert grades(out) == ["20"]


@pytest.mark.parametrize(
    "student",
    [a_student("41001"), a_student("s1", identifier="41001"), a_student("s1", id_number="41001")],
    ids=["student_id", "a column of one's own", "id_number"],
)
def test_another_number_is_no_participants_number(tmp_path: Path, student: Student) -> None:
    root = a_graded_class(tmp_path / "results", {student: 20})
    header = "Identifier,Grade,Feedback comments"
    status, out = filled(root, lines("Participant 41001,,", header=header))
    assert (status, grades(out)) == (3, [""])


def test_namesakes_are_listed_and_not_guessed(tmp_path: Path, capsys) -> None:
    namesake = a_student("s9", "Ann Lee", "lee@example.org")
    root = a_graded_class(tmp_path / "results", {ANN: 20, namesake: 10})
    status, out = filled(root, lines("Participant 1,Ann Lee,,,20.00,"))
    assert (status, grades(out)) == (3, [""])
    said = capsys.readouterr().err
    assert (
        "worksheet.csv:2: Participant 1 Ann Lee is left as it is: it may be any of s1, s9." in said
    )
    assert "No row is certain to be that of s1." in said


@pytest.mark.parametrize("damage", ["truncated", "missing"])
def test_a_namesake_whose_report_cannot_be_read_is_a_namesake(
    tmp_path: Path, damage: str, capsys
) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 20, a_student("s9", "Ann Lee"): 10})
    report = root / "students/s9/report.json"
    if damage == "missing":
        report.unlink()
    else:
        report.write_bytes(report.read_bytes()[:99])
    status, out = filled(root, lines("Participant 1,Ann Lee,,,20.00,"))
    assert (status, grades(out)) == (3, [""])
    assert "it may be any of s1, s9" in capsys.readouterr().err


def test_the_row_of_a_student_whose_report_cannot_be_read_is_named(root: Path, capsys) -> None:
    (root / "students/s2/report.json").write_text("{")
    status, out = filled(root, lines(*ROWS))
    assert (status, grades(out)) == (3, ["17.5", "", "5.00"])
    assert "worksheet.csv:3: Participant 2 Bo Ray is left as it is: the report of s2" in (
        capsys.readouterr().err
    )


def test_names_tell_nobody_apart_where_a_report_and_the_class_are_damaged(
    root: Path, capsys
) -> None:
    (root / "batch.json").write_text("{")
    (root / "students/s2/report.json").write_text("{")
    status, out = filled(
        root, lines("Participant 1,Ann Lee,,,20,", ROWS[2], "P 4,,ann@example.org,,20,")
    )
    assert (status, grades(out)) == (3, ["", "5.00", "17.5"])


def test_a_student_found_in_two_rows_is_in_neither(root: Path, capsys) -> None:
    status, out = filled(root, lines(*ROWS, "Participant 4,Ann Lee,,,20.00,"))
    assert (status, grades(out)) == (3, ["", "2.68", "5.00", ""])
    assert "s1 is found on lines 2, 5" in capsys.readouterr().err


def test_a_row_without_a_report_is_listed_and_costs_nothing(root: Path, capsys) -> None:
    status, out = filled(root, lines(*ROWS, "Participant 4,Zoe Zed,zoe@x.org,,20.00,"))
    assert (status, grades(out)[3]) == (0, "")
    assert "worksheet.csv:5: Participant 4 Zoe Zed" in capsys.readouterr().err


def test_a_graded_student_without_a_row_is_named(root: Path, capsys) -> None:
    status, _ = filled(root, lines(ROWS[0]))
    assert status == 3
    assert "No row is certain to be that of s2." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (lines(*ROWS, ROWS[0]), 5, "This student is on line 2 already"),
        (lines(*ROWS, "Participant 4,A,ann@example.org,,20,"), 5, "on line 2 already"),
        (lines(*ROWS).replace("20.00", "100.00"), 2, "Give --scale 100."),
        (lines(*ROWS).replace("20.00", "Good"), 2, "not graded in points"),
        (lines("Participant 1,Lee, Ann,ann@x.org,,20,"), 2, "8 cells, and the header 7"),
        (lines(header="Identifier,Full name"), 1, "no column 'Grade'"),
        (lines("1,2", header="Full name,Grade"), 1, "no column 'Identifier'"),
        (lines(*ROWS, modified="Changed"), 1, "no column 'Last modified (grade)'"),
        (lines(header="Identifier,Grade,Grade"), 1, "both called 'Grade'"),
        (lines(*ROWS).replace("Bo", "Bé").encode("cp1252"), 3, "neither UTF-8"),
    ],
)
def test_a_worksheet_that_cannot_be_filled_in_is_refused_with_its_line(
    root: Path, text: str | bytes, line: int, said: str, capsys
) -> None:
    earlier = root.parent / "filled.csv"
    earlier.write_text("of before")
    status, out = filled(root, text, "--force")
    assert (status, out.read_text()) == (2, "of before")
    error = capsys.readouterr().err
    assert f"worksheet.csv:{line}: " in error
    assert said in error
    before = text if isinstance(text, bytes) else text.encode()
    assert (root.parent / "worksheet.csv").read_bytes() == before


def test_the_scale_is_the_assignments(root: Path) -> None:
    status, out = filled(root, lines(*ROWS).replace("20.00", '"100,00"'), "--scale", "100")
    assert (status, grades(out)) == (0, ["87.5", "13.38", "5.00"])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_an_encoding_with_its_mark_is_kept_and_said(root: Path, encoding: str, capsys) -> None:
    text = lines(*ROWS).replace(",", ";")
    status, out = filled(root, text.encode(encoding))
    assert status == 0
    assert out.read_bytes()[:2] == text.encode(encoding)[:2]
    written = out.read_bytes().decode(encoding)
    assert written.splitlines()[1].startswith("Participant 1;Ann Lee;ann@example.org;17.5;20.00;")
    said = capsys.readouterr().err
    assert "its separator is the semicolon" in said
    assert ("its encoding is UTF-16" in said) == (encoding == "utf-16")


def test_a_french_worksheet_is_known_by_its_columns(root: Path) -> None:
    header = (
        "Identifiant,Nom complet,Adresse de courriel,Note,Note maximale,Feedback par commentaires"
    )
    modified = "Dernière modification (note)"
    status, out = filled(root, lines(*ROWS, header=header, modified=modified), "--lang", "fr")
    assert status == 0
    (row,) = [row for row in importers.table(out.read_bytes()) if row["Identifiant"][-1] == "1"]
    assert row["Note"] == "17.5"
    assert row["Feedback par commentaires"].startswith("17,5 sur 20.<br>")


def test_a_worksheet_without_comments_gets_grades_alone(root: Path, capsys) -> None:
    header = "Identifier,Full name,Grade"
    status, out = filled(root, lines("1,Ann Lee,", "2,Bo Ray,", header=header))
    expected = lines("1,Ann Lee,17.5", "2,Bo Ray,2.68", header=header).encode()
    assert (status, out.read_bytes()) == (0, expected)
    assert "only grades are filled in" in capsys.readouterr().err


def test_a_locked_grade_is_named(root: Path, capsys) -> None:
    header = f"{HEADER},Grade can be changed"
    rows = [f"{row},{'No' if 'Ann' in row else 'Yes'}" for row in ROWS]
    status, _ = filled(root, lines(*rows, header=header))
    assert status == 3
    assert "Moodle will skip s1" in capsys.readouterr().err


def test_what_a_student_wrote_is_text_in_the_comment(root: Path) -> None:
    _, out = filled(root, lines(*ROWS))
    comment = importers.table(out.read_bytes())[0]["Feedback comments"]
    assert "expected &lt;more&gt;." in comment
    assert "<more>" not in comment


def test_names_that_are_formulas_stay_as_moodle_wrote_them(tmp_path: Path) -> None:
    odd = a_student("s1", "=1+1", "-x@example.org")
    root = a_graded_class(tmp_path / "results", {odd: 20})
    row = "Participant 1,=1+1,-x@example.org,,20.00,"
    status, out = filled(root, lines(row))
    assert status == 0
    assert out.read_text().splitlines()[1].startswith("Participant 1,=1+1,-x@example.org,20,20.00,")


@pytest.mark.parametrize("name", ["علی\u200cزاده", "👩\u200d💻", "Zoë \u200d Lee"])
def test_a_name_with_a_joiner_is_the_same_name(tmp_path: Path, name: str) -> None:
    root = a_graded_class(tmp_path / "results", {a_student("s1", name): 20, BO: 10})
    status, out = filled(root, lines(f"Participant 1,{name},,,20.00,", *ROWS[1:]))
    assert (status, grades(out)) == (0, ["20", "10", "5.00"])
    assert f"\nParticipant 1,{name}," in out.read_text()


TWICE_JSON = r'answered "{\"sum\": 4008}", \\" and C:\'.'
"""JSON made twice, and more that PHP reads in another way than RFC 4180."""


def test_what_a_student_answered_breaks_no_row_of_moodles(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 0, BO: 10})
    told(root, TWICE_JSON)
    status, out = filled(root, lines(*ROWS))
    rows = importers.moodle_table(out.read_bytes())
    assert (status, [row["Grade"] for row in rows]) == (0, ["0", "10", "5.00"])
    assert TWICE_JSON in html.unescape(rows[0]["Feedback comments"])


@pytest.mark.parametrize(
    ("cell", "name", "written"),
    [
        (r'"Ann ""\""Lee"', r'Ann "\"Lee', r'Ann "\"Lee'),
        (r'"Lee, Ann ""\"" x"', r'Lee, Ann "\" x', r'"Lee, Ann ""\" x"'),
        (r'"Ann \ Lee"', r"Ann \ Lee", r'"Ann \ Lee"'),
        (r'"Ann Lee\\"', "Ann Lee\\\\", r'"Ann Lee\\"'),
        (r"Ann\Lee", r"Ann\Lee", r"Ann\Lee"),
    ],
)
def test_a_name_with_a_backslash_is_for_moodle_what_it_was(
    tmp_path: Path, cell: str, name: str, written: str
) -> None:
    student = a_student("s1", name, "ann@example.org")
    root = a_graded_class(tmp_path / "results", {student: 20, BO: 10})
    status, out = filled(root, lines(f"Participant 1,{cell},ann@example.org,,20.00,", *ROWS[1:]))
    rows = importers.moodle_table(out.read_bytes())
    assert (status, [row["Grade"] for row in rows]) == (0, ["20", "10", "5.00"])
    assert rows[0]["Full name"] == name
    assert f"\nParticipant 1,{written},ann@example.org," in out.read_text()


@pytest.mark.parametrize("cell", [r'"Ann Lee\"', "Ann\\", r'"Ann \\"" Lee"'])
def test_a_row_that_moodles_own_copy_breaks_is_left_out_and_named(
    tmp_path: Path, cell: str, capsys
) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 20, BO: 10})
    row = f"Participant 1,{cell},ann@example.org,,20.00,"
    status, out = filled(root, lines(row, *ROWS[1:]))
    assert (status, grades(out)) == (3, ["10", "5.00"])
    assert "worksheet.csv:2: s1 is left out: Moodle cannot read the backslash in" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("cell", ["<p>my keys \\", r'"<p>""my"", keys \\"" \"'])
def test_a_cell_that_the_import_does_not_use_costs_nobody_the_row(
    root: Path, cell: str, capsys
) -> None:
    ann, *others = ROWS
    kept = r'"<p>C:\keys, ""mine"""'
    rows = (f"{ann},{cell}", f"{others[0]},{kept}", f"{others[1]},{cell}")
    status, out = filled(root, lines(*rows, header=f"{HEADER},Online text"))
    read = importers.moodle_table(out.read_bytes())
    assert (status, [row["Grade"] for row in read]) == (0, ["17.5", "2.68", "5.00"])
    assert [row["Online text"] for row in read] == ["", r'<p>C:\keys, "mine"', ""]
    assert "backslash" not in capsys.readouterr().err


def test_a_feedback_comment_that_moodles_own_copy_breaks_costs_the_row(root: Path, capsys) -> None:
    status, out = filled(root, lines(*ROWS[:2], ROWS[2].replace("before", "before \\")))
    assert (status, grades(out)) == (0, ["17.5", "2.68"])
    assert "worksheet.csv:4: The row is left out" in capsys.readouterr().err


def test_a_broken_row_of_nobody_with_a_score_is_left_out_too(root: Path, capsys) -> None:
    row = r'Participant 9,"Zoe Zed\",zoe@example.org,,20.00,'
    status, out = filled(root, lines(row, *ROWS))
    assert (status, grades(out)) == (0, ["17.5", "2.68", "5.00"])
    assert "worksheet.csv:2: The row is left out: Moodle cannot read" in capsys.readouterr().err


# -- the gradebook --------------------------------------------------------------------------------


def imported(root: Path) -> tuple[int, Path]:
    out = root.parent / "gradebook.csv"
    return cli.run(["export", str(root), "--to", "moodle", "--out", str(out)]), out


def test_ungraded_students_have_no_row(root: Path) -> None:
    status, out = imported(root)
    assert status == 0
    found = {name: str(score) for name, score in importers.moodle_gradebook(out).items()}
    assert found == {"ann@example.org": "17.5", "bo@example.org": "2.68"}


@pytest.mark.parametrize("email", ["", "ANN@example.org"])
def test_addresses_that_would_stop_the_import_are_left_out(
    tmp_path: Path, email: str, capsys
) -> None:
    root = a_graded_class(
        tmp_path / "results", {ANN: 20, a_student("s2", "Bo", email, **ids("s2")): 10, CY: None}
    )
    status, out = imported(root)
    assert (status, importers.moodle_gradebook(out, "ID number")) == (0, {"s1": 20, "s2": 10})
    assert "Email address" not in out.read_text()
    assert "Map users by ID number" in capsys.readouterr().err


def test_an_id_that_is_a_formula_is_left_out_rather_than_changed(tmp_path: Path, capsys) -> None:
    root = a_graded_class(
        tmp_path / "results", {BO: 10, a_student("s1", "X", "x@example.org", **ids("-x")): 20}
    )
    status, out = imported(root)
    assert (status, importers.moodle_gradebook(out, "ID number")) == (3, {"s2": 10})
    assert "s1 is left out" in capsys.readouterr().err


def test_what_a_student_answered_does_not_stop_the_import(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 0, BO: 10})
    told(root, TWICE_JSON)
    status, out = imported(root)
    assert (status, importers.moodle_gradebook(out, "ID number")) == (0, {"s1": 0, "s2": 10})
    first = importers.moodle_table(out.read_bytes())[0]
    assert TWICE_JSON in html.unescape(first["Feedback"])


@pytest.mark.parametrize("number", ["7\\", r"7\""])
def test_an_id_that_moodle_cannot_read_is_left_out_and_named(
    tmp_path: Path, number: str, capsys
) -> None:
    odd = a_student("s1", "X", "x@example.org", **ids(number))
    status, out = imported(a_graded_class(tmp_path / "results", {BO: 10, odd: 20}))
    assert (status, importers.moodle_gradebook(out, "ID number")) == (3, {"s2": 10})
    assert "s1 is left out: Moodle cannot read the backslash in" in capsys.readouterr().err


def test_two_students_with_one_id_number_are_left_out_and_named(tmp_path: Path, capsys) -> None:
    one, other = (a_student(name, name, id_number="77") for name in ("s1", "s9"))
    root = a_graded_class(tmp_path / "results", {one: 20, other: 10, BO: 5})
    status, out = imported(root)
    assert (status, importers.moodle_gradebook(out, "ID number")) == (3, {"s2": 5})
    said = capsys.readouterr().err
    assert "s1 is left out: another student has the same id_number." in said


def test_the_roster_may_have_moodles_id_number(tmp_path: Path) -> None:
    root = a_graded_class(
        tmp_path / "results", {a_student("s1", "A", "a@x.org", id_number="77"): 20}
    )
    _, out = imported(root)
    assert importers.moodle_gradebook(out, "ID number") == {"77": 20}


def test_a_students_id_is_no_id_number(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {a_student("20240001", "A", "a@x.org"): 20})
    status, out = imported(root)
    assert (status, importers.rows(out.read_bytes())[0]) == (
        0,
        ["Email address", "Score", "Feedback"],
    )
    assert importers.moodle_gradebook(out) == {"a@x.org": 20}


def test_addresses_are_written_alone_where_more_have_one(tmp_path: Path, capsys) -> None:
    students = {a_student("s1", "A", "a@x.org", **ids("77")): 20, a_student("s2", "", "b@x.org"): 1}
    status, out = imported(a_graded_class(tmp_path / "results", students))
    assert (status, importers.moodle_gradebook(out)) == (0, {"a@x.org": 20, "b@x.org": 1})
    assert "Map users by e-mail address" in capsys.readouterr().err


def test_whom_moodle_cannot_know_is_left_out_and_named(tmp_path: Path, capsys) -> None:
    students = {a_student("s1", "", "a@x.org"): 20, a_student("s2", "", "b@x.org"): 1}
    students |= {a_student("s3", **ids("77")): 5, a_student("s4"): 6}
    status, out = imported(a_graded_class(tmp_path / "results", students))
    assert (status, importers.moodle_gradebook(out)) == (3, {"a@x.org": 20, "b@x.org": 1})
    said = capsys.readouterr().err
    assert "s3 is left out: the roster says no email." in said
    assert "s4 is left out: the roster says no id_number or email." in said


def test_without_anything_that_moodle_knows_nothing_is_written(tmp_path: Path, capsys) -> None:
    status, out = imported(a_graded_class(tmp_path / "results", {a_student("20240001", "A"): 20}))
    assert (status, out.exists()) == (2, False)
    assert "Add the column id_number or email to the roster" in capsys.readouterr().err


def test_namesakes_with_addresses_are_told_apart(tmp_path: Path) -> None:
    namesake = a_student("s9", "Ann Lee", "lee@example.org")
    root = a_graded_class(tmp_path / "results", {ANN: 20, namesake: 10})
    rows = (
        "Participant 1,Ann Lee,lee@example.org,,20.00,",
        "Participant 2,Ann Lee,ann@example.org,,20,",
    )
    status, out = filled(root, lines(*rows))
    assert (status, grades(out)) == (0, ["10", "20"])
