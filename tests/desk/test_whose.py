from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from grader.desk.refused import Refused
from grader.desk.register import Register
from grader.desk.whose import AccountClaims, check_open
from grader.model.access import NothingHandedIn
from grader.model.batch import Student
from grader.model.fact import Found, Unknown
from grader.model.observation import Identity
from grader.roster.load import RosterEntry
from tests.export.results_folders import a_report

if TYPE_CHECKING:
    from pathlib import Path

A, B, C, D, E, F = (str(number) * 12 for number in range(1, 7))


def row(name: str, group: str | None = None, account_id: str | None = None) -> RosterEntry:
    return RosterEntry(
        student_id=name, group=group, account_id=account_id, access=NothingHandedIn()
    )


def identity(account_id: str) -> Found[Identity]:
    return Found(Identity(account_id, "arn:aws:sts::1:assumed-role/x/y"))


@dataclass
class Desk:
    register: Register
    rows: list[RosterEntry]

    def hands_in(self, name: str, account_id: str) -> str:
        mine = next(one for one in self.rows if one.student_id == name)
        return AccountClaims(self.rows, self.register).check(mine, identity(account_id))

    def binds(self, name: str, account_id: str) -> None:
        AccountClaims(self.rows, self.register).bind(name, account_id)

    def refuses(self, name: str, account_id: str) -> str:
        with pytest.raises(Refused) as refused:
            self.hands_in(name, account_id)
        return str(refused.value)


@pytest.fixture
def at(tmp_path: Path) -> Desk:
    return Desk(Register.read(tmp_path), [row("s01"), row("s02"), row("p1", "g"), row("p2", "g")])


def test_what_is_nobody_s_is_taken_from_anybody(at: Desk) -> None:
    assert at.hands_in("s01", A) == A
    assert at.hands_in("s02", A) == A


def test_a_second_claimant_is_told_and_both_are_known(at: Desk) -> None:
    at.binds("s01", A)
    said = at.refuses("s02", A)
    assert said == (
        "This AWS account was handed in by somebody else. Call your instructor, who sees it too."
    )
    assert [(one.student_id, one.account_id) for one in at.register.claims] == [("s02", A)]
    assert at.register.owner(A) == "s01"
    assert at.hands_in("s01", A) == A


def test_a_student_alone_has_one_account(at: Desk) -> None:
    at.binds("s01", A)
    assert at.refuses("s01", B).startswith(f"This block leads to AWS account {B}; yours is {A}.")
    at.register.release(["s01"])
    assert at.hands_in("s01", B) == B


def test_a_group_may_have_several_accounts_which_are_all_its_members(at: Desk) -> None:
    at.binds("p1", A)
    at.binds("p2", B)
    for name in ("p1", "p2"):
        for account in (A, B, C):
            assert at.hands_in(name, account) == account
    at.refuses("s01", B)


def test_the_roster_decides_where_it_says_an_account(at: Desk) -> None:
    at.rows[0] = replace(at.rows[0], account_id=A)
    at.binds("s01", B)  # before it was in the roster
    assert at.hands_in("s01", A) == A
    assert f"yours is {A}" in at.refuses("s01", C)
    at.refuses("s02", A)
    # The roster's word is no claim of the student's own.
    at.binds("s02", A)
    at.refuses("s02", A)


def test_two_rows_that_the_roster_gives_one_account_may_both_hand_it_in(at: Desk) -> None:
    at.rows[:2] = [replace(one, account_id=A) for one in at.rows[:2]]
    assert at.hands_in("s01", A) == at.hands_in("s02", A) == A


def test_a_group_s_block_may_be_any_of_its_members(at: Desk) -> None:
    at.rows[2:] = [row("p1", "g", A), row("p2", "g", B)]
    assert at.hands_in("p1", B) == B
    assert f"yours is {A}, {B}" in at.refuses("p1", C)


def test_whoever_left_the_roster_holds_nothing(at: Desk) -> None:
    at.binds("gone", A)
    assert at.hands_in("s01", A) == A
    at.binds("s01", A)
    assert at.register.owner(A) == "s01"
    at.refuses("s02", A)


def test_what_a_batch_graded_is_bound_unless_it_was_released_or_is_another_s(at: Desk) -> None:
    at.binds("s02", A)
    at.binds("p1", B)
    at.register.release(["p1", "p2"])
    at.binds("gone", D)
    graded = [("s01", A), ("p2", B), ("s01", C), ("p2", D), ("s02", None)]
    reports = [a_report(Student(name), 20, account_id=given) for name, given in graded]
    reports.append(a_report(Student("s02"), None, account_id=E))
    # No order of rows decides between two.
    reports += [a_report(Student(name), 20, account_id=F) for name in ("s01", "s02")]
    AccountClaims(at.rows, at.register).bind_graded(reports)
    owners = [at.register.owner(one) for one in (A, B, C, D, E, F)]
    assert owners == ["s02", None, "s01", "p2", None, None]


@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        ("credentials", "AWS does not accept these credentials"),
        ("unreachable", "It could not be found out whose account this is"),
    ],
)
def test_what_leads_nowhere_is_refused_with_what_to_do(at: Desk, kind: str, begins: str) -> None:
    accounts = AccountClaims(at.rows, at.register)
    with pytest.raises(Refused, match=begins):
        accounts.check(at.rows[0], Unknown(kind, "why"))  # type: ignore[arg-type]


def test_nothing_seen_is_no_ended_lab() -> None:
    check_open(None)
