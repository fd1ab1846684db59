"""How long a queue is polled when answers get lost on their way."""

from __future__ import annotations

import time
from typing import Any

import pytest

from grader.observe.lost import LostAnswers
from grader.observe.patience import COME_BACK_S, DRAINING_S, Patience

NO_STATE: Any = None


def lost_for(hides_s: float) -> LostAnswers:
    """An answer was lost just now, and hides what it held for so long."""
    lost, now = LostAnswers(), time.monotonic()
    lost.add(now, now, hides_s)
    return lost


def test_after_the_deadline_nothing_is_asked_until_what_was_lost_is_back() -> None:
    """A poll in between may get lost too, and hides the messages for as long again."""
    patience = Patience(0, lost_for(20))
    assert not patience(NO_STATE)
    assert patience.before_next(NO_STATE) == pytest.approx(20, abs=10)


def test_before_the_deadline_polls_go_on() -> None:
    assert Patience(60, lost_for(20)).before_next(NO_STATE) == 0


def test_the_quiet_ends_with_the_patience() -> None:
    patience = Patience(0, lost_for(COME_BACK_S * 10))
    assert patience.before_next(NO_STATE) == pytest.approx(COME_BACK_S, abs=10)


def test_a_queue_full_of_others_messages_is_read_through_without_a_pause() -> None:
    patience = Patience(0, lost_for(20))
    patience.hands_full = True
    assert not patience(NO_STATE)
    assert patience.before_next(NO_STATE) == 0


def test_without_a_loss_time_is_up_at_the_deadline() -> None:
    patience = Patience(0, LostAnswers())
    assert patience(NO_STATE)
    assert patience.before_next(NO_STATE) == 0


def test_nobody_sleeps_beyond_the_accounts_time() -> None:
    patience = Patience(0, lost_for(1000), ends_at=time.monotonic() + 50)
    assert patience.before_next(NO_STATE) == pytest.approx(50, abs=10)


def test_what_was_lost_is_waited_for_although_there_is_more_to_read_through() -> None:
    patience = Patience(-(DRAINING_S + 5), lost_for(20))
    patience.hands_full = True
    assert not patience(NO_STATE)
