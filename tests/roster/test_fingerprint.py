"""What tells another way from the same one, and tells nothing else."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING, Any

from grader.model.access import DefaultCredentials, Keys, MissingFile, Profile, Role
from grader.roster.fingerprint import fingerprint
from grader.roster.load import RosterEntry
from grader.safety.secret import Secret

if TYPE_CHECKING:
    from grader.model.access import Access

ARN = "arn:aws:iam::111111111111:role/Grader"
WAYS: list[Access] = [
    DefaultCredentials(),
    Profile("a"),
    Profile("b"),
    Role(ARN),
    Role(ARN, Secret("one")),
    Role(ARN, Secret("two")),
    Keys(Secret("AKIA"), Secret("s")),
    Keys(Secret("AKIA"), Secret("s"), Secret("token")),
    Keys(Secret("AKIA"), Secret("s"), Secret("another")),
    MissingFile(),
]


def of(access: Access, **changes: Any) -> str:
    given: dict[str, Any] = {"region": None, "endpoint_url": None}
    return fingerprint(
        RosterEntry(student_id="s1", group="pair", access=access, **(given | changes))
    )


def test_every_other_way_is_another_one_and_an_equal_one_the_same() -> None:
    for one, other in combinations(WAYS, 2):
        assert of(one) != of(other)
    assert of(Keys(Secret("AKIA"), Secret("s"))) == of(WAYS[6])
    assert of(WAYS[6], region="us-west-2") != of(WAYS[6])
    assert of(WAYS[6], use={"sum": "mine"}) != of(WAYS[6])


def test_nothing_of_a_secret_is_in_it() -> None:
    for way in WAYS:
        assert re.fullmatch("[0-9a-f]{8}", of(way))
