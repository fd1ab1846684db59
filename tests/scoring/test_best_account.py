"""Which of a group's accounts counts, and what is said of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model.fact import Found, Missing, Unknown
from grader.model.observation import Identity
from grader.scoring.best_account import best_of
from tests.export.results_folders import ANN, a_report
from tests.observations import reference

if TYPE_CHECKING:
    from grader.model.observation import Observation
    from grader.model.report import Report

GONE = Missing("There is no such thing.")


def account(number: int, *, empty: bool = False) -> Observation:
    identity = Found(Identity(f"{number:012}", f"arn:aws:iam::{number:012}:root"))
    if not empty:
        return reference(identity=identity)
    seen = reference(identity=identity)
    return msgspec.structs.replace(
        seen,
        functions=dict.fromkeys(seen.functions, GONE),
        queues=dict.fromkeys(seen.queues, GONE),
    )


def nowhere(why: str = "They ended.") -> Observation:
    return reference(identity=Unknown("credentials", why))


def worth(points: float | None, *, sure: float = 0.0) -> Report:
    report = a_report(ANN, points)
    return msgspec.structs.replace(report, sure_points=sure if points is None else points)


def chosen(*pairs: tuple[Observation, Report]) -> tuple[str | None, float | None, tuple[str, ...]]:
    """Whose account counts, what it earns, and the flags."""
    seen, reports = zip(*pairs, strict=True)
    best, report = best_of(seen, reports)
    return seen[best].account_id, report.score, report.flags


def test_most_points_count() -> None:
    found = chosen((account(1), worth(3)), (account(2), worth(18)))
    assert found == ("000000000002", 18, ("group-accounts",))


def test_one_account_alone_has_no_flag() -> None:
    assert chosen((account(1), worth(3))) == ("000000000001", 3, ())
    assert chosen((nowhere(), worth(None))) == (None, None, ())


def test_of_equal_points_a_graded_report_counts_and_then_the_account_id() -> None:
    found = chosen(
        (account(1), worth(None, sure=5)), (account(3), worth(5)), (account(2), worth(5))
    )
    assert found == ("000000000002", 5, ("group-account-open", "group-accounts"))


def test_points_that_are_sure_count_though_the_rest_is_open() -> None:
    found = chosen((account(1), worth(3)), (account(2), worth(None, sure=9)))
    assert found == ("000000000002", None, ("group-account-open", "group-accounts"))


def test_an_account_with_something_of_the_lab_counts_while_another_is_open() -> None:
    assert chosen((account(1), worth(0)), (nowhere(), worth(None))) == (
        "000000000001",
        0,
        ("group-account-open",),
    )


def test_an_empty_account_is_no_zero_while_another_is_open() -> None:
    empty, ended = (account(1, empty=True), worth(0)), (nowhere(), worth(None))
    assert chosen(empty, ended) == (None, None, ("group-account-open",))
    assert chosen(empty) == ("000000000001", 0, ())
    assert chosen(empty, (account(2, empty=True), worth(0))) == (
        "000000000001",
        0,
        ("group-accounts",),
    )


@pytest.mark.parametrize("flags", [("foreign-messages",), ()])
def test_the_flags_of_what_counts_stay(flags: tuple[str, ...]) -> None:
    report = msgspec.structs.replace(worth(4), flags=flags)
    assert chosen((account(1), report), (account(2), worth(1)))[2] == tuple(
        sorted({*flags, "group-accounts"})
    )


# What is drawn is how each is made: observations are too large to be shown where one fails.
CANDIDATES: Any = st.lists(
    st.one_of(
        st.tuples(st.just("earns"), st.integers(1, 3), st.integers(0, 4)),
        st.tuples(st.sampled_from(["is empty", "is open"]), st.integers(1, 3)),
        st.tuples(st.just("leads nowhere"), st.sampled_from("abc")),
    ),
    min_size=1,
    max_size=5,
)


def made(how: str, which: Any, points: int = 0) -> tuple[Observation, Report]:
    """A candidate: the account that a way led to, and what it is worth."""
    if how == "earns":
        return account(which), worth(points)
    if how == "is empty":
        return account(which, empty=True), worth(0)
    return (
        (account(which), worth(None, sure=2)) if how == "is open" else (nowhere(which), worth(None))
    )


@given(CANDIDATES.flatmap(lambda drawn: st.tuples(st.just(drawn), st.permutations(drawn))))
def test_order_does_not_matter_and_nobody_loses_by_another_account(
    twice: tuple[list[Any], list[Any]],
) -> None:
    candidates, shuffled = ([made(*one) for one in drawn] for drawn in twice)
    assert chosen(*candidates) == chosen(*shuffled)
    _, score, flags = chosen(*candidates)
    most = max(report.score or 0 for _, report in candidates)
    assert score is None or score >= most
    if score is None:
        assert any(report.score is None for _, report in candidates)
        assert ("group-account-open" in flags) == (len(candidates) > 1)
