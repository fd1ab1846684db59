"""``grader roster --class``: a download and class lists become one row a student, kept up to date."""

from __future__ import annotations

import csv
import os
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from grader.commands.exit_statuses import UNGRADED
from grader.model.access import HandedIn, Keys, NothingHandedIn
from grader.roster.load import load_roster
from tests.intake.test_roster_command import block, everything, rows
from tests.programs import command, grader_here, run

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

HEADER = (
    "Identifiant,Nom complet,Adresse de courriel,Statut,Groupe,Note,Note maximale,"
    "Dernière modification (travail remis)\n"
)
AT_TEN = '"vendredi 27 novembre 2026, 10:15"'


def worksheet(*students: tuple[int, str, str], at: str = AT_TEN) -> str:
    """Moodle's grading worksheet of (participant, name, group)."""
    lines = (
        f"Participant {number},{name},s{number}@x.org,Remis,{group},,20,{at}\n"
        for number, name, group in students
    )
    return HEADER + "".join(lines)


PAIRS = worksheet(
    (201, "Zoë Süß", "Groupe 01"), (202, "Bob Roy", "Groupe 01"),
    (203, "Cy Lee", "Groupe 02"), (204, "Di Lee", "Groupe 02"),
)  # fmt: skip


def pack(path: Path, **files: str | bytes) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)


def make(
    folder: Path, *more: str, lists: tuple[str, ...] = ("list.csv",)
) -> subprocess.CompletedProcess[str]:
    given = [word for one in lists for word in ("--class", one)]
    return grader_here("roster", "all.zip", *given, "--out", "class.csv", *more, cwd=folder)


def key_of(folder: Path, student: str) -> str:
    (account,) = (a for a in load_roster(folder / "class.csv").entries if a.student_id == student)
    assert isinstance(account.access, Keys), account.access
    return account.access.access_key_id.reveal()


def test_sixty_students_in_thirty_pairs_have_a_row_each_with_their_groups_block(
    tmp_path: Path,
) -> None:
    class_of = [(200 + n, f"Prénom{n} Nom{n}", f"Groupe {n // 2 + 1:02}") for n in range(60)]
    (tmp_path / "list.csv").write_text(worksheet(*class_of), encoding="utf-8-sig")
    # The groups' numbers are other students' numbers of participants.
    pack(
        tmp_path / "all.zip",
        **{
            f"Groupe {g:02}_{199 + g}_assignsubmission_file/keys.txt": block(f"{g:012}")
            for g in range(1, 31)
        },
    )
    done = make(tmp_path)
    assert done.returncode == 0, done.stderr
    made = rows(tmp_path / "class.csv")
    assert [(r["student_id"], r["name"], r["group"]) for r in made] == [
        (str(number), name, group) for number, name, group in class_of
    ]
    assert {r["moodle_participant"] for r in made} == {str(number) for number, *_ in class_of}
    assert made[0]["email"] == "s200@x.org"
    for number, _name, group in class_of:
        assert key_of(tmp_path, str(number)) == f"{int(group[-2:]):012}"
    # Partners share a block by right: nobody is asked about it.
    assert "To look at" not in done.stderr
    assert "moodle_participant from “Identifiant”" in done.stdout
    assert stat.S_IMODE((tmp_path / "class.csv").stat().st_mode) == 0o600


def test_whoever_handed_in_nothing_has_a_row_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(PAIRS)
    pack(tmp_path / "all.zip", **{"Groupe 01_500_assignsubmission_file/k.txt": block()})
    done = make(tmp_path)
    assert done.returncode == 0
    made = rows(tmp_path / "class.csv")
    assert [r["credentials_file"] for r in made][2:] == ["", ""]
    assert "Handed in nothing: 203 (Cy Lee), 204 (Di Lee)." in done.stdout


def test_a_broken_submission_is_handed_in_by_every_member(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(PAIRS)
    pack(tmp_path / "all.zip", **{"Groupe 02_500_assignsubmission_file/k.png": b"\x89PNG"})
    done = make(tmp_path)
    assert done.returncode == UNGRADED
    assert done.stderr.count("screenshot") == 1
    accounts = load_roster(tmp_path / "class.csv").entries
    assert [(a.student_id, type(a.access)) for a in accounts] == [
        ("201", NothingHandedIn),
        ("202", NothingHandedIn),
        ("203", HandedIn),
        ("204", HandedIn),
    ]


def test_times_of_submission_are_the_worksheets(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(PAIRS.replace(AT_TEN, "27/11/26 10:15", 1))
    pack(tmp_path / "all.zip", **{"Groupe 01_500_assignsubmission_file/k.txt": block()})
    done = make(tmp_path)
    first, second, *_ = rows(tmp_path / "class.csv")
    assert first["submitted_at"] == ""
    assert second["submitted_at"].startswith("2026-11-27T10:15:00")
    assert "list.csv:2: The time of submission is written in a way that is not read" in done.stderr
    assert "read as this machine's" in done.stdout


def test_canvas_s_groups_are_known_by_a_members_number_and_the_groups_name(tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Lab (1)\n    Points Possible,,,,,20\n"
        '"Süß, Zoë",71,u1,zoe,A,\n"Roy, Bob",72,u2,bob,A,\n"Lee, Cy",73,u3,cy,A,\n'
    )
    (tmp_path / "groups.csv").write_text(
        "name,canvas_user_id,user_id,login_id,group_name\n"
        "Zoë Süß,71,u1,zoe,Pair 1\nBob Roy,72,u2,bob,Pair 1\nCy Lee,73,u3,cy,\n"
    )
    pack(
        tmp_path / "all.zip",
        **{"pair1_72_901_b.txt": block("2" * 12), "leecy_LATE_73_902_b.txt": block("3" * 12)},
    )
    done = make(tmp_path, lists=("book.csv", "groups.csv"))
    assert done.returncode == 0, done.stderr
    assert [key_of(tmp_path, student) for student in ("71", "72", "73")] == [
        "2" * 12,
        "2" * 12,
        "3" * 12,
    ]
    assert rows(tmp_path / "class.csv")[0] == {
        "student_id": "71", "name": "Süß, Zoë", "group": "Pair 1", "canvas_id": "71",
        "sis_user_id": "u1", "sis_login_id": "zoe",
        "credentials_file": "class-credentials/71.ini", "submitted_at": "",
    }  # fmt: skip


def signs(*groups: str) -> str:
    """A worksheet of two students in each of ``groups``."""
    names = ("Ann Ax", "Bo Bi", "Cy Cu", "Di Do", "Ed Ef", "Fay Go")
    return worksheet(*((201 + n, names[n], groups[n // 2]) for n in range(2 * len(groups))))


@pytest.mark.parametrize("pair", [("Pair 1-11", "Pair 11-1"), ("C", "C++")])
def test_groups_whose_names_differ_in_signs_alone_have_their_own_blocks(
    tmp_path: Path, pair: tuple[str, str]
) -> None:
    (tmp_path / "list.csv").write_text(signs(*pair))
    folders = {
        f"{group}_50{n}_assignsubmission_file/k.txt": block(str(n) * 12)
        for n, group in enumerate(pair, start=1)
    }
    pack(tmp_path / "all.zip", **folders)
    done = make(tmp_path)
    assert done.returncode == 0, done.stderr
    keys = [key_of(tmp_path, student) for student in ("201", "202", "203", "204")]
    assert keys == ["1" * 12, "1" * 12, "2" * 12, "2" * 12]


def test_canvas_s_number_tells_groups_apart_whose_letters_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "name,canvas_user_id,group_name\nAnn Ax,71,Pair 1-11\nBo Bi,72,Pair 1-11\nCy Cu,73,Pair 11-1\n"
    )
    pack(
        tmp_path / "all.zip",
        **{"pair111_73_901_b.txt": block("2" * 12), "pair111_72_902_b.txt": block("1" * 12)},
    )
    done = make(tmp_path)
    assert done.returncode == 0, done.stderr
    keys = [key_of(tmp_path, student) for student in ("71", "72", "73")]
    assert keys == ["1" * 12, "1" * 12, "2" * 12]


@pytest.mark.parametrize("other", ["pair 01", "Pair-01", "Pair01"])
@pytest.mark.parametrize("column", ["group", "Groups"])
def test_groups_of_a_list_that_have_the_same_letters_are_named_once(
    tmp_path: Path, other: str, column: str
) -> None:
    (tmp_path / "list.csv").write_text(
        f"name,{column}\nAnn Ax,Pair 01\nBo Bi,{other}\nCy Cu,{other}\n"
    )
    pack(tmp_path / "all.zip", **{"Pair 01_500_assignsubmission_file/k.txt": block()})
    done = make(tmp_path)
    said = f"list.csv:3: The group is {other} here and Pair 01 in list.csv:2"
    assert "To look at" in done.stderr
    assert said in done.stderr
    assert done.stderr.count("The group is") == 1
    made = rows(tmp_path / "class.csv")
    assert [bool(r["credentials_file"]) for r in made] == [True, False, False]


def test_groups_in_one_cell_that_have_the_same_letters_are_named(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text('name,Groups\nAnn Ax,"T 1-1, T 11"\n')
    pack(tmp_path / "all.zip", **{"T 11_500_assignsubmission_file/k.txt": block()})
    done = make(tmp_path)
    assert done.returncode == 0
    assert "list.csv:2: The group is T 11 here and T 1-1 in list.csv:2" in done.stderr


def test_the_group_of_several_that_handed_in_is_chosen_by_its_exact_name(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text('name,Groups\nAnn Ax,"T 1-11, T 2"\nBo Bi,"T 11-1, T 3"\n')
    pack(
        tmp_path / "all.zip",
        **{
            "T 11-1_500_assignsubmission_file/k.txt": block("1" * 12),
            "T 2_501_assignsubmission_file/k.txt": block("2" * 12),
        },
    )
    done = make(tmp_path)
    assert done.returncode == 0, done.stderr
    assert [r["group"] for r in rows(tmp_path / "class.csv")] == ["T 2", "T 11-1"]


def test_a_namesake_with_another_number_of_canvas_s_is_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text('Student,ID,Section\n"Lee, Ann",11,A\n')
    pack(tmp_path / "all.zip", **{"leeann_99_900_b.txt": block()})
    done = make(tmp_path)
    assert "leeann is not in the class list" in done.stderr
    made = [(r["student_id"], bool(r["credentials_file"])) for r in rows(tmp_path / "class.csv")]
    assert made == [("11", False), ("99", True)]


@pytest.mark.parametrize(
    "text", ["LastName,FirstName,ID\nLee,Ann,20261\n", "Student,ID\nAnn Lee,20261\n"]
)
def test_a_number_of_ones_own_beside_a_name_is_not_canvas_s(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.csv").write_text(text)
    pack(tmp_path / "all.zip", **{"leeann_99_900_b.txt": block()})
    done = make(tmp_path)
    assert done.returncode == 0, done.stderr
    made = [(r["student_id"], r["canvas_id"]) for r in rows(tmp_path / "class.csv")]
    assert made == [("99", "99")]


def test_of_canvas_s_attachments_the_last_counts_and_a_known_user_decides_whose_it_is(
    tmp_path: Path,
) -> None:
    (tmp_path / "list.csv").write_text("Student,ID,Section\nAnn 999 1,123,A\n")
    pack(
        tmp_path / "all.zip",
        **{"999_1_123_1000_b.txt": block("2" * 12), "999_1_123_999_b.txt": block("1" * 12)},
    )
    done = make(tmp_path)
    assert done.returncode == 0, done.stderr
    assert [r["student_id"] for r in rows(tmp_path / "class.csv")] == ["123"]
    assert key_of(tmp_path, "123") == "2" * 12


@pytest.mark.parametrize(
    ("numbers", "made"),
    [
        # Moodle's own, saved by hand: whoever handed in nothing has theirs too.
        (("201", "202"), ["201", "202"]),
        (("20261", "20262"), ["201", ""]),
        # One of them happens to be what Moodle calls somebody else.
        (("20261", "201"), ["201", ""]),
    ],
)
@pytest.mark.parametrize("more", [(), ("worksheet.csv",)])
def test_numbers_under_identifier_are_moodle_s_where_the_download_says_so(
    tmp_path: Path, numbers: tuple[str, str], made: list[str], more: tuple[str, ...]
) -> None:
    ann, bob = numbers
    (tmp_path / "list.csv").write_text(f"Identifiant;Nom;Prénom\n{ann};Lee;Ann\n{bob};Roy;Bob\n")
    (tmp_path / "worksheet.csv").write_text(worksheet((201, "Ann Lee", ""), (202, "Bob Roy", "")))
    pack(tmp_path / "all.zip", **{"Ann Lee_201_assignsubmission_file/k.txt": block("1" * 12)})
    done = make(tmp_path, lists=("list.csv", *more))
    assert (done.returncode, done.stderr) == (0, "")
    found = rows(tmp_path / "class.csv")
    assert [r["moodle_participant"] for r in found] == (["201", "202"] if more else made)
    assert [bool(r["credentials_file"]) for r in found] == [True, False]
    assert ("list.csv: moodle_participant from" in done.stdout) == (bob == "202")


def test_numbers_under_identifier_stay_where_nothing_else_names_the_students(
    tmp_path: Path,
) -> None:
    (tmp_path / "list.csv").write_text("Identifiant,Groupe\n201,Pair 1\n202,Pair 1\n")
    pack(tmp_path / "all.zip", **{"Pair 1_500_assignsubmission_file/k.txt": block()})
    assert make(tmp_path).returncode == 0
    assert [r["moodle_participant"] for r in rows(tmp_path / "class.csv")] == ["201", "202"]


def test_a_list_of_ones_own_is_joined_by_names_in_whatever_order(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "Nom;Prénom;Groupe\nSüß;Zoë;a\nRoy;Bob;a\n", encoding="latin-1"
    )
    pack(tmp_path / "all.zip", **{"SÜß Zoë_9_assignsubmission_file/k.txt": block()})
    done = make(tmp_path)
    assert done.returncode == 0, done.stderr
    columns = ("name", "group", "moodle_participant", "credentials_file")
    made = [tuple(r[c] for c in columns) for r in rows(tmp_path / "class.csv")]
    assert made == [("Zoë Süß", "a", "9", "class-credentials/9.ini"), ("Bob Roy", "a", "", "")]


@pytest.mark.parametrize(
    ("header", "names", "file"),
    [
        ("First name,Last name", "Ann,Lee", "leeann"),
        ("Prénom;Nom", "Ana María;de la Cruz", "delacruzanamaría"),
        ("name", "Ann Lee", "leeann"),
    ],
)
def test_canvas_s_files_are_known_in_a_list_that_has_first_names_first(
    tmp_path: Path, header: str, names: str, file: str
) -> None:
    cut = ";" if ";" in header else ","
    (tmp_path / "list.csv").write_text(f"{header}{cut}Email address\n{names}{cut}a@x.org\n")
    pack(tmp_path / "all.zip", **{f"{file}_11_900_b.txt": block()})
    done = make(tmp_path)
    assert done.returncode == 0, done.stderr
    made = [(r["email"], r["canvas_id"], r["student_id"]) for r in rows(tmp_path / "class.csv")]
    assert made == [("a@x.org", "11", "a@x.org")]
    assert isinstance(load_roster(tmp_path / "class.csv").entries[0].access, Keys)


def test_a_name_that_was_corrected_in_the_roster_is_known_by_canvas_s_file(tmp_path: Path) -> None:
    pack(tmp_path / "all.zip", **{"leeann_11_900_b.txt": block()})
    assert make(tmp_path, lists=()).returncode == 0
    path = tmp_path / "class.csv"
    path.write_text(path.read_text().replace("leeann", "Ann Lee"))
    assert make(tmp_path, lists=()).returncode == 0
    assert [r["name"] for r in rows(path)] == ["Ann Lee"]


def test_a_namesake_whose_address_one_list_alone_has_is_a_student_of_their_own(
    tmp_path: Path,
) -> None:
    (tmp_path / "list.csv").write_text("name,email\nAnn Lee,a@x.org\n")
    (tmp_path / "more.csv").write_text(
        "name,email,Identifier\nAnn Lee,b@x.org,8\nLee Ann,a@x.org,7\n"
    )
    pack(tmp_path / "all.zip", **{"Ann Lee_8_assignsubmission_file/k.txt": block()})
    done = make(tmp_path, lists=("list.csv", "more.csv"))
    assert done.returncode == 0, done.stderr
    made = [(r["email"], r["moodle_participant"]) for r in rows(tmp_path / "class.csv")]
    assert made == [("a@x.org", "7"), ("b@x.org", "8")]
    assert key_of(tmp_path, "8") == "1" * 12


def test_what_a_list_says_is_no_formula_and_no_control_sequence(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        'Identifier,Full name,Group\nParticipant 7,"=A(""x"")\x1b[31m",+g\x07\n'
    )
    pack(tmp_path / "all.zip", **{"Participant_7_assignsubmission_file/k.txt": block()})
    done = make(tmp_path)
    assert done.returncode == 0, done.stderr
    (row,) = rows(tmp_path / "class.csv")
    assert (row["name"][:3], row["group"][:3]) == ("'=A", "'+g")
    assert not {"\x1b", "\x07"} & {
        *(tmp_path / "class.csv").read_text(),
        *done.stdout,
        *done.stderr,
    }
    # And it is read as what it was, so that the same again changes nothing.
    before = everything(tmp_path)
    make(tmp_path)
    assert everything(tmp_path) == before


def test_names_and_groups_with_joiners_are_stored_as_they_are_and_match(tmp_path: Path) -> None:
    team, person = "\U0001f469\u200d\U0001f4bb Team", "علی\u200cرضا کریمی"
    (tmp_path / "list.csv").write_text(
        f"Identifier,Full name,Group\nParticipant 7,{person},{team}\nParticipant 8,Bo Ro,{team}\n"
    )
    pack(tmp_path / "all.zip", **{f"{team}_500_assignsubmission_file/k.txt": block()})
    done = make(tmp_path)
    assert done.returncode == 0, done.stderr
    made = rows(tmp_path / "class.csv")
    assert [(r["name"], r["group"]) for r in made] == [(person, team), ("Bo Ro", team)]
    assert key_of(tmp_path, "7") == key_of(tmp_path, "8") == "1" * 12
    pack(tmp_path / "all.zip", **{f"{person}_7_assignsubmission_file/k.txt": block()})
    assert make(tmp_path, "--out", "none.csv", lists=()).returncode == 0
    assert [r["name"] for r in rows(tmp_path / "none.csv")] == [person]


def test_blind_marking_knows_numbers_only(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "Identifier,Status\nParticipant 7,Submitted\nParticipant 8,-\n"
    )
    pack(tmp_path / "all.zip", **{"Participant_7_assignsubmission_file/k.txt": block()})
    assert make(tmp_path).returncode == 0
    assert [(r["student_id"], r["name"]) for r in rows(tmp_path / "class.csv")] == [
        ("7", ""),
        ("8", ""),
    ]


def test_who_is_in_no_list_has_a_row_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Identifier,Full name\nParticipant 7,Ann Lee\n")
    pack(tmp_path / "all.zip", **{"Guest_9_assignsubmission_file/k.txt": block()})
    done = make(tmp_path)
    assert "Guest is not in the class list" in done.stderr
    assert [r["student_id"] for r in rows(tmp_path / "class.csv")] == ["7", "9"]


def test_a_column_that_names_halves_of_the_course_makes_no_group(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "First name,Last name,Email address,Groups\n"
        + "".join(f"A{n},B{n},s{n}@x.org,TD1\n" for n in range(12))
        + 'C,D,c@x.org,"TD2, Pair 1"\nE,F,e@x.org,"TD2, Pair 1"\nG,H,g@x.org,"TD2, TD3"\n'
    )
    pack(tmp_path / "all.zip", **{"Pair 1_500_assignsubmission_file/k.txt": block()})
    done = make(tmp_path)
    assert done.returncode == 0, done.stderr
    groups = [r["group"] for r in rows(tmp_path / "class.csv")]
    assert groups == [""] * 12 + ["Pair 1", "Pair 1", ""]
    assert "TD1 has 12 students, too many" in done.stderr
    assert "list.csv:16: The student is in several groups" in done.stderr


@pytest.mark.parametrize(("handed_in", "group"), [("A0 B0", ""), ("TD1", "TD1")])
def test_a_section_in_the_column_group_makes_no_group_unless_it_handed_in_as_one(
    tmp_path: Path, handed_in: str, group: str
) -> None:
    people = "".join(f"A{n},B{n},s{n}@x.org,TD1\n" for n in range(12))
    (tmp_path / "list.csv").write_text(f"First name,Last name,Email address,Group\n{people}")
    pack(tmp_path / "all.zip", **{f"{handed_in}_500_assignsubmission_file/k.txt": block()})
    for _ in range(2):  # made, and brought up to date
        done = make(tmp_path)
        assert done.returncode == 0, done.stderr
        assert ("TD1 has 12 students, too many" in done.stderr) != bool(group)
        assert {r.get("group", "") for r in rows(tmp_path / "class.csv")} == {group}
    if group:
        accounts = load_roster(tmp_path / "class.csv").entries
        assert (len(accounts), len({one.access for one in accounts})) == (12, 1)


def test_without_a_list_a_group_is_not_taken_for_a_participant(tmp_path: Path) -> None:
    pack(tmp_path / "all.zip", **{"Groupe 01_500_assignsubmission_file/k.txt": block()})
    done = make(tmp_path, lists=())
    assert "Groupe 01 seems to be a group" in done.stderr
    assert "--class" in done.stderr
    assert "moodle_participant" not in rows(tmp_path / "class.csv")[0]


# -- bad input --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lists", "files", "said"),
    [
        (
            ["Full name\nAnn Lee\nLee Ann\n"],
            ["Ann Lee_7_assignsubmission_file/k.txt"],
            ["list0.csv:3: The name is that of line 2"],
        ),
        (
            ["Full name,Email address\nAnn Lee,a@x.org\nAnn Lee,b@x.org\n"],
            ["Ann Lee_7_assignsubmission_file/k.txt"],
            ["Ann Lee: list0.csv:2, list0.csv:3 have this name", "worksheet"],
        ),
        (
            [PAIRS],
            [f"Groupe {n}_50{n[-1]}_assignsubmission_file/k.txt" for n in ("01", "08", "09")],
            ["Groupe 08: no row of the class list names this group", "Groupe 09: no row"],
        ),
        (
            [
                PAIRS,
                PAIRS.replace("Lee,s204@x.org,Remis,Groupe 02", "Lee,s204@x.org,Remis,Groupe 03"),
            ],
            ["Groupe 01_500_assignsubmission_file/k.txt"],
            ["list1.csv:5: The group is Groupe 03 here and Groupe 02 in list0.csv:5"],
        ),
        (
            [PAIRS, "Full name,Email address,Groups\nDi Lee,s204@x.org,Groupe 07\n"],
            ["Groupe 01_500_assignsubmission_file/k.txt"],
            ["list1.csv:2: The group is Groupe 07 here and Groupe 02 in list0.csv:5"],
        ),
        (
            [PAIRS, "Identifier,Email address\nParticipant 9,s204@x.org\n"],
            ["Groupe 01_500_assignsubmission_file/k.txt"],
            ["list1.csv:2: The moodle_participant is another than in list0.csv:5"],
        ),
        (
            [
                "name,email\nAnn Lee,a@x.org\n",
                'Student,ID,Section\n"Lee, Ann",11,A\n"Lee, Ann",12,A\n',
            ],
            ["s01/k.txt"],
            [
                "list1.csv:2: Several rows of this list have the name that list0.csv:2",
                "list1.csv:3:",
            ],
        ),
        (
            [
                "moodle_participant;Nom;Prénom;Groupe\n20261;Lee;Ann;a\n20262;Roy;Bob;a\n",
                "Identifier,Full name\nParticipant 201,Ann Lee\nParticipant 202,Bob Roy\n",
            ],
            ["Ann Lee_201_assignsubmission_file/k.txt"],
            [
                "list1.csv:2: The moodle_participant is another than in list0.csv:2",
                "rename its column",
                "list1.csv:3: The moodle_participant is another than in list0.csv:3",
            ],
        ),
        (
            [
                "moodle_participant;Nom;Prénom;Groupe\n202;Lee;Ann;a\n",
                "Identifier,Full name\nParticipant 201,Ann Lee\nParticipant 202,Bob Roy\n",
            ],
            ["Ann Lee_201_assignsubmission_file/k.txt"],
            ["list1.csv:3: The name is another than in list0.csv:2"],
        ),
        (
            [PAIRS, "Identifier,Email address\nParticipant 203,s204@x.org\n"],
            ["Groupe 01_500_assignsubmission_file/k.txt"],
            ["list1.csv:2: Its ids are those of different students: list0.csv:4, list0.csv:5"],
        ),
        (
            [
                PAIRS,
                "Identifier,Email address,name\nParticipant 203,,Cy Lee\n,s203@x.org,Cyrus Lee\n",
            ],
            ["Groupe 01_500_assignsubmission_file/k.txt"],
            ["list1.csv:3: Line 2 is of the same student"],
        ),
        (
            [signs("Pair 1-11", "Pair 11-1")],
            ["Pair 111_500_assignsubmission_file/k.txt"],
            [
                "Pair 111: the groups of list0.csv:2, list0.csv:3, list0.csv:4, list0.csv:5 are written"
            ],
        ),
        # The list has one of them alone: it is not given what the other handed in.
        (
            [signs("Pair 1-11")],
            [f"Pair {n}_assignsubmission_file/k.txt" for n in ("1-11_500", "11-1_501")],
            ["Pair 11-1: the groups of list0.csv:2, list0.csv:3 are written alike"],
        ),
        (
            [
                signs("Pair 1-11"),
                signs("Pair 1-11", "Pair 11-1").replace(
                    "Ax,s201@x.org,Remis,Pair 1-11", "Ax,s201@x.org,Remis,Pair 11-1"
                ),
            ],
            ["Pair 1-11_500_assignsubmission_file/k.txt"],
            ["list1.csv:2: The group is Pair 11-1 here and Pair 1-11 in list0.csv:2"],
        ),
        (
            ["Identifier,Full name\nParticipant 41,Ann Lee\n"],
            ["Ann Lee_99_assignsubmission_file/k.txt"],
            ["Ann Lee: the number is 99 here, and another in list0.csv:2", "this very assignment"],
        ),
        (
            ["Identifier,Full name\nParticipant 41,Ann Lee\nParticipant 42,Bo Ro\n"],
            ["Ann Lee_42_assignsubmission_file/k.txt"],
            ["Ann Lee: the number is that of list0.csv:3, the name that of list0.csv:2"],
        ),
        # Two of one name handed in, and the list has one: whose block is whose is not said.
        (
            ["name,email\nAnn Lee,a@x.org\n"],
            [f"Ann Lee_{n}_assignsubmission_file/k.txt" for n in (7, 9)],
            [
                "Ann Lee_9_assignsubmission_file: Ann Lee: Ann Lee_7_assignsubmission_file is by another"
            ],
        ),
        (
            ["name,email\nAnn Lee,a@x.org\n"],
            ["leeann_7_900_k.txt", "leeann_9_901_k.txt"],
            ["leeann_9_901_k.txt: leeann: leeann_7_900_k.txt is by another student"],
        ),
        (
            ["name,due_at\nAnn,x\n", "name,due_at\nBo,y\n"],
            ["s01/k.txt"],
            ["list0.csv:2: The due_at", "list1.csv:2: The due_at"],
        ),
    ],
)
def test_what_cannot_be_told_apart_is_said_at_once_and_nothing_is_written(
    tmp_path: Path, lists: list[str], files: list[str], said: list[str]
) -> None:
    for number, text in enumerate(lists):
        (tmp_path / f"list{number}.csv").write_text(text)
    pack(tmp_path / "all.zip", **dict.fromkeys(files, block()))
    before = everything(tmp_path)
    done = make(tmp_path, lists=tuple(f"list{number}.csv" for number in range(len(lists))))
    assert done.returncode == 2, done.stderr
    for words in said:
        assert words in done.stderr
    assert everything(tmp_path) == before


def test_pruning_without_a_list_would_remove_everybody_and_is_refused(tmp_path: Path) -> None:
    pack(tmp_path / "all.zip", **{"s01/k.txt": block()})
    done = make(tmp_path, "--prune", lists=())
    assert done.returncode == 2
    assert "Add --class" in done.stderr


def test_a_roster_that_is_wrong_is_not_brought_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(PAIRS)
    pack(tmp_path / "all.zip", **{"Groupe 01_500_assignsubmission_file/k.txt": block()})
    (tmp_path / "class.csv").write_text(
        "student_id,name,profile,due_at\na,Zoë Süß,p,soon\nA,Bob,p,\nb,Zoë Süß,p,\n"
    )
    before = everything(tmp_path)
    done = make(tmp_path)
    assert (done.returncode, everything(tmp_path)) == (2, before)
    assert "class.csv:2: The due_at" in done.stderr
    assert "class.csv:3: The student_id is the same" in done.stderr
    (tmp_path / "class.csv").write_text("student_id,name,profile\na,Zoë Süß,p\nb,Zoë Süß,p\n")
    done = make(tmp_path)
    assert done.returncode == 2
    assert "class.csv:2: Lines 2, 3 may both be of Zoë Süß" in done.stderr


# -- up to date -------------------------------------------------------------------------------------


@pytest.fixture
def class_of_pairs(tmp_path: Path) -> Path:
    """A roster of two pairs, the first of which handed in, to which the instructor added things."""
    (tmp_path / "list.csv").write_text(PAIRS)
    pack(tmp_path / "all.zip", **{"Groupe 01_500_assignsubmission_file/k.txt": block()})
    assert make(tmp_path).returncode == 0
    path = tmp_path / "class.csv"
    header, *lines = path.read_text().splitlines()
    lines = [f"{line},A" for line in lines]
    lines[0] = lines[0].replace("s201@x.org", "zoe@home.org").replace("Groupe 01", "mine")
    own = dict.fromkeys(header.split(","), "") | {"student_id": "guest", "name": "=Gast"}
    lines.insert(1, ",".join([*own.values(), "B"]).replace("=Gast", "'=Gast"))
    path.write_text("\n".join([f"{header},section", *lines]) + "\n")
    return tmp_path


def test_a_late_block_changes_that_row_and_nothing_else(class_of_pairs: Path) -> None:
    before = (class_of_pairs / "class.csv").read_text().splitlines()
    pack(
        class_of_pairs / "all.zip",
        **{
            "Groupe 01_500_assignsubmission_file/k.txt": block(),
            "Groupe 02_501_assignsubmission_file/k.txt": block("2" * 12),
        },
    )
    done = make(class_of_pairs)
    assert done.returncode == 0, done.stderr
    after = (class_of_pairs / "class.csv").read_text().splitlines()
    assert after[:4] == before[:4]
    assert [line.split(",")[0] for line in after] == [line.split(",")[0] for line in before]
    assert key_of(class_of_pairs, "203") == key_of(class_of_pairs, "204") == "2" * 12
    assert "New blocks: 203 (Cy Lee), 204 (Di Lee)." in done.stdout
    assert "kept (--prune removes them): guest (=Gast)." in done.stdout
    # What a human wrote stays, and that the list differs is said.
    assert "the email is another in the class list (s201@x.org); yours stays" in done.stderr
    assert "the group is another in the class list (Groupe 01); yours stays" in done.stderr


def test_the_same_again_changes_no_byte(class_of_pairs: Path) -> None:
    before = everything(class_of_pairs)
    assert make(class_of_pairs).returncode == 0
    assert everything(class_of_pairs) == before


def test_of_two_blocks_the_one_submitted_last_counts_whatever_comes_last(
    class_of_pairs: Path,
) -> None:
    later = AT_TEN.replace("10:15", "18:00")
    early = everything(class_of_pairs)["all.zip"]
    (class_of_pairs / "list.csv").write_text(PAIRS.replace(AT_TEN, later))
    pack(
        class_of_pairs / "all.zip", **{"Groupe 01_500_assignsubmission_file/k.txt": block("2" * 12)}
    )
    assert "New blocks: 201" in make(class_of_pairs).stdout
    assert rows(class_of_pairs / "class.csv")[0]["submitted_at"].startswith("2026-11-27T18:00")
    (class_of_pairs / "list.csv").write_text(PAIRS)
    (class_of_pairs / "all.zip").write_bytes(early)
    done = make(class_of_pairs)
    assert "201 (Zoë Süß): the block that the roster has stays" in done.stderr
    assert key_of(class_of_pairs, "201") == "2" * 12
    assert rows(class_of_pairs / "class.csv")[0]["submitted_at"].startswith("2026-11-27T18:00")


def test_what_is_no_block_takes_no_blocks_place(class_of_pairs: Path) -> None:
    pack(class_of_pairs / "all.zip", **{"Groupe 01_500_assignsubmission_file/k.pdf": b"%PDF"})
    done = make(class_of_pairs)
    assert done.returncode == UNGRADED
    assert key_of(class_of_pairs, "201") == "1" * 12


@pytest.mark.parametrize("there", ["pipe", "endless"])
def test_what_stands_in_a_blocks_place_is_not_waited_for(class_of_pairs: Path, there: str) -> None:
    path = class_of_pairs / "class-credentials/201.ini"
    path.unlink()
    if there == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    line = command("roster", "all.zip", "--class", "list.csv", "--out", "class.csv")
    done = run(line, cwd=class_of_pairs, limit_s=60)
    assert done.returncode == 0, done.stderr
    assert key_of(class_of_pairs, "201") == "1" * 12


def test_whose_file_was_removed_handed_in_all_the_same(class_of_pairs: Path) -> None:
    for path in (class_of_pairs / "class-credentials").iterdir():
        path.unlink()
    pack(
        class_of_pairs / "all.zip", **{"Groupe 02_501_assignsubmission_file/k.txt": block("2" * 12)}
    )
    assert make(class_of_pairs).returncode == 0
    accounts = {a.student_id: a.access for a in load_roster(class_of_pairs / "class.csv").entries}
    assert isinstance(accounts["201"], HandedIn)
    assert isinstance(accounts["203"], Keys)


def test_rows_go_only_where_that_is_asked_for_and_their_blocks_with_them(
    class_of_pairs: Path,
) -> None:
    (class_of_pairs / "list.csv").write_text("".join(PAIRS.splitlines(keepends=True)[:2]))
    (class_of_pairs / "all.zip").unlink()
    pack(class_of_pairs / "all.zip", **{"Zoë Süß_201_assignsubmission_file/k.txt": block()})
    done = make(class_of_pairs, "--prune")
    assert done.returncode == 0, done.stderr
    assert [r["student_id"] for r in rows(class_of_pairs / "class.csv")] == ["201"]
    assert "Removed: guest (=Gast), 202 (Bob Roy), 203 (Cy Lee), 204 (Di Lee)." in done.stdout
    assert [p.name for p in (class_of_pairs / "class-credentials").iterdir()] == ["201.ini"]


def test_a_row_with_a_way_of_its_own_keeps_it(class_of_pairs: Path) -> None:
    path = class_of_pairs / "class.csv"
    with path.open(newline="") as file:
        cells = list(csv.DictReader(file))
    for row in cells:
        row["profile"] = "ada" if row["student_id"] == "203" else ""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*cells[0]], lineterminator="\n")
        writer.writeheader()
        writer.writerows(cells)
    pack(
        class_of_pairs / "all.zip", **{"Groupe 02_501_assignsubmission_file/k.txt": block("2" * 12)}
    )
    done = make(class_of_pairs)
    assert "203 (Cy Lee): the row has a way of its own (profile)" in done.stderr
    assert rows(path)[3]["credentials_file"] == ""
    assert key_of(class_of_pairs, "204") == "2" * 12


def test_a_number_of_another_assignment_is_nobodys_block(class_of_pairs: Path) -> None:
    # Moodle numbers participants anew in each assignment: 201 is Bob here.
    (class_of_pairs / "list.csv").write_text(
        "Identifier,Full name\nParticipant 201,Bob Roy\nParticipant 299,Zoë Süß\n"
    )
    pack(class_of_pairs / "all.zip", **{"Bob Roy_201_assignsubmission_file/k.txt": block("7" * 12)})
    done = make(class_of_pairs)
    assert done.returncode == 0, done.stderr
    assert key_of(class_of_pairs, "202") == "7" * 12
    assert key_of(class_of_pairs, "201") == "1" * 12
    made = {r["student_id"]: r["moodle_participant"] for r in rows(class_of_pairs / "class.csv")}
    assert (made["201"], made["202"]) == ("299", "201")


def test_a_roster_of_0_1_0_is_brought_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(PAIRS)
    (tmp_path / "class-credentials").mkdir()
    (tmp_path / "class-credentials/201.ini").write_text(block())
    (tmp_path / "class.csv").write_text(
        "student_id;name;credentials_file\n201;Zoë Süß;class-credentials/201.ini\n"
    )
    pack(tmp_path / "all.zip", **{"Groupe 01_500_assignsubmission_file/k.txt": block("2" * 12)})
    done = make(tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "class.csv").read_text()
    assert text.startswith(
        "student_id;name;email;group;moodle_participant;credentials_file;submitted_at\n201;"
    )
    assert len(text.splitlines()) == 5
    assert key_of(tmp_path, "201") == "2" * 12


def test_several_downloads_are_one_class(tmp_path: Path) -> None:
    pack(tmp_path / "all.zip", **{"Zoë Süß_201_assignsubmission_file/k.txt": block()})
    pack(tmp_path / "more.zip", **{"Bob Roy_202_assignsubmission_file/k.txt": block("2" * 12)})
    done = make(tmp_path, "more.zip", lists=())
    assert done.returncode == 0, done.stderr
    assert [r["student_id"] for r in rows(tmp_path / "class.csv")] == ["201", "202"]


@pytest.mark.parametrize(
    ("early", "late", "student"),
    [
        ("leeann_11_900_b.txt", "leeann_LATE_11_950_b.txt", "11"),
        ("Ann Lee_7_assignsubmission_file/k.txt", "Lee Ann_7_assignsubmission_file/k.txt", "7"),
        ("s01/k.txt", "S01/k.txt", "s01"),
    ],
)
@pytest.mark.parametrize("lists", [(), ("list.csv",)])
@pytest.mark.parametrize("order", [("early.zip", "late.zip"), ("late.zip", "early.zip")])
def test_whom_no_list_names_has_one_row_with_the_last_block_of_all_downloads(
    tmp_path: Path,
    early: str,
    late: str,
    student: str,
    lists: tuple[str, ...],
    order: tuple[str, str],
) -> None:
    (tmp_path / "list.csv").write_text("name,email\nBo Ro,b@x.org\n")
    for day, (name, member) in enumerate((("early", early), ("late", late)), start=1):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as file:
            at = zipfile.ZipInfo(member, (2026, 11, day, 10, 0, 0))
            file.writestr(at, block(str(day) * 12))
    given = [word for one in lists for word in ("--class", one)]
    done = grader_here("roster", *order, *given, "--out", "class.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    handed_in = [r for r in rows(tmp_path / "class.csv") if r["credentials_file"]]
    assert [r["student_id"].casefold() for r in handed_in] == [student]
    assert key_of(tmp_path, handed_in[0]["student_id"]) == "2" * 12
    assert done.stderr.count("is not in the class list") == len(lists)


def test_a_number_that_two_downloads_give_to_two_names_is_refused(tmp_path: Path) -> None:
    pack(tmp_path / "all.zip", **{"Ann Lee_7_assignsubmission_file/k.txt": block()})
    pack(tmp_path / "more.zip", **{"Bo Ro_7_assignsubmission_file/k.txt": block("2" * 12)})
    done = make(tmp_path, "more.zip", lists=())
    assert done.returncode == 2
    assert (
        "Bo Ro_7_assignsubmission_file: Bo Ro: Ann Lee_7_assignsubmission_file has" in done.stderr
    )
    assert not (tmp_path / "class.csv").exists()
