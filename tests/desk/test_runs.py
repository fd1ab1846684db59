"""The desk's queue where the machine has no more threads, and at its end."""

from __future__ import annotations

import threading
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from grader.desk import runs as desk_runs
from grader.desk.refused import Refused
from grader.desk.runs import TryQueue
from grader.i18n.message import said
from tests.desk.tries import KEYS, Tries, row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NO_MORE = "No more processes or threads may be started (ulimit -u), or memory is used up."
LIMIT_S = 100


class Queue:
    """A desk of one job. Each run is at work until it is let go; ``ended`` hears whose run ended."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        none: Any = None
        at = Tries(folder, none, none, [row(f"s0{number}") for number in range(4)])
        self.begun, self.go = SimpleQueue[str](), SimpleQueue[None]()
        self.ended = SimpleQueue[str]()
        self.no_more = False
        self.seats = at.seats
        start = threading.Thread.start

        def may_start(thread: threading.Thread) -> None:
            if self.no_more and thread.name == "desk":
                raise RuntimeError("can't start new thread")
            start(thread)

        def grade(seat: Any, *_given: Any) -> None:
            self.begun.put(seat.entry.student_id)
            self.go.get(timeout=LIMIT_S)
            self.seats.put(seat, "done")

        monkeypatch.setattr(threading.Thread, "start", may_start)
        monkeypatch.setattr(desk_runs, "BETWEEN_S", 0)
        grader: Any = replace(at.grader)
        grader.grade = grade
        self.tries = TryQueue(
            grader,
            told=lambda view: self.ended.put(view.entry.student_id),
            is_open=lambda: True,
        )

    def hands_in(self, name: str) -> None:
        self.tries.hand_in(name, KEYS)

    def told(self, name: str) -> str:
        words = self.seats.view(name).words
        return said(words) if words else ""

    def stages(self) -> list[str]:
        return [view.stage for view in self.seats.views()]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    queue = Queue(tmp_path, monkeypatch)
    yield queue
    queue.tries.stop()


def test_whoever_hands_in_when_there_are_no_more_threads_is_told_and_may_try_again(
    at: Queue, capsys: pytest.CaptureFixture[str]
) -> None:
    at.no_more = True
    for name in ("s00", "s01"):
        at.hands_in(name)
        assert at.told(name).startswith(NO_MORE)
    assert at.stages() == ["refused", "refused", "idle", "idle"]
    assert capsys.readouterr().err == f"{NO_MORE}\n"
    at.no_more = False
    at.hands_in("s00")
    assert at.begun.get(timeout=LIMIT_S) == "s00"
    at.go.put(None)
    assert at.ended.get(timeout=LIMIT_S) == "s00"
    assert at.stages() == ["done", "refused", "idle", "idle"]


def test_a_run_whose_end_begins_none_ends_all_the_same(at: Queue) -> None:
    for name in ("s00", "s01", "s02"):
        at.hands_in(name)
    assert at.begun.get(timeout=LIMIT_S) == "s00"
    at.no_more = True
    at.go.put(None)
    assert at.ended.get(timeout=LIMIT_S) == "s00"
    assert at.stages() == ["done", "refused", "refused", "idle"]
    assert at.told("s02").startswith(NO_MORE)
    at.no_more = False
    at.hands_in("s03")
    assert at.begun.get(timeout=LIMIT_S) == "s03"
    at.go.put(None)
    assert at.ended.get(timeout=LIMIT_S) == "s03"


def test_a_run_that_meets_a_limit_of_the_machine_says_so(at: Queue) -> None:
    def grade(*_given: Any) -> None:
        raise RuntimeError("can't start new thread")

    at.tries._grader.grade = grade  # type: ignore[method-assign]
    at.hands_in("s00")
    assert at.ended.get(timeout=LIMIT_S) == "s00"
    assert at.told("s00").startswith(NO_MORE)


def test_a_run_that_has_shown_its_result_is_not_cut_short(
    at: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk is ended between the result and the end of the run's thread."""
    shown, stopped = threading.Event(), threading.Event()

    def grade(seat: Any, *_given: Any) -> None:
        at.seats.put(seat, "done")
        shown.set()
        stopped.wait(LIMIT_S)

    monkeypatch.setattr(desk_runs, "DESK_LEAVE_S", 0)
    at.tries._grader.grade = grade  # type: ignore[method-assign]
    at.hands_in("s00")
    at.hands_in("s01")
    assert shown.wait(LIMIT_S)
    assert at.tries.stop() == 1  # who waits
    stopped.set()
    assert at.ended.get(timeout=LIMIT_S) == "s00"


def test_whoever_comes_when_the_queue_is_full_is_told_when_to_come_again(
    at: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_runs, "MOST_WAITING", 1)
    at.hands_in("s00")
    assert at.begun.get(timeout=LIMIT_S) == "s00"
    at.hands_in("s01")
    with pytest.raises(Refused) as full:
        at.hands_in("s02")
    assert (full.value.status, full.value.again_s) == (503, 60)
    assert at.stages() == ["looking", "queued", "idle", "idle"]
    at.go.put(None)
    assert at.ended.get(timeout=LIMIT_S) == "s00"
    assert at.begun.get(timeout=LIMIT_S) == "s01"
    at.hands_in("s02")  # now there is a place
    for name in ("s01", "s02"):
        at.go.put(None)
        assert at.ended.get(timeout=LIMIT_S) == name
