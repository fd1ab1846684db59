"""What an observation by one rubric does not say to another."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from grader.model.observation import Exchange, Found, Unknown
from grader.observe.scope import as_asked, asked_by
from tests.observations import an_exchange, lab_rubric, reference

RUBRIC = lab_rubric()


def seen_with(exchange: Exchange, deadline_s: float) -> Any:
    """The exchange as the lab's rubric finds it, made by one with 120 s of patience."""
    seen = reference(exchange=Found(exchange), asked=asked_by(RUBRIC))
    patience = msgspec.structs.replace(RUBRIC.exchange, deadline_s=deadline_s)
    return as_asked(seen, lab_rubric(exchange=patience), RUBRIC.lab.region).exchange


def test_a_silent_pair_that_was_given_less_time_is_not_judged() -> None:
    found = seen_with(an_exchange(right=4, silent=1), deadline_s=240)
    assert isinstance(found, Unknown)
    assert found.kind == "not-observed"
    assert found.detail == "Answers were waited for 120 s, not 240 s."


@pytest.mark.parametrize(
    ("exchange", "deadline_s"),
    [
        (an_exchange(right=4, silent=1), 120),
        (an_exchange(right=4, silent=1), 30),
        (an_exchange(right=5), 240),
        # Nothing came directly either: more time would not have been given.
        (an_exchange(right=0, silent=1, patience_s=10), 240),
    ],
    ids=["the same", "less", "all answered", "without hope"],
)
def test_what_more_time_would_not_change_is_judged(exchange: Exchange, deadline_s: float) -> None:
    assert seen_with(exchange, deadline_s) == Found(exchange)
