"""Rows that are graded together, and their ways."""

from __future__ import annotations

from itertools import permutations

from grader.batch.parties import Earlier, Party, parties_of
from grader.engines.visit import Visit
from grader.model.access import Profile
from grader.roster.load import RosterEntry


def row(name: str, group: str | None, profile: str) -> RosterEntry:
    return RosterEntry(student_id=name, group=group, access=Profile(profile))


def visit(account: RosterEntry) -> Visit:
    return Visit(account.access, account.account_id, "us-east-1", None)


ROWS = [row("S2", "pair", "one"), row("s1", "pair", "one"), row("s3", "pair", "two")]


def ways(party: Party) -> dict[tuple[str, ...], str]:
    return {way.rank: str(one.access) for way, one in party.visits.items()}


def test_equal_ways_are_one_and_have_the_same_rank_in_any_order_of_rows() -> None:
    for order in permutations(ROWS):
        (party,) = parties_of(order, visit, {}).values()
        assert ways(party) == {
            ("s1", "group pair"): str(Profile("one")),
            ("s3", "group pair"): str(Profile("two")),
        }
        assert party.of_row["S2"] == party.of_row["s1"] != party.of_row["s3"]


def test_whoever_is_alone_is_no_group_of_that_name() -> None:
    rows = [row("x", None, "one"), row("y", "x", "one")]
    assert [
        [one.student_id for one in party.rows] for party in parties_of(rows, visit, {}).values()
    ] == [
        ["x"],
        ["y"],
    ]


def test_a_way_to_an_account_that_has_a_result_is_not_tried() -> None:
    known = Earlier({"s1": "1" * 12, "s3": "2" * 12}, frozenset({("1" * 12, "us-east-1")}))
    (party,) = parties_of(ROWS, visit, {"group pair": known}).values()
    assert [way.rank[0] for way in party.open_ways] == ["s3"]
    assert party.expected(party.of_row["s3"]) == "2" * 12


def test_whoever_is_not_to_be_visited_has_no_way() -> None:
    (party,) = parties_of(ROWS, None, {}).values()
    assert (party.rows, party.open_ways, party.of_row) == (ROWS, [], {})
