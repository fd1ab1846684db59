"""Reading class lists: their columns, their encodings, their times, and what is wrong with them."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.inputs.problems import BadInput
from grader.intake.class_list import ClassList, read_class_list
from grader.intake.list_times import local_time

if TYPE_CHECKING:
    from pathlib import Path

KEY_ID, KEY = "ASIAQWERTYUIOPASDFGH", "abcd/efgh+ijkl" + "Q" * 26


def read(folder: Path, text: str | bytes) -> ClassList:
    path = folder / "list.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_class_list(path)


def problems(folder: Path, text: str | bytes) -> list[tuple[int | None, str]]:
    with pytest.raises(BadInput) as caught:
        read(folder, text)
    return [(p.line, f"{p.message} {p.remedy}") for p in caught.value.problems]


WORKSHEET = (
    "Identifier,Full name,Email address,Status,Group,Grade,Maximum Grade,Grade can be changed,"
    '"Last modified (submission)","Last modified (grade)",Feedback comments\n'
    'Participant 201,Zoë Süß,zoe@x.org,Submitted,Pair 1,,20,Yes,"Friday, 27 November 2026, 1:05 PM",-,\n'
)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        (
            WORKSHEET,
            {"moodle_participant": "201", "name": "Zoë Süß", "email": "zoe@x.org"},
        ),
        (
            "Identifiant,Nom complet,Adresse de courriel,Statut\nParticipant 201,Zoë Süß,zoe@x.org,-\n",
            {"moodle_participant": "201", "name": "Zoë Süß", "email": "zoe@x.org"},
        ),
        (
            "First name,Last name,ID number,Email address,Groups\nZoë,Süß,n7,zoe@x.org,Pair 1\n",
            {"name": "Zoë Süß", "id_number": "n7", "email": "zoe@x.org"},
        ),
        (
            "Prénom,Nom de famille,Numéro d’identification,Adresse de courriel,Groupes\n"
            "Zoë,Süß,n7,zoe@x.org,Pair 1\n",
            {"name": "Zoë Süß", "id_number": "n7", "email": "zoe@x.org"},
        ),
        (
            "Student,ID,SIS User ID,SIS Login ID,Section,Lab 3 (4711)\n"
            '    Points Possible,,,,,20\n"Süß, Zoë",77,sis7,zoe,A,\n"Student, Test",9,,,A,\n',
            {"name": "Süß, Zoë", "canvas_id": "77", "sis_user_id": "sis7", "sis_login_id": "zoe"},
        ),
        (
            "LastName,FirstName,ID,SIS User ID,SIS Login ID,Section,Lab 3 (4711)\n"
            "    Points Possible,,,,,,20\nSüß,Zoë,77,sis7,zoe,A,\nStudent,Test,9,,,A,\n",
            {"name": "Zoë Süß", "canvas_id": "77", "sis_user_id": "sis7", "sis_login_id": "zoe"},
        ),
        (
            "LastName,FirstName,ID,Section\nSüß,Zoë,77,A\n",
            {"name": "Zoë Süß", "canvas_id": "77"},
        ),
        (
            'Student,ID,Lab 3 (4711)\n    Points Possible,,20\n"Süß, Zoë",77,\n',
            {"name": "Süß, Zoë", "canvas_id": "77"},
        ),
        # A column ID of one's own may hold anything.
        ("LastName,FirstName,ID\nSüß,Zoë,77\n", {"name": "Zoë Süß"}),
        ("Student,ID\nZoë Süß,77\n", {"name": "Zoë Süß"}),
        ("First name,Last name,ID\nZoë,Süß,77\n", {"name": "Zoë Süß"}),
        (
            "name,canvas_user_id,user_id,login_id,sections,group_name\nZoë Süß,77,sis7,zoe,A,Pair 1\n",
            {"name": "Zoë Süß", "canvas_id": "77", "sis_user_id": "sis7", "sis_login_id": "zoe"},
        ),
        ("Nom,Prénom,Mél\nSüß,Zoë,zoe@x.org\n", {"name": "Zoë Süß", "email": "zoe@x.org"}),
        ("Nom;Contact\nZoë Süß;zoe@x.org\n", {"name": "Zoë Süß", "email": "zoe@x.org"}),
        (
            "student_id,name,due_at,id,Identifier\ns01,Zoë Süß,2026-11-28T23:59:00+01:00,9,blue\n",
            {"student_id": "s01", "name": "Zoë Süß", "due_at": "2026-11-28T23:59:00+01:00"},
        ),
        # Numbers alone may be of one's own: a column that says what it is comes first.
        (
            "Identifier,name,moodle_participant\n9,Zoë Süß,201\n",
            {"name": "Zoë Süß", "moodle_participant": "201"},
        ),
        ("Identifier,name\nTeilnehmer/in 201,Zoë\n", {"name": "Zoë", "moodle_participant": "201"}),
        ("Identifier,Status\nParticipant 201,Submitted\n", {"moodle_participant": "201"}),
        ("name,lti_user_id\nZoë Süß,u-7\n", {"name": "Zoë Süß", "lti_user_id": "u-7"}),
        ("name,email,\nZoë Süß,zoe@x.org,absent,,\n", {"name": "Zoë Süß", "email": "zoe@x.org"}),
    ],
)
def test_columns_are_known_by_the_words_of_each_system(
    tmp_path: Path, text: str, cells: dict[str, str]
) -> None:
    (student,) = read(tmp_path, text).students
    found = {k: v for k, v in student.cells.items() if k != "submitted_at"}
    assert found == cells


@pytest.mark.parametrize("said", ["Manual Posting", "Muted"])
def test_canvas_s_row_of_assignments_that_are_posted_by_hand_is_no_student(
    tmp_path: Path, said: str
) -> None:
    header = "Student,ID,SIS User ID,SIS Login ID,Section,Lab 3 (4711),Lab 4 (4712)\n"
    rest = '    Points Possible,,,,,20,20\n"Süß, Zoë",77,sis7,zoe,A,,\n'
    made = read(tmp_path, f"{header},,,,,{said},\n{rest}")
    assert [student.line for student in made.students] == [4]
    # In a list of one's own the same words are a row that somebody forgot to fill in.
    assert problems(tmp_path, f"name,email,note\n,,{said}\n")[0][0] == 2


def test_one_group_and_several_groups_are_told_apart_and_none_is_none(tmp_path: Path) -> None:
    (one,) = read(tmp_path, WORKSHEET).students
    assert (one.group, one.groups) == ("Pair 1", ())
    made = read(tmp_path, 'name,Groupes\nA B,"Pair 1, TD2"\nC D,Aucun groupe\nE F,\n')
    assert [(s.group, s.groups) for s in made.students] == [
        ("", ("Pair 1", "TD2")),
        ("", ()),
        ("", ()),
    ]
    made = read(tmp_path, "name,Groupe\nA B,N’est membre d’aucun groupe\n")
    assert made.students[0].group == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lists_are_read_in_the_dialects_of_spreadsheets(
    tmp_path: Path, encoding: str, delimiter: str, line_end: str
) -> None:
    text = f"Nom complet{delimiter}Courriel{line_end}Zoë Süß{delimiter}zoe@x.org{line_end}"
    made = read(tmp_path, text.encode(encoding))
    assert made.students[0].cells == {"name": "Zoë Süß", "email": "zoe@x.org"}
    assert made.taken == {"Nom complet": "name", "Courriel": "email"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Friday, 27 November 2026, 1:05 PM", "2026-11-27T13:05:00"),
        ("Friday, November 27, 2026, 12:05 AM", "2026-11-27T00:05:00"),
        ("vendredi 27 novembre 2026, 13:05", "2026-11-27T13:05:00"),
        ("lundi 1er février 2027, 08:30", "2027-02-01T08:30:00"),
        ("27 nov. 2026 13h05", "2026-11-27T13:05:00"),
        ("2026-11-27 13:05:09", "2026-11-27T13:05:09"),
        ("27 August 2026 at 9:05 a.m.", "2026-08-27T09:05:00"),
        ("27/11/2026 13:05", None),
        ("2026-11-27", None),
        ("31 February 2026, 10:00", None),
        ("99:99 May 2026 1", None),
        ("yesterday", None),
    ],
)
def test_times_in_words_are_this_machines(text: str, expected: str | None) -> None:
    found = local_time(text)
    if expected is None:
        assert found is None
    else:
        assert found == (datetime.fromisoformat(expected).astimezone(), True)


def test_a_time_with_its_zone_is_taken_as_it_is(tmp_path: Path) -> None:
    made = read(tmp_path, "name,submitted_at\nA B,2026-11-27T10:00:00+09:00\n")
    assert made.students[0].cells["submitted_at"] == "2026-11-27T10:00:00+09:00"
    assert not made.is_local
    assert read(tmp_path, WORKSHEET).is_local
    unread = read(
        tmp_path, WORKSHEET.replace("Friday, 27 November 2026, 1:05 PM", "27/11/26 10:00")
    )
    assert [problem.line for problem in unread.unread] == [2]
    assert "submitted_at" not in unread.students[0].cells


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "The class list is empty"),
        ("name,email\n", 1, "a header but no students"),
        ("colour,size\nred,7\n", 1, "No column of the class list names students"),
        ("name\nAnn Lee\n\nLee Ann\n", 4, "is that of line 2 too, and nothing tells the two apart"),
        ("name,email\nAnn Lee,a@x.org\nBo Ro,A@x.org\n", 3, "The email is the same as on line 2"),
        (
            "Identifier,Full name\nParticipant 7,A B\nParticipant 7,C D\n",
            3,
            "The moodle_participant is the same as on line 2",
        ),
        ("name,email,note\nAnn Lee,a@x.org,\n,,\n-,-,seen\n", 4, "The row names no student"),
        ("name,due_at\nAnn Lee,tomorrow\n", 2, "The due_at is not a time with its zone"),
        ("name;id_number\nAnn Lee;7\nBo Ro;2,34E+11\n", 3, "The id_number was shortened by a"),
        ("name,student_id\nAnn Lee,1.23E+11\n", 2, "The student_id was shortened"),
        ('name,email\nAnn Lee,a@x.org\nBo"b,"x\n', 3, "quotes of the row"),
        (
            f'name,block\nAnn Lee,"aws_access_key_id={KEY_ID}\naws_secret_access_key={KEY}"\n',
            2,
            "Column 2 holds a credentials block",
        ),
        (f"name,note\nAnn Lee,{KEY_ID}\n", 2, "Column 2 holds a credentials block"),
        ("name,group\nLee, Ann,Pair 1\n", 2, "3 cells, the header 2. Put quotes around a cell"),
        ("name\nLee, Ann\n", 2, "2 cells, the header 1"),
        (b"PK\x03\x04", 1, "a spreadsheet or a ZIP file"),
        (b"name\nx\0\n", 1, "NUL"),
    ],
)
def test_what_is_wrong_with_a_list_is_named_with_its_line(
    tmp_path: Path, text: str | bytes, line: int, said: str
) -> None:
    found = problems(tmp_path, text)
    assert [at for at, what in found if said in what] == [line], found
    assert not any(secret in str(found) for secret in (KEY_ID, KEY))


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = "name,email,due_at\nAnn Lee,a@x.org,x\nBo Ro,a@x.org,\nCy Do,c@x.org,y\n"
    assert [line for line, _ in problems(tmp_path, text)] == [2, 3, 4]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200)
    | st.lists(
        st.lists(st.text(max_size=12) | st.sampled_from(["name", "Groups", "ID", KEY]), max_size=5),
        max_size=5,
    )
)
def test_any_file_is_a_list_or_refused_with_lines(
    tmp_path: Path, content: bytes | list[list[str]]
) -> None:
    if isinstance(content, list):
        text = io.StringIO()
        csv.writer(text).writerows(content)
        content = text.getvalue().encode("utf-8", "surrogatepass")
    shown, lines = "", [1]
    try:
        students = len(read(tmp_path, content).students)
    except BadInput as bad:
        shown, lines = str(bad), [problem.line or 0 for problem in bad.problems]
    else:
        assert students
    assert all(lines)
    assert KEY not in shown
