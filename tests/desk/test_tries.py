"""What counts after a try: accounts that changed hands, a human's marks, a grader that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.desk.state import desk_state_of
from grader.judging.pool import Judge
from grader.model.fact import Unknown
from grader.model.report import Adjustment
from grader.results.overrides import Overrides
from tests.desk.tries import Tries, account, row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.model.outcome import CheckInfo

A, B = "111111111111", "222222222222"
ROWS = [row("s01"), row("t01"), row("p1", "g"), row("p2", "g")]


@pytest.fixture(scope="module")
def judge() -> Iterator[tuple[Judge, dict[str, CheckInfo]]]:
    with Judge(workers=1) as one:
        yield one, one.collect()


@pytest.fixture
def at(tmp_path: Path, judge: tuple[Judge, dict[str, CheckInfo]]) -> Tries:
    return Tries(tmp_path, *judge, ROWS)


@pytest.mark.parametrize("is_bound_again", [True, False])
def test_a_released_account_counts_for_its_group_no_more(at: Tries, is_bound_again: bool) -> None:
    assert at.tries("p1", account(A)).stage == "done"
    assert at.tries("t01", account(A)).stage == "refused"
    at.register.release(["p1", "p2"])
    if is_bound_again:
        assert at.tries("t01", account(A)).stage == "done"
    at.tries("p2", account(B, wrong=4))
    for name in ("p1", "p2"):
        report = at.report(name)
        assert (report.score, report.account_id, report.flags) == (16.0, B, ())
        assert at.seats.view(name).counts == report


def test_a_group_that_hands_in_again_what_was_released_has_its_best_try(at: Tries) -> None:
    at.tries("p1", account(A))
    at.register.release(["p1", "p2"])
    at.tries("p1", account(A, wrong=1))
    assert at.report("p2").score == 20.0
    assert at.register.owner(A) == "p1"
    # It is theirs again, beside another.
    at.tries("p2", account(B, wrong=4))
    assert at.report("p1").score == 20.0


def mark(kind: str, points: float, criterion: str | None = None) -> Adjustment:
    return Adjustment(kind=kind, points=points, criterion=criterion, why="Shown.")  # type: ignore[arg-type]


def test_a_new_try_is_shown_with_a_human_s_marks(
    tmp_path: Path, judge: tuple[Judge, dict[str, CheckInfo]]
) -> None:
    marks = {"s01": (mark("bonus", 2),), "t01": (mark("override", 4, "sums"),)}
    at = Tries(tmp_path, *judge, ROWS, Overrides(marks))
    view = at.tries("s01", account(A, wrong=2))
    assert view.report == view.counts == at.report("s01")
    assert desk_state_of(view, at.setup.rubric, "en").score == 20.0
    # A try that is worse than what counts has them too.
    view = at.tries("s01", account(A, wrong=4))
    assert view.counts == at.report("s01")
    state = desk_state_of(view, at.setup.rubric, "en")
    assert (state.score, state.message) == (
        18.0,
        "An earlier try was better, and counts: 20 of 20.",
    )
    # What is open and was settled by a human is graded, and so binds.
    view = at.tries("t01", account(B, exchange=Unknown("throttled", "why")))
    assert view.report == at.report("t01")
    assert view.report is not None
    assert (view.report.status, view.report.score) == ("graded", 20.0)
    assert at.register.owner(B) == "t01"
