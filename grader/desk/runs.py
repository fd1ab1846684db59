"""The queue of handed-in blocks and the tries in progress."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from math import ceil
from typing import TYPE_CHECKING

from grader.batch.partial_reports import PartialReports
from grader.desk.engine import Ended, SharedThreads, TryEngine
from grader.desk.grading import DESK_ENDED, FAILED, ONCE_MORE, WHEN_OPEN
from grader.desk.refused import Refused, words
from grader.i18n.language import N_, _
from grader.model.batch import party_of
from grader.model.machine_limit import limit_reached
from grader.roster.load import student_of
from grader.safety.trace import ShownFaults, trace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.desk.grading import TryGrader
    from grader.desk.seat import Seat, View
    from grader.desk.seats import Seats
    from grader.model.access import Keys

MOST_WAITING = 500
"""Blocks that wait for their turn."""

BETWEEN_S = 20
"""A student may hand in again after so long."""

DESK_LEAVE_S = 15
"""How long the end of the desk waits at most for queues to be given back."""

_UNDER_WAY = N_("Your check is under way.")
_ONE_AT_A_TIME = N_("Wait for its end, then hand in again.")
_TOO_SOON = N_("You handed in a moment ago.")
_WAIT = N_("Try again in {seconds} s.")
_FULL = N_("Very many are waiting at the moment.")
_LATER = N_("Try again in a minute.")
CLOSED = N_("The desk is closed: nothing more can be handed in.")
ASK = N_("If you think that it should be open, ask your instructor.")
_BEGINS = N_("Asking AWS whose account it is.")


class TryQueue:
    """Blocks that wait, and those that are at work. Its methods may be called in any thread.

    So many are graded at a time as the settings say; of those who are graded together one. ``told``
    hears of each end of a run, ``is_open`` says whether blocks are taken.
    """

    def __init__(
        self,
        grader: TryGrader,
        *,
        told: Callable[[View], None],
        is_open: Callable[[], bool],
    ) -> None:
        self._grader, self._seats = grader, grader.seats
        self._told, self._is_open = told, is_open
        self._jobs = grader.settings.jobs
        self._threads = SharedThreads(self._jobs)
        self._lock = grader.seats.lock
        self._over = threading.Condition(self._lock)
        self._running: dict[str, TryEngine] = {}
        self._aside, self._stopping = 0, False
        self._failed = ShownFaults()

    @property
    def seats(self) -> Seats:
        """Where everybody is."""
        return self._seats

    # -- handing in -----------------------------------------------------------------------------

    def check_may_try(self, student_id: str) -> None:
        """Raise :class:`Refused` where a block of this student's is not taken now, whatever it holds."""
        with self._lock:
            seat = self._seats[student_id]
            if self._stopping or not self._is_open():
                raise Refused(CLOSED, ASK, status=403)
            if seat.busy:
                raise Refused(_UNDER_WAY, _ONE_AT_A_TIME, status=409)
            if seat.tried_at is not None:
                left_s = ceil(seat.tried_at + BETWEEN_S - time.monotonic())
                if left_s > 0:
                    raise Refused(_TOO_SOON, _WAIT, status=429, again_s=left_s, seconds=left_s)

    def hand_in(self, student_id: str, keys: Keys) -> None:
        """Take a block; it is graded when its turn has come. Raises :class:`Refused`."""
        with self._lock:
            self.check_may_try(student_id)
            if len(self._seats.queue) >= MOST_WAITING:
                raise Refused(_FULL, _LATER, status=503, again_s=60)
            seat = self._seats[student_id]
            seat.stage, seat.words, seat.account_id = "queued", None, None
            seat.keys, seat.report, seat.tried_at = keys, None, time.monotonic()
            seat.tries += 1
            self._seats.queue.append(seat)
            self._seats.tell([seat])
            self._fill()

    def _fill(self) -> None:
        """Begin what may begin."""
        queue, waiting = self._seats.queue, 0
        while waiting < len(queue) and len(self._running) - self._aside < self._jobs:
            if party_of(queue[waiting].entry) in self._running:
                waiting += 1
            else:
                self._begin(queue.pop(waiting))
        self._seats.tell(queue)

    def _begin(self, seat: Seat) -> None:
        if seat.keys is None:
            raise TypeError("whoever waits has a block")
        grader, keys, seat.keys = self._grader, seat.keys, None
        show = partial(self._seats.show_partial_report, seat, seat.tries)
        partial_reports = PartialReports(
            grader.setup, grader.settings, student_of(seat.entry), show
        )
        run = TryEngine(
            self._threads,
            tell=partial(self._seats.say, seat),
            aside=self._stepping_aside,
            on_partial_observation=partial_reports.judge_now,
        )
        self._running[party_of(seat.entry)] = run
        self._seats.put(seat, "looking", words(_BEGINS))
        thread = threading.Thread(
            target=self._visit, args=(seat, keys, run), name="desk", daemon=True
        )
        try:
            thread.start()
        except Exception as error:  # noqa: BLE001 - no more threads; those that run go on
            del self._running[party_of(seat.entry)]
            self._refuse_failed(seat, error)

    @contextmanager
    def _stepping_aside(self) -> Iterator[None]:
        """Others go on while a run only waits."""
        with self._lock:
            self._aside += 1
            self._fill()
        try:
            yield
        finally:
            with self._lock:
                self._aside -= 1

    def _visit(self, seat: Seat, keys: Keys, run: TryEngine) -> None:
        try:
            self._grader.grade(seat, keys, run)
        except Refused as refused:
            self._seats.put(seat, "refused", refused.words)
        except Ended:
            self._seats.put(seat, "refused", Refused(DESK_ENDED, WHEN_OPEN).words)
        except Exception as error:  # noqa: BLE001 - one student's crash must not end the desk
            self._refuse_failed(seat, error)
        finally:
            with self._lock:
                self._running.pop(party_of(seat.entry), None)
                self._over.notify_all()
                if not self._stopping:
                    self._fill()
        self._told(self._seats.view(seat.entry.student_id))

    def _refuse_failed(self, seat: Seat, error: Exception) -> None:
        """Tell the student that a try failed by us, and whoever runs the desk why, once."""
        limit = limit_reached(error)
        if self._failed.is_new(error) and not self._stopping:
            print(_(limit) if limit else trace_of(error), file=sys.stderr)  # noqa: T201
        self._seats.put(seat, "refused", Refused(limit or FAILED, ONCE_MORE).words)

    # -- the end --------------------------------------------------------------------------------

    def stop(self) -> int:
        """Tell every run to end and to give its queues back, and wait a moment for it.

        Returns how many were cut short.
        """
        with self._lock:
            self._stopping = True
            # A run that has shown its result may not have left yet.
            stages = self._seats.stage_counts
            cut = stages["queued"] + stages["looking"]
            for seat in self._seats.queue:
                seat.keys = None
            self._seats.queue.clear()
            for run in self._running.values():
                run.stop()
        self._grader.in_use.stop()
        with self._lock:
            self._over.wait_for(lambda: not self._running, timeout=DESK_LEAVE_S)
        self._threads.close()
        return cut
