"""What is stored of a student counts where it is of the row that the roster has now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.desk.register import Register
from grader.inputs.problems import BadInput
from grader.model.access import MissingFile, NothingHandedIn
from grader.model.batch import KnownWay, Student
from grader.results.directory import Results
from tests.batch.test_plan import (
    PAIR,
    a_pair,
    account,
    ids,
    of_pair,
    planned,
    rejudged,
    roster,
    store,
    todo,
)
from tests.export.results_folders import ANN, BO, CY, a_graded_class, a_report
from tests.observations import reference

if TYPE_CHECKING:
    from pathlib import Path

    from grader.batch.plan import Plan


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Ann is graded; Bo and Cy were never looked at."""
    found = Results(a_graded_class(tmp_path / "results", {ANN: 18}))
    found.write_batch(msgspec.structs.replace(found.batch(), students=[ANN, BO, CY]))
    store(found, ANN, reference())
    return found


@pytest.mark.parametrize(
    ("row", "kept"),
    [({}, True), ({"account_id": "1" * 12}, True), ({"account_id": "2" * 12}, False)],
)
def test_a_row_that_comes_back_keeps_its_result_unless_it_names_another_account(
    results: Results, row: dict[str, Any], kept: bool
) -> None:
    back = Student("s4")
    store(results, back, reference(), account_id="1" * 12)
    found = planned(results, roster(account(ANN), account(back, **row)), resume=True)
    assert (todo(found), ids(found.kept)) == ([], ["s1", "s4"]) if kept else (["s4"], ["s1"])
    assert (found.earlier, rejudged(found)) == ((), ["s4"] if kept else [])


def test_a_row_that_comes_back_into_another_group_is_graded_with_that(results: Results) -> None:
    store(results, Student("s4"), reference())
    back = account(Student("s4", group="pair"))
    found = planned(results, roster(account(ANN), back), resume=True)
    assert (todo(found), ids(found.kept), ids(found.earlier)) == (["s4"], ["s1"], ["s4"])


@pytest.mark.parametrize(
    ("now", "kept"),
    [
        ({"account_id": "1" * 12}, True),
        ({"region": "us-east-1"}, True),
        ({"account_id": "2" * 12}, False),
        ({"region": "eu-west-3"}, False),
    ],
)
def test_to_fill_in_what_was_found_is_no_change(
    results: Results, now: dict[str, str], kept: bool
) -> None:
    store(results, ANN, reference(region="us-east-1"), account_id="1" * 12)
    filled = roster(account(ANN, **now), account(BO), account(CY), sha256="other")
    if kept:
        assert ids(planned(results, filled, resume=True).kept) == ["s1"]
    else:
        with pytest.raises(BadInput, match="another"):
            planned(results, filled, resume=True)


def test_a_member_may_fill_in_the_account_that_their_own_way_led_to(tmp_path: Path) -> None:
    results = a_pair(tmp_path, ways={"s2": KnownWay("", "3" * 12)})
    own = of_pair(account_id="3" * 12)
    assert planned(results, replace(own, sha256="other"), resume=True)
    with pytest.raises(BadInput, match="another account for s2"):
        planned(results, replace(of_pair(account_id="4" * 12), sha256="other"), resume=True)


def apart(folder: Path, **of_bo: Any) -> Plan:
    """The plan for a pair that was graded on Ann's account, and that are graded apart now."""
    results = a_pair(folder)
    for one in PAIR:
        store(results, one, reference(), group="pair", account_id="1" * 12)
    rows = (account(ANN), account(BO, **of_bo), account(CY))
    return planned(results, roster(*rows, sha256="x"), resume=True, force=True)


def test_who_handed_in_nothing_does_not_keep_the_grade_of_a_former_partner(tmp_path: Path) -> None:
    nothing = {"access": NothingHandedIn()}
    assert ids(apart(tmp_path / "a", **nothing).earlier) == ["s1"]
    # Whoever goes takes the account along, and leaves the other in the group.
    assert ids(apart(tmp_path / "b", group="pair", **nothing).earlier) == ["s1"]
    assert ids(apart(tmp_path / "c").earlier) == ["s1", "s2"]


def test_who_handed_in_nothing_keeps_a_grade_that_is_nobody_elses(tmp_path: Path) -> None:
    results = a_pair(tmp_path)
    for one in PAIR:
        store(results, one, reference(), group="pair", account_id="1" * 12)
    alone = [account(one, access=NothingHandedIn()) for one in (ANN, BO)]
    found = planned(results, roster(*alone, account(CY)), resume=True, force=True)
    assert ids(found.earlier) == ["s1", "s2"]


def test_a_new_partner_at_the_desk_is_graded_with_the_group(tmp_path: Path) -> None:
    results, late = a_pair(tmp_path), Student("s4", group="pair")
    rows = [account(one, access=NothingHandedIn()) for one in (*PAIR, late)]
    by = roster(*rows, account(CY))
    for _again in range(2):
        found = planned(results, by, resume=True, keep_all=True)
        assert todo(found) == ["s4"]
        assert [one.student_id for one in found.stored["group pair"]] == ["s1", "s2"]
        # A desk that was opened before had said that nothing was handed in.
        results.write_batch(msgspec.structs.replace(results.batch(), students=[*PAIR, CY, late]))
        results.write_student(a_report(late, None, kind="nothing-handed-in"), None)


@pytest.mark.parametrize("access", [NothingHandedIn(), MissingFile()])
def test_at_a_desk_a_former_partners_account_is_theirs_to_whom_it_was_bound(
    tmp_path: Path, access: NothingHandedIn | MissingFile
) -> None:
    results = a_pair(tmp_path)
    for one in PAIR:
        store(results, one, reference(), group="pair", account_id="1" * 12)
    register = Register.read(results.root)
    register.bind({"1" * 12: "s1"}, ["s1", "s2"])
    apart = [account(one, access=access) for one in (ANN, BO)]
    by = roster(*apart, account(CY), sha256="x")
    found = planned(results, by, resume=True, force=True, keep_all=True)
    assert (todo(found), ids(found.earlier)) == (["s1", "s2"], ["s1"])
    register.bind({"1" * 12: "s1", "2" * 12: "s2"}, ["s1", "s2"])
    found = planned(results, by, resume=True, force=True, keep_all=True)
    assert ids(found.earlier) == ["s1", "s2"]
