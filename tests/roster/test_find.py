"""Students as a person names them on the command line."""

from __future__ import annotations

import pytest

from grader.inputs.problems import BadInput
from grader.model.access import DefaultCredentials
from grader.roster.find import find_students
from grader.roster.load import RosterEntry


def account(student_id: str, name: str = "", email: str = "") -> RosterEntry:
    return RosterEntry(student_id=student_id, name=name, email=email, access=DefaultCredentials())


CLASS = (
    account("s1", "Marie Martin", "marie@example.org"),
    account("s2", "Élodie Lefèvre", "e.lefevre@example.org"),
    account("s3", "Ann Lee", "ann@example.org"),
    account("s4", "Lee, Ann", "lee@example.org"),
    account("Marie Martin2", "Bo", "bo@example.org"),
    account("bo", "Cy"),
)


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("s1", "s1"),
        ("Marie Martin", "s1"),
        ("marie  MARTIN", "s1"),
        ("Martin, Marie", "s1"),
        ("MARIE@example.org", "s1"),
        ("Elodie Lefevre", "s2"),
        ("ann@example.org", "s3"),
        ("Marie Martin2", "Marie Martin2"),
        ("bo", "bo"),  # an id comes before a name
    ],
)
def test_an_id_a_name_or_an_address_finds_the_student(named: str, found: str) -> None:
    assert find_students(CLASS, [named], "--only") == [found]


def test_who_is_named_twice_is_found_once() -> None:
    assert find_students(CLASS, ["s2", "Marie Martin", "s1"], "--only") == ["s2", "s1"]


def test_a_name_that_two_share_is_refused_with_their_ids() -> None:
    with pytest.raises(BadInput) as caught:
        find_students(CLASS, ["Ann Lee"], "--only")
    (problem,) = caught.value.problems
    assert problem.message == "'Ann Lee' is several students: s3, s4."
    assert problem.remedy == "Give the student_id."


def test_whoever_is_not_there_is_named_with_the_nearest_and_all_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        find_students(CLASS, ["Mary Martin", "zzz", "", "Ann Lee"], "--only")
    assert {(one.file, one.message, one.remedy) for one in caught.value.problems} == {
        (
            "--only",
            "There is no student 'Mary Martin' in the roster.",
            "Did you mean 'Marie Martin'?",
        ),
        ("--only", "There is no student 'zzz' in the roster.", ""),
        ("--only", "There is no student '' in the roster.", ""),
        ("--only", "'Ann Lee' is several students: s3, s4.", "Give the student_id."),
    }
