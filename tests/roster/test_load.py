from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from grader.inputs.problems import BadInput
from grader.model.access import HandedIn, Keys, MissingFile, Profile, Role
from grader.roster.credentials_block import unreadable_text
from grader.roster.load import RosterEntry, load_roster
from grader.roster.table import KNOWN_COLUMNS
from grader.safety.secret import Secret

KEY_ID, KEY, TOKEN = "ASIAQWERTYUIOPASDFGH", "abcd/efgh+" + "Q" * 30, "IQoJ" + "aB3+" * 30
ACADEMY = f"""\
[default]
aws_access_key_id={KEY_ID}
aws_secret_access_key={KEY}
aws_session_token={TOKEN}
"""
SECRET_NAMES = (
    *("Class Token", "canvas-token", "GITHUB_SECRET", "Pass Word", "passwd", "Passwort", "db_pwd"),
    *("Credentials", "Access Key", "api-key", "API_KEY", "private key", "Mot de passe", "MDP"),
    *("key", "KEY"),
)
ROLE = "arn:aws:iam::111111111111:role/Grader"
AT_A_DESK = {"ways_needed": False, "files_needed": False}


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "roster.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def problems_of(path: Path, **how: Any) -> list[tuple[int | None, str]]:
    with pytest.raises(BadInput) as caught:
        load_roster(path, **how)
    return [(p.line, f"{p.message} {p.remedy}") for p in caught.value.problems]


def says(found: list[tuple[int | None, str]], line: int | None, text: str) -> bool:
    return any(at == line and text in what for at, what in found)


def test_a_row_becomes_an_account(write):
    path = write(
        "student_id,name,email,group,account_id,region,endpoint_url,profile,section,note\n"
        's01, Ada Lovelace ,a@x.org,g1,012345678901,eu-west-1,http://127.0.0.1:1,ada,A,"x, y"\n'
    )
    roster = load_roster(path)
    assert roster.entries == (
        RosterEntry(
            student_id="s01",
            name="Ada Lovelace",
            email="a@x.org",
            group="g1",
            account_id="012345678901",
            region="eu-west-1",
            endpoint_url="http://127.0.0.1:1",
            access=Profile("ada"),
            extra={"section": "A", "note": "x, y"},
            line=2,
        ),
    )
    assert roster.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_left_out_is_none(write):
    (account,) = load_roster(write("student_id,profile\ns01,ada\n")).entries
    assert (account.group, account.account_id, account.region, account.endpoint_url) == (None,) * 4
    assert (account.name, account.email, account.extra) == ("", "", {})


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_spreadsheets_dialects_are_read(write, delimiter, line_end, bom):
    rows = [
        ["student_id", "name", "profile"],
        ["s01", "Zoë", "ada"],
        ["", "", ""],
        ["s02", "", "b"],
    ]
    text = line_end.join(delimiter.join(row) for row in rows) + line_end
    accounts = load_roster(write(bom + text.encode())).entries
    assert [(a.student_id, a.name, a.line) for a in accounts] == [("s01", "Zoë", 2), ("s02", "", 4)]


def test_lines_are_the_files_even_after_a_line_break_in_quotes(write):
    path = write('\nstudent_id,name,profile\ns01,"two\nlines",a\n\ns02,x,b\n')
    assert [a.line for a in load_roster(path).entries] == [3, 6]
    path = write('student_id,name,profile\ns01,"two\nlines",a\n$,"1\n2",b\n')
    assert says(problems_of(path), 4, "folder's name")


def test_a_short_row_ends_in_empty_cells(write):
    (account,) = load_roster(write("student_id,profile,name,note\ns01,a\n")).entries
    assert (account.name, account.extra) == ("", {"note": ""})


@pytest.mark.parametrize(
    "name",
    ["keyboard", "monkey", "section", "old_score", "Key stage", "ignore", "mean", "ID number"],
)
def test_a_column_that_only_resembles_a_secret_a_grade_or_one_of_ours_is_kept(write, name):
    roster = load_roster(write(f"student_id,profile,{name}\ns01,a,x\n"))
    assert [*roster.entries[0].extra] == [name]


def test_trailing_empty_columns_of_a_spreadsheet_are_ignored(write):
    (account,) = load_roster(write("student_id,profile,,\ns01,a,,\n,,,\n")).entries
    assert account.extra == {}


def test_each_way_to_an_account(write, tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "s4.ini").write_text(ACADEMY, encoding="utf-8")
    header = (
        "student_id,profile,role_arn,external_id,aws_access_key_id,aws_secret_access_key,"
        "aws_session_token,credentials_file\n"
    )
    path = write(
        f"{header}s1,p,,,,,,\ns2,,{ROLE},,,,,\ns3,,{ROLE},x y,,,,\ns4,,,,,,,keys/s4.ini\n"
        "s5,,,,123456789012,test,,\ns6,,,,AK,SK,T,\n"
    )
    assert [a.access for a in load_roster(path).entries] == [
        Profile("p"),
        Role(ROLE),
        Role(ROLE, Secret("x y")),
        Keys(Secret(KEY_ID), Secret(KEY), Secret(TOKEN)),
        Keys(Secret("123456789012"), Secret("test")),
        Keys(Secret("AK"), Secret("SK"), Secret("T")),
    ]


@pytest.mark.parametrize(
    ("header", "row", "text"),
    [
        ("profile,role_arn", f"p,{ROLE}", "more than one way to reach the account: profile, role"),
        ("profile,external_id", "p,x", "profile, external_id"),
        ("external_id", "x", "without a role_arn"),
        ("role_arn", "arn:aws:iam::1:role/x", "not the ARN of a role"),
        ("role_arn", "arn:aws:iam::111111111111:user/x", "not the ARN of a role"),
        ("aws_access_key_id", "AK", "has no aws_secret_access_key"),
        ("aws_secret_access_key", "SK", "has no aws_access_key_id"),
        ("aws_session_token", "T", "has no aws_access_key_id"),
        ("aws_access_key_id,aws_secret_access_key", "A K,SK", "no AWS key looks like"),
        ("aws_access_key_id,aws_secret_access_key", "AK,clé", "no AWS key looks like"),
        ("aws_access_key_id,credentials_file", "AK,k.ini", "more than one way"),
        ("profile,account_id", "p,12345678901", "not 12 digits"),
        ("profile,account_id", "p,1.23E+11", "not 12 digits"),
        ("profile,account_id", "p,1234-5678-9012", "not 12 digits"),
        ("profile,account_id", "p,١٢٣٤٥٦٧٨٩٠١٢", "not 12 digits"),
        ("profile,region", "p,virginia", "us-east-1"),
        ("profile,endpoint_url", "p,localhost:4566", "http://"),
        ("profile,endpoint_url", "p,ftp://x", "http://"),
        ("profile,endpoint_url", "p,http://[::1", "http://"),
        ("profile,endpoint_url", "p,http://x:port", "http://"),
        ("profile,endpoint_url", "p,http://me:pw@x", "without a user name"),
        ("profile,due_at", "p,2026-11-28T23:59:00", "The due_at is not a time with its zone"),
        ("profile,due_at", "p,2026-11-28", "2026-11-27T23:59:00+01:00"),
        ("profile,submitted_at", "p,yesterday", "The submitted_at is not a time"),
        ("profile,submitted_at", "p,0001-01-01T00:00:00+09:00", "The submitted_at is not a time"),
        ("profile,moodle_participant", "p,Participant 12", "Write the number alone"),
        ("profile,moodle_participant", "p,1.23E+11", "The moodle_participant was shortened"),
        ("profile,id_number", "p,1.23E+11", "The id_number was shortened by a spreadsheet"),
        ("profile,id_number", 'p,"2,34e+011"', "Format the column as text"),
        ("profile,canvas_id", "p,1E+15", "The canvas_id was shortened"),
        ("profile,sis_user_id", "p," + "x" * 301, "The sis_user_id is longer than 300"),
        ("profile,name", "p," + "x" * 301, "longer than 300"),
        ("profile,name", "p,Doe, Ada", "cells, the header 3. Put quotes"),
        ("profile,name", 'p,"Ada', "quotes of the row"),
        ("profile,name", 'p,"A" B', "quotes of the row"),
        ("profile,note", "p," + "x" * 140_000, "a cell is too long"),
    ],
)
def test_a_mistake_in_a_row_is_named_with_its_line(write, header, row, text):
    found = problems_of(write(f"student_id,{header}\ns01,{row}\n"))
    assert says(found, 2, text), found
    assert len({line for line, _ in found}) == 1


@pytest.mark.parametrize(
    "name",
    [
        "s/1",
        "s 1",
        "é1",
        "..",
        ".",
        "s1.",
        "CON",
        "nul.txt",
        "com1",
        "a\\b",
        "x" * 101,
        "s:1",
        "*",
        "-1",
        "-rf",
    ],
)
def test_an_id_that_is_no_folder_name_is_refused(write, name):
    found = problems_of(write(f"student_id,profile\n{name},p\n"))
    assert says(found, 2, "The student_id")


def test_a_student_id_that_a_spreadsheet_shortened_is_named_for_that_alone(write):
    found = problems_of(write("student_id,profile\n1.23457E+11,p\n1.23E-11,p\n1E5,p\n"))
    assert [line for line, _ in found] == [2]
    assert says(found, 2, "The student_id was shortened by a spreadsheet")


def test_what_keeps_a_spreadsheet_from_calculating_is_no_part_of_an_id_or_a_name(write):
    path = write(
        "student_id,name,email,group,profile,id_number,note\n"
        "'@bob,'=Bob,'+b@x.org,'-g,p,'-7,'=n\ncy,O'Cy,c@x.org,'g,p,'7,\n"
    )
    bob, cy = load_roster(path).entries
    assert (bob.student_id, bob.name, bob.email, bob.group) == ("@bob", "=Bob", "+b@x.org", "-g")
    assert bob.extra == {"id_number": "-7", "note": "'=n"}
    assert (cy.name, cy.group, cy.extra["id_number"]) == ("O'Cy", "'g", "'7")


@pytest.mark.parametrize("name", ["a.b_c-d@x.org", ".s1", "console", "x" * 100, "00123"])
def test_an_id_that_is_a_folder_name_is_taken(write, name):
    (account,) = load_roster(write(f"student_id,profile\n{name},p\n")).entries
    assert account.student_id == name


def test_ids_are_unique_whatever_their_case(write):
    found = problems_of(write("student_id,profile\nAda,p\nbob,p\nADA,p\n"))
    assert found[0][0] == 4
    assert says(found, 4, "the same as on line 2")


def test_a_participants_number_is_one_students(write):
    found = problems_of(write("student_id,profile,moodle_participant\na,p,7\nb,p,\nc,p,7\n"))
    assert [line for line, _ in found] == [4]
    assert says(found, 4, "The moodle_participant is the same as on line 2")


def test_a_missing_id_is_named(write):
    assert says(problems_of(write("student_id,profile\n,p\n")), 2, "no student_id")


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("Student ID,profile", "Did you mean student_id?"),
        ("studentid,profile", "Did you mean student_id?"),
        ("studnet_id,profile", "Did you mean student_id?"),
        ("STUDENT_ID,profile", "Did you mean student_id?"),
        ("student_id,profile,Email", "Did you mean email?"),
        ("student_id,profile,emial", "Did you mean email?"),
        ("student_id,profile,regoin", "Did you mean region?"),
        ("student_id,profile,Gruop", "Did you mean group?"),
        ("student_id,profile,Due at", "Did you mean due_at?"),
        ("student_id,profile,Account Id", "Did you mean account_id?"),
        ("student_id,profile,Moodle_Participant", "Did you mean moodle_participant?"),
        ("student_id,profile,CANVAS_ID", "Did you mean canvas_id?"),
        ("student_id,profile,canvas_id,Canvas_ID", "Columns 3 and 4 are both called canvas_id"),
        ("student_id,profile,Canvas_ID,canvas_id", "Columns 3 and 4 are both called canvas_id"),
        ("student_id,profile,aws_secret_acess_key", "Did you mean aws_secret_access_key?"),
        ("name,profile", "no column student_id"),
        ("student_id,profile,student_id", "Columns 1 and 3 are both called student_id"),
        ("student_id,note,note", "Columns 2 and 3 are both called the same name"),
        ("student_id,,profile", "Column 2 of the header has no name"),
        ("student_id,profile,my_secret", "seems to hold a secret"),
        *((f"student_id,profile,{name}", "seems to hold a secret") for name in SECRET_NAMES),
        *(
            (f"student_id,profile,{name}", f"3 is called {name}, which is a column of grades.csv.")
            for name in ("score", "status", "max_score")
        ),
        ("student_id,profile,score", "Rename it"),
        ("student_id,name", "No column says how the accounts are reached"),
        ("student_id,profile" + ",x" * 300, "at most 200"),
    ],
)
def test_a_mistake_in_the_header_is_named_alone(write, header, text):
    found = problems_of(write(f"\n{header}\n?,?\n"))
    assert says(found, 2, text), found
    assert {line for line, _ in found} == {2}


@pytest.mark.parametrize(
    ("content", "line", "text"),
    [
        (b"", 1, "The roster is empty"),
        (b"\n \n", 1, "The roster is empty"),
        (b"student_id,profile\n", 1, "no students"),
        (b"student_id,profile\ns1,\xe9\n", 2, "byte 23 of the file"),
        (b"\xef\xbb\xbfstudent_id,profile\r\ns1,\xe9\r\n", 2, "byte 27 of the file"),
        ("student_id,profile\ns1,p\n".encode("utf-16"), 1, "UTF-16"),
        ("student_id,profile\ns1,p\n".encode("utf-16-be"), 1, "“CSV UTF-8”"),
        (b"student_id,profile\ns1,\0\n", 2, "NUL"),
        (b"PK\3\4\x14\0\0\0", 1, "“grader roster” makes a roster"),
        (b'"student_id', 1, "quotes"),
    ],
)
def test_what_is_no_roster_at_all_is_refused(write, content, line, text):
    found = problems_of(write(content))
    assert len(found) == 1
    assert says(found, line, text), found


def test_a_path_that_is_no_file_is_refused(tmp_path):
    assert says(problems_of(tmp_path / "none.csv"), None, "no such file")
    assert says(problems_of(tmp_path), None, "a folder")
    assert says(problems_of(Path("/dev/zero")), None, "not an ordinary file")
    assert problems_of(tmp_path / ("x" * 5000))


def test_all_mistakes_are_reported_at_once(write):
    found = problems_of(write("student_id,role_arn,account_id\ns1,x,\ns2,,7\n?,,\n"))
    assert [line for line, _ in found] == [2, 3, 4]


def test_a_row_without_a_way_goes_its_partners_way(write):
    path = write(
        "student_id,group,profile,account_id,region\n"
        "s1,g,,,\ns2,g,p,111111111111,eu-west-1\ns3,,q,,\ns4,g,,,us-west-2\n"
    )
    accounts = load_roster(path).entries
    assert [a.access for a in accounts] == [Profile("p"), Profile("p"), Profile("q"), Profile("p")]
    there, elsewhere = ("111111111111", "eu-west-1"), ("111111111111", "us-west-2")
    assert [(a.account_id, a.region) for a in accounts] == [there, there, (None, None), elsewhere]


def test_a_row_without_a_way_takes_what_plays_a_part_from_its_partner(write):
    head = "student_id,group,profile,use.sum,use.input\n"
    accounts = load_roster(write(f"{head}s1,g,p,mine,\ns2,g,,,\ns3,g,,yours,q\n")).entries
    assert [a.use for a in accounts] == [
        {"sum": "mine"},
        {"sum": "mine"},
        {"sum": "yours", "input": "q"},
    ]


def test_whose_way_it_is_does_not_depend_on_the_order_of_rows(write):
    head, *rows = ["student_id,group,profile,region", "s1,g,,", "S3,g,r,eu-west-3", "s2,g,q,"]
    for ordered in permutations(rows):
        accounts = load_roster(write("\n".join([head, *ordered]))).entries
        assert {a.student_id: (a.access, a.region) for a in accounts} == {
            "s1": (Profile("q"), None),
            "s2": (Profile("q"), None),
            "S3": (Profile("r"), "eu-west-3"),
        }


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("account_id", "111111111111", "222222222222"),
        ("region", "us-east-1", "us-west-2"),
        ("endpoint_url", "http://a", "http://b"),
    ],
)
def test_rows_of_a_group_may_lead_to_accounts_of_their_own(write, column, one, other):
    text = f"student_id,group,profile,{column}\ns1,g,p,{one}\ns2,g,q,\ns3,g,r,{other}\n"
    accounts = load_roster(write(text)).entries
    assert [getattr(account, column) for account in accounts] == [one, None, other]
    assert [account.access for account in accounts] == [Profile("p"), Profile("q"), Profile("r")]


def test_who_names_the_same_way_is_not_led_to_anothers_region(write):
    """One's own profile may have a region; who names no way goes the way of another, region and all."""
    text = "student_id,group,region,profile\na,g,eu-west-1,p\nb,g,,p\nc,g,,\n"
    accounts = load_roster(write(text)).entries
    assert [(one.student_id, one.region) for one in accounts] == [
        ("a", "eu-west-1"),
        ("b", None),
        ("c", "eu-west-1"),
    ]


@pytest.mark.parametrize(
    "lines", [("a,g,eu-west-1,p", "b,g,eu-west-2,p"), ("b,g,eu-west-2,p", "a,g,eu-west-1,p")]
)
def test_of_several_regions_of_one_way_the_first_students_counts(write, lines):
    accounts = load_roster(
        write("\n".join(["student_id,group,region,profile", *lines, "c,g,,", ""]))
    ).entries
    by_id = {one.student_id: one.region for one in accounts}
    assert by_id["c"] == by_id["a"] != by_id["b"]


def test_a_group_of_which_nobody_handed_in_is_absent(write):
    roster = load_roster(write("student_id,group,profile\ns1,g,\ns2,g,\ns3,h,p\ns4,h,\n"))
    assert [(one.student_id, one.absent) for one in roster.entries] == [
        ("s1", True),
        ("s2", True),
        ("s3", False),
        ("s4", False),  # of a group of which somebody handed in
    ]


def test_a_section_is_no_group(write):
    rows = "".join(f"s{n},TD1,p{n}\n" for n in range(11))
    found = problems_of(write(f"student_id,group,profile\na,,p\n{rows}"))
    assert [line for line, _ in found] == [3]
    assert says(found, 3, "11 rows have the group TD1, too many to hand in together.")
    assert says(found, 3, "call the column section")
    ten = write("student_id,group,profile\n" + "".join(rows.splitlines(keepends=True)[:10]))
    assert {one.group for one in load_roster(ten).entries} == {"TD1"}
    nobody = write("student_id,group,profile\n" + "".join(f"s{n},TD1,\n" for n in range(11)))
    for how in ({}, AT_A_DESK):
        assert [line for line, _ in problems_of(nobody, **how)] == [2]


@pytest.mark.parametrize("others", ["p", ""], ids=["everybody", "two"])
def test_a_group_that_handed_in_as_one_is_one_however_large(write, others):
    rows = "".join(f"s{n:02},all,{others if n > 1 else 'p'}\n" for n in range(12))
    accounts = load_roster(write(f"student_id,group,profile\n{rows}")).entries
    assert [(one.group, one.access) for one in accounts] == [("all", Profile("p"))] * 12


@pytest.mark.parametrize("note", [None, "The file was removed."])
def test_a_section_of_which_all_blocks_are_gone_is_no_group(write, tmp_path, note):
    rows = [f"s{n:02},TD1,s{n:02}.ini" for n in range(12)]
    path = write("\n".join(["student_id,group,credentials_file", *rows]))
    if note is not None:
        for n in range(12):
            (tmp_path / f"s{n:02}.ini").write_text(unreadable_text([note]))
        assert says(problems_of(path), 2, "too many to hand in together")
    assert says(problems_of(path, **AT_A_DESK), 2, "too many to hand in together")


def test_a_section_in_which_one_has_handed_in_so_far_is_no_group(write):
    rows = "".join(f"s{n:02},TD1,{'' if n else 'p'}\n" for n in range(12))
    path = write(f"student_id,group,profile\n{rows}")
    assert says(problems_of(path), 2, "too many to hand in together")


def test_a_large_group_of_which_the_only_way_is_broken_is_told_of_that_alone(write):
    rows = "".join(f"s{n},all,{'' if n else 'bad'}\n" for n in range(12))
    ((line, text),) = problems_of(write(f"student_id,group,role_arn\n{rows}"))
    assert (line, "not the ARN" in text) == (2, True)


def test_a_large_group_by_which_the_class_was_graded_stays_one(write):
    path = write("student_id,group,profile\n" + "".join(f"s{n},TD 1,p{n}\n" for n in range(12)))
    accounts = load_roster(path, groups_before=[*["TD  1"] * 11, None]).entries
    assert {one.group for one in accounts} == {"TD 1"}
    for before in (["TD 1"] * 10, ["TD 2"] * 11):
        assert says(problems_of(path, groups_before=before), 2, "too many to hand in together")


@pytest.mark.parametrize(
    "cell", ["-", "—", ".", "none", "N/A", "Aucun", "AUCUNE", "aucun groupe", "/"]
)
def test_whoever_works_alone_is_in_no_group(write, cell):
    path = write(
        f"student_id,group,profile\ns1,{cell},p\ns2,{cell},\ns3,\U0001f389,q\ns4,\U0001f389,\n"
    )
    accounts = load_roster(path).entries
    assert [(one.group, one.absent) for one in accounts] == [
        (None, False),
        (None, True),
        ("\U0001f389", False),
        ("\U0001f389", False),
    ]


@pytest.mark.parametrize("cell", ["NA", "N.A.", "Solo", "Alone", "Seul", "Seule", "Null"])
def test_a_team_may_be_called_like_a_word_for_nobody_else(write, cell):
    one, other = load_roster(write(f"student_id,group,profile\na,{cell},p\nb,{cell},\n")).entries
    assert (one.group, other.group, other.absent) == (cell, cell, False)


@pytest.mark.parametrize(
    ("one", "other"), [("Pair 1", "Pair  1"), ("Équipe", unicodedata.normalize("NFD", "Équipe"))]
)
def test_a_group_is_one_however_it_is_spaced_and_encoded(write, one, other):
    accounts = load_roster(write(f"student_id,group,profile\na,{one},p\nb,{other},\n")).entries
    assert [(account.group, account.absent) for account in accounts] == [(one, False)] * 2


@pytest.mark.parametrize("other", ["pair 1", "Pair-1", "Pair1", "PAIR_1", "Pair\u20101", "Païr 1"])
def test_a_group_without_a_way_that_is_written_like_another_is_named(write, other):
    rows = f"x,,q\na,Pair 1,p\nb,{other},\nc,{other},\n"
    path = write(f"student_id,group,profile\n{rows}")
    found = problems_of(path)
    assert [line for line, _ in found] == [4]
    assert says(found, 4, "written almost like that on line 3, and nobody in it names a way")
    assert len(load_roster(path, ways_needed=False).entries) == 4


@pytest.mark.parametrize(
    "rows",
    [
        "a,Pair 1-11,p\nb,Pair 11-1,\n",
        "a,C,p\nb,C++,q\n",
        "a,C#,p\nb,C++,\n",
        "a,Team A,p\nb,Team A*,\n",
        "a,Pair 1,\nb,pair 1,\nc,,p\n",
    ],
    ids=["other numbers", "both have a way", "other signs", "one more sign", "neither has"],
)
def test_two_groups_are_told_apart_where_nobody_loses_a_partner(write, rows):
    accounts = load_roster(write(f"student_id,group,profile\n{rows}")).entries
    assert accounts[0].group != accounts[1].group


def test_whoever_goes_a_partners_way_is_expected_in_the_partners_account(write):
    head = "student_id,group,account_id,profile\n"
    theirs, other = "1" * 12, "2" * 12
    a, b, c = load_roster(write(f"{head}a,g,{theirs},p\nb,g,{other},\nc,g,,\n")).entries
    assert [one.expected_account_id for one in (a, b, c)] == [theirs] * 3
    assert b.account_id == other
    a, b = load_roster(write(f"{head}a,g,,p\nb,g,{other},\n")).entries
    assert (a.expected_account_id, b.expected_account_id) == (None, None)


def test_a_missing_credentials_file_is_no_way_and_no_absence_at_a_desk_alone(write, tmp_path):
    (tmp_path / "c.ini").write_text(ACADEMY)
    rows = "a,g,gone/a.ini\nb,g,\nc,h,c.ini\nd,h,gone/d.ini\ne,h,\n"
    path = write(f"student_id,group,credentials_file\n{rows}")
    a, b, c, d, e = load_roster(path, **AT_A_DESK).entries
    assert (a.access, a.absent) == (MissingFile(), False)
    # Who went the way of a partner handed in as much as the partner did.
    assert (b.access, b.absent) == (MissingFile(), False)
    assert (a.way_account_id, b.way_account_id) == (UNSET, None)
    assert isinstance(c.access, Keys)
    assert (d.access, e.access) == (MissingFile(), c.access)
    for how in ({}, {"ways_needed": False}):
        found = problems_of(path, **how)
        assert [line for line, _ in found] == [2, 5]
        assert says(found, 2, "There is no such file.")


@pytest.mark.parametrize(
    ("columns", "cells", "text"),
    [
        ("profile,credentials_file", "p,gone.ini", "more than one way"),
        ("role_arn", "bad", "not the ARN"),
        ("aws_access_key_id", KEY_ID, "no aws_secret_access_key"),
        ("credentials_file", "empty.ini", "No credentials block is in it"),
        ("credentials_file", ".", "This is a folder"),
        ("credentials_file", "empty.ini/a.ini", "no such file"),
        ("credentials_file", "a" * 300, "cannot be read"),
    ],
)
def test_any_other_mistake_in_a_way_is_told_at_a_desk_too(write, tmp_path, columns, cells, text):
    (tmp_path / "empty.ini").write_text("")
    path = write(f"student_id,{columns}\na,{cells}\n")
    assert says(problems_of(path, **AT_A_DESK), 2, text)


def test_a_group_whose_only_way_is_broken_is_reported_once(write):
    found = problems_of(write("student_id,group,role_arn\ns1,g,bad\ns2,g,\n"))
    assert [line for line, _ in found] == [2]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "no such file"),
        (b"", "No credentials block is in it"),
        (b"canary", "No credentials block is in it"),
        (b"[default]\ncanary=1\n", "No credentials block is in it"),
        (b"[default]\naws_access_key_id=canary\n", "the aws_access_key_id alone"),
        (b"[default]\naws_secret_access_key=canary\n", "has no aws_access_key_id"),
        (b"[default]\naws_access_key_id=x\naws_secret_access_key=canary 1\n", "none of AWS's"),
        (ACADEMY.replace("+", "canary", 1).encode(), "aws_secret_access_key of its block is cut"),
        (ACADEMY[:-4].encode(), "aws_session_token of its block is cut: its end is missing"),
        (
            (ACADEMY + ACADEMY.replace("QW", "WQ")).replace("default", "canary" * 6).encode(),
            "holds 2 different blocks (?, ?)",
        ),
        (
            ACADEMY.replace("default", "one")
            + ACADEMY.replace("QW", "WQ").replace("default", "two"),
            "holds 2 different blocks (one, two), and which one counts is not said. Keep one of them",
        ),
        ("[default]\ncanary=1".encode("utf-16"), "No credentials block is in it"),
        (b"canary\0", "not text"),
        (b"\x89PNG canary", "screenshot"),
        (b"#" * 1_100_000 + b"canary", "larger than"),
    ],
)
def test_a_bad_credentials_file_is_named_and_never_quoted(write, tmp_path, content, text):
    if content is not None:
        raw = content.encode() if isinstance(content, str) else content
        (tmp_path / "s1.ini").write_bytes(raw)
    found = problems_of(write("student_id,credentials_file\ns1,s1.ini\n"))
    assert says(found, 2, text), found
    assert says(found, 2, str(tmp_path / "s1.ini"))
    assert "canary" not in str(found)


@pytest.mark.parametrize(
    "section",
    [
        "[default]",
        "[student]",
        "[other]\nx=1\n[default]",
        ACADEMY.replace("QW", "WQ").replace("default", "x") + "[default]",
    ],
)
def test_a_credentials_block_in_its_usual_forms_is_read(write, tmp_path, section):
    block = ACADEMY.replace("[default]", section).replace("\n", "\r\n").replace("=", " = ", 2)
    (tmp_path / "s1.ini").write_bytes(b"\xef\xbb\xbf" + block.encode())
    (account,) = load_roster(write("student_id,credentials_file\ns1,s1.ini\n")).entries
    assert isinstance(account.access, Keys)
    assert account.access.access_key_id.reveal() == KEY_ID


def test_a_note_in_the_place_of_a_block_is_something_handed_in_until_a_block_takes_its_place(
    write, tmp_path
):
    note = unreadable_text(["It is a PDF,\nwhich is not read.", "Its block has no key."])
    (tmp_path / "s1.ini").write_text(note)
    path = write("student_id,credentials_file\ns1,s1.ini\n")
    (account,) = load_roster(path).entries
    assert account.access == HandedIn("It is a PDF, which is not read. Its block has no key.")
    (tmp_path / "s1.ini").write_text(note + ACADEMY)
    assert isinstance(load_roster(path).entries[0].access, Keys)


def test_times_and_ids_of_other_systems_are_kept(write):
    path = write(
        "student_id,profile,submitted_at,due_at,moodle_participant,Canvas ID,canvas_id\n"
        "s1,p,2026-11-27T10:00:00Z,2026-11-28T23:59+01:00,1234,x,77\n"
        "s2,p,,,,,\n"
    )
    roster = load_roster(path)
    first, second = roster.entries
    assert first.submitted_at == datetime(2026, 11, 27, 10, tzinfo=UTC)
    assert first.due_at == datetime(2026, 11, 28, 22, 59, tzinfo=UTC)
    assert (second.submitted_at, second.due_at) == (None, None)
    assert first.extra == {"moodle_participant": "1234", "Canvas ID": "x", "canvas_id": "77"}


CANARY = "wJalrCANARYbPxRf"
CELLS = st.one_of(
    st.just(""),
    st.sampled_from(["s1", "S1", "p", ROLE, "111111111111", "us-east-1", "http://x", "g", CANARY]),
    st.sampled_from([f"{CANARY} x", f"é{CANARY}", f'"{CANARY}', f"{CANARY}\n", f"[{CANARY}"]),
    st.text(max_size=5),
)
# A path that cannot be read must be shown, so that one column is left out.
COLUMNS = st.sampled_from(
    [c for c in KNOWN_COLUMNS if c != "credentials_file"]
    + ["Student ID", "note", f"{CANARY}secret", CANARY, ""]
)
fuzz = settings(
    deadline=None,
    max_examples=2 * settings.default.max_examples,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@fuzz
@given(
    header=st.lists(COLUMNS, max_size=6).map(lambda columns: ["student_id", *columns]),
    rows=st.lists(st.lists(CELLS, max_size=8), max_size=4),
    delimiter=st.sampled_from(",;\t"),
)
def test_no_message_quotes_a_cell(write, header, rows, delimiter):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    path = write(text.getvalue().encode("utf-8", "surrogatepass"))
    try:
        load_roster(path)
    except BadInput as bad:
        shown = f"{bad} {bad!r} {bad.problems!r}"
    else:
        return
    assert CANARY not in shown


@fuzz
@given(data=st.data())
@pytest.mark.slow
def test_no_secret_is_shown(write, tmp_path, data):
    tail = data.draw(st.sampled_from(["", " ", "\n", "é", '"', "\0", ",", ";"]))
    secret = CANARY + tail
    (tmp_path / "k.ini").write_text(
        f"[default]\naws_access_key_id={secret}\naws_secret_access_key={secret}\n",
        encoding="utf-8",
        newline="",
    )
    header = ["student_id", "role_arn", "external_id", "aws_access_key_id", "aws_secret_access_key"]
    header += ["aws_session_token", "credentials_file"]
    cells = st.sampled_from([secret, ""])
    rows = [
        [
            data.draw(st.sampled_from(["s1", "s2", "?"])),
            data.draw(st.sampled_from(["", ROLE])),
            *(data.draw(cells) for _ in range(4)),
            data.draw(st.sampled_from(["", "k.ini"])),
        ]
        for _ in range(data.draw(st.integers(0, 3)))
    ]
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    try:
        shown = repr(load_roster(write(text.getvalue())))
    except BadInput as bad:
        shown = f"{bad} {bad!r} {bad.problems!r}"
    assert CANARY not in shown


@fuzz
@given(content=st.binary(max_size=100) | st.text(max_size=100).map(lambda t: t.encode("utf-8")))
def test_any_bytes_load_or_are_refused(write, content):
    for before in (b"", b"student_id,profile\n"):
        try:
            load_roster(write(before + content))
        except BadInput as bad:
            lines = [problem.line for problem in bad.problems]
        else:
            continue
        assert lines
        assert all(line is not None and line >= 1 for line in lines)
