"""Who handed in nothing: a row without any way, unless its credentials stand where nobody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.inputs.problems import BadInput
from grader.roster.load import load_roster
from grader.roster.misplaced import looks_like_credentials

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY_ID = "ASIA" + "Q7" * 8
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYCANARYKEY1"
TOKEN = "IQoJb3JpZ2luX2VjEPz9" * 12


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def made(text: str) -> Path:
        path = tmp_path / "class.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return made


def absent(path: Path) -> dict[str, bool]:
    return {one.student_id: one.absent for one in load_roster(path).entries}


@pytest.mark.parametrize("column", ["profile", "credentials_file", "aws_access_key_id"])
def test_a_row_with_empty_access_cells_is_absent(write: Callable[[str], Path], column: str) -> None:
    found = absent(write(f"student_id,name,{column}\ns1,Ann,  \ns2,Bo,\n"))
    assert found == {"s1": True, "s2": True}


def test_an_absent_student_keeps_the_rows_other_cells(write: Callable[[str], Path]) -> None:
    text = "student_id,name,email,account_id,profile,section\ns1,Ann,a@x.org,111111111111,,B\n"
    (one,) = load_roster(write(text)).entries
    assert (one.name, one.email, one.account_id) == ("Ann", "a@x.org", "111111111111")
    assert one.extra == {"section": "B"}


def test_a_roster_without_any_access_column_is_still_refused(
    write: Callable[[str], Path],
) -> None:
    with pytest.raises(BadInput, match="No column says how the accounts are reached"):
        load_roster(write("student_id,name\ns1,Ann\n"))


@pytest.mark.parametrize(
    "cell",
    [
        f"[default] aws_access_key_id={KEY_ID}",
        f"aws_secret_access_key = {SECRET}",
        KEY_ID,
        SECRET,
        TOKEN,
        f'{{"SessionToken": "{TOKEN}"}}',
        f"export AWS_SESSION_TOKEN={TOKEN}",
    ],
)
def test_whoever_handed_in_under_another_column_is_a_problem_and_not_absent(
    write: Callable[[str], Path], cell: str
) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    path = write(f"student_id,profile,remarks\ns1,,{quoted}\ns2,p,\ns3,,{quoted}\n")
    with pytest.raises(BadInput) as caught:
        load_roster(path)
    problems = caught.value.problems
    assert [(one.line, "its column 3 seems to hold" in one.message) for one in problems] == [
        (2, True),
        (4, True),
    ]
    assert all("credentials_file" in one.remedy for one in problems)
    told = str(caught.value)
    assert not [secret for secret in (KEY_ID, SECRET, TOKEN) if secret in told]


def test_a_block_in_the_column_of_names_is_one_too(write: Callable[[str], Path]) -> None:
    with pytest.raises(BadInput, match="its column 2 seems to hold"):
        load_roster(write(f"student_id,name,profile\ns1,{KEY_ID},\n"))


def test_a_partner_with_a_way_does_not_hide_it(write: Callable[[str], Path]) -> None:
    text = f"student_id,group,profile,remarks\ns1,g,p,\ns2,g,,{SECRET}\n"
    with pytest.raises(BadInput, match="its column 4 seems to hold"):
        load_roster(write(text))


@pytest.mark.parametrize(
    "cell",
    [
        "ill until Monday",
        "Martin-Delacroix, Marie-Antoinette Élisabeth",
        "https://moodle.example.org/mod/assign/view.php?id=41001&action=grading",
        "3a7bd3e2360a3d29eea436fcfb7e44c735d117c4",  # a commit
        "no access key yet",
        "",
    ],
)
def test_a_remark_is_none(cell: str) -> None:
    assert not looks_like_credentials(cell)


@given(st.text(alphabet=st.characters(categories=["Ll", "Zs", "Po"]), max_size=300))
def test_no_text_in_small_letters_is_taken_for_a_key(cell: str) -> None:
    names = ("aws_", "[default]", "secretaccesskey", "sessiontoken", "accesskeyid")
    assert not looks_like_credentials(cell) or any(name in cell for name in names)


def test_the_group_of_somebody_who_handed_in_something_broken_is_told_of_that_alone(
    write: Callable[[str], Path],
) -> None:
    with pytest.raises(BadInput) as caught:
        load_roster(write("student_id,group,role_arn\ns1,g,bad\ns2,g,\n"))
    assert [one.line for one in caught.value.problems] == [2]
