"""The desk's work: blocks wait in a bounded queue, and each is graded as a batch grades."""

from __future__ import annotations

import secrets
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from math import ceil
from typing import TYPE_CHECKING

from grader.batch.first_portion import FirstPortion
from grader.batch.parties import party_of
from grader.batch.pipeline import Grading
from grader.desk.engine import Ended, OneRun, SharedThreads
from grader.desk.refused import Refused, words
from grader.desk.seat import Seat, View
from grader.desk.stored import seen_before
from grader.desk.whose import check_open
from grader.i18n.language import N_
from grader.roster.load import student_of
from grader.safety.trace import Repeated, trace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.batch.pipeline import Graded, Settings
    from grader.batch.run import ClassRun
    from grader.batch.setup import Course
    from grader.desk.register import Register
    from grader.desk.seat import Stage
    from grader.desk.whose import Accounts
    from grader.engines.visit import Identified, Visit
    from grader.i18n.message import Message
    from grader.model.access import Keys
    from grader.model.report import Report
    from grader.results.directory import Results
    from grader.roster.load import Account

MOST_WAITING = 500
"""Blocks that wait for their turn."""

BETWEEN_S = 20
"""A student may hand in again after so long."""

LEAVE_S = 5
"""How long the end of the desk waits for queues to be given back."""

_UNDER_WAY = N_("Your check is under way.")
_ONE_AT_A_TIME = N_("Wait for its end, then hand in again.")
_TOO_SOON = N_("You handed in a moment ago.")
_WAIT = N_("Try again in {seconds} s.")
_FULL = N_("Very many are waiting at the moment.")
_LATER = N_("Try again in a minute.")
_CLOSED = N_("The desk is closed: nothing more can be handed in.")
_ASK = N_("If you think that it should be open, ask your instructor.")
_FAILED = N_("The grader failed, and told your instructor. It does not count against you.")
_ONCE_MORE = N_("Hand in once more; if it happens again, call your instructor.")
_ENDING = N_("The desk was ended before your check was.")
_WHEN_OPEN = N_("Hand in again when it is open.")
_NOT_KEPT = N_("Your result could not be written, so it does not count yet.")
_WAITS = N_("{why}, up to {seconds} s.")
_BEGINS = N_("Asking AWS whose account it is.")
_PARTNER = N_("This account is being checked for somebody else of your group; yours is next.")


class Runs:
    """Every student's seat, the queue, and what is at work. Its methods may be called in any thread.

    ``changed`` hears of each student whose seat is another than before, in whatever thread, and must not
    wait. ``told`` hears of each end of a run.
    """

    def __init__(
        self,
        course: Course,
        settings: Settings,
        rows: tuple[Account, ...],
        register: Register,
        accounts: Accounts,
        run: ClassRun,
        results: Results,
        *,
        changed: Callable[[str], None],
        told: Callable[[View], None],
        is_open: Callable[[], bool],
    ) -> None:
        self._course, self._settings, self._rows = course, settings, rows
        self._register, self._accounts = register, accounts
        self._run, self._results = run, results
        self._changed, self._told, self._is_open = changed, told, is_open
        self._threads = SharedThreads(settings.jobs)
        self._lock = threading.RLock()
        self._free = threading.Condition(self._lock)
        self._keeping = threading.Lock()
        self._queue: list[tuple[Seat, Keys]] = []
        self._running: dict[str, OneRun] = {}
        self._visited: set[str] = set()
        self._aside, self._stopping = 0, False
        self._failed = Repeated()
        self._seats = {row.student_id: Seat(row) for row in rows}
        for report in run.reports:
            seat = self._seats[report.student_id]
            seat.counts = report
            if not report.absent:
                seat.stage, seat.report, seat.account_id = "done", report, report.account_id

    # -- what others see ------------------------------------------------------------------------

    def view(self, student_id: str) -> View:
        """Where a student is now."""
        with self._lock:
            seat = self._seats[student_id]
            before = 0
            if seat.stage == "queued":
                before = next(n for n, (one, _keys) in enumerate(self._queue) if one is seat)
            return _view(seat, before)

    def views(self) -> list[View]:
        """Where everybody is, in the roster's order."""
        with self._lock:
            places = {id(seat): number for number, (seat, _keys) in enumerate(self._queue)}
            return [_view(seat, places.get(id(seat), 0)) for seat in self._seats.values()]

    @property
    def counts(self) -> Counter[str]:
        """How many students are in which stage."""
        with self._lock:
            return Counter(seat.stage for seat in self._seats.values())

    def reports(self) -> list[Report]:
        """The reports that count, in the roster's order."""
        with self._lock:
            return [seat.counts for seat in self._seats.values() if seat.counts is not None]

    # -- handing in -----------------------------------------------------------------------------

    def check_may_try(self, student_id: str) -> None:
        """Raise :class:`Refused` where a block of this student's is not taken now, whatever it holds."""
        with self._lock:
            seat = self._seats[student_id]
            if self._stopping or not self._is_open():
                raise Refused(_CLOSED, _ASK, status=403)
            if seat.busy:
                raise Refused(_UNDER_WAY, _ONE_AT_A_TIME, status=409)
            if seat.tried_at is not None:
                left_s = ceil(seat.tried_at + BETWEEN_S - time.monotonic())
                if left_s > 0:
                    raise Refused(_TOO_SOON, _WAIT, status=429, again_s=left_s, seconds=left_s)

    def refuse(self, student_id: str, refused: Refused) -> None:
        """Show the student why what they handed in is none, unless something of theirs is under way."""
        with self._lock:
            seat = self._seats[student_id]
            if not seat.busy:
                self._put(seat, "refused", refused.words)

    def hand_in(self, student_id: str, keys: Keys) -> None:
        """Take a block; it is graded when its turn has come. Raises :class:`Refused`."""
        with self._lock:
            self.check_may_try(student_id)
            if len(self._queue) >= MOST_WAITING:
                raise Refused(_FULL, _LATER, status=503, again_s=60)
            seat = self._seats[student_id]
            seat.stage, seat.words, seat.account_id = "queued", None, None
            seat.report, seat.tried_at = None, time.monotonic()
            seat.tries += 1
            self._queue.append((seat, keys))
            self._changed(student_id)
            self._fill()

    def _fill(self) -> None:
        """Begin what may begin: so many at a time, and of those who are graded together one."""
        waiting = 0
        while waiting < len(self._queue) and len(self._running) - self._aside < self._settings.jobs:
            seat, keys = self._queue[waiting]
            party = party_of(seat.row)
            if party in self._running:
                waiting += 1
                continue
            del self._queue[waiting]
            show = partial(self._first, seat, seat.tries)
            portion = FirstPortion(self._course, self._settings, student_of(seat.row), show)
            self._running[party] = run = OneRun(
                self._threads,
                tell=partial(self._say, seat),
                aside=self._stepping_aside,
                looked=portion.looked,
            )
            self._put(seat, "looking", words(_BEGINS))
            threading.Thread(
                target=self._visit, args=(seat, keys, run), name="desk", daemon=True
            ).start()
        for seat, _keys in self._queue:
            self._changed(seat.row.student_id)

    @contextmanager
    def _stepping_aside(self) -> Iterator[None]:
        with self._lock:
            self._aside += 1
            self._fill()
        try:
            yield
        finally:
            with self._lock:
                self._aside -= 1

    # -- one run --------------------------------------------------------------------------------

    def _visit(self, seat: Seat, keys: Keys, run: OneRun) -> None:
        visited: list[str] = []
        try:
            self._grade(seat, keys, run, visited)
        except Refused as refused:
            self._put(seat, "refused", refused.words)
        except Ended:
            self._put(seat, "refused", Refused(_ENDING, _WHEN_OPEN).words)
        except Exception as error:  # noqa: BLE001 - one student's crash must not end the desk
            if self._failed.is_new(error) and not self._stopping:
                print(trace_of(error), file=sys.stderr)  # noqa: T201
            self._put(seat, "refused", Refused(_FAILED, _ONCE_MORE).words)
        finally:
            with self._lock:
                self._running.pop(party_of(seat.row), None)
                self._visited.difference_update(visited)
                self._free.notify_all()
                if not self._stopping:
                    self._fill()
        self._told(self.view(seat.row.student_id))

    def _grade(self, seat: Seat, keys: Keys, run: OneRun, visited: list[str]) -> None:
        """Grade everybody who is graded with this student, and keep what comes of it."""
        mine, together = seat.row, self._accounts.party(seat.row)

        def identified(found: Identified, _visit: Visit) -> None:
            """Before anything else is asked of the account, and before its function is run."""
            account_id = self._wait_for(mine, found, visited)
            with self._lock:
                seat.account_id = account_id
            self._changed(mine.student_id)

        taken: list[Graded] = []
        Grading(
            self._course.rubric,
            self._course.judge,
            self._course.checks,
            replace(self._settings, seed=secrets.randbelow(2**31)),
            taken.append,
            run,
            stored=lambda _party: seen_before(
                self._results, together, [] if mine.group else visited
            ),
            identified=identified,
        ).run(_by(keys, mine, row) for row in together)
        if self._stopping:
            raise Refused(_ENDING, _WHEN_OPEN)
        check_open(run.seen)
        self._keep(mine, together, taken, visited)

    def _wait_for(self, row: Account, found: Identified, visited: list[str]) -> str:
        """The account's id, once nobody else's run is in it. Raises :class:`Refused`."""
        with self._lock:
            while True:
                account_id = self._accounts.check(row, found.identity)
                if self._stopping:
                    raise Refused(_ENDING, _WHEN_OPEN)
                if account_id not in self._visited:
                    break
                self._put(self._seats[row.student_id], "looking", words(_PARTNER))
                self._free.wait()
            self._visited.add(account_id)
            visited.append(account_id)
            return account_id

    def _keep(
        self, mine: Account, together: list[Account], taken: list[Graded], visited: list[str]
    ) -> None:
        rows = {row.student_id: row for row in together}
        for graded in taken:
            name = graded.account.student_id
            now = graded.now or graded.report
            with self._keeping:
                if name == mine.student_id and now.status == "graded" and visited:
                    self._register.bind(visited[0], name)
                unwritten = len(self._run.unwritten)
                # The row as the roster has it: how it was reached this once is kept nowhere.
                self._run.take(replace(graded, account=rows[name], led_to=None))
                if len(self._run.unwritten) > unwritten:
                    raise Refused(_NOT_KEPT, _ONCE_MORE)
            self._show(name, now, graded.report, is_mine=name == mine.student_id)

    def _show(self, name: str, now: Report, counts: Report, *, is_mine: bool) -> None:
        with self._lock:
            seat = self._seats[name]
            seat.counts = counts
            if is_mine or not seat.busy:
                seat.stage, seat.words, seat.account_id = "done", None, now.account_id
                seat.report = now
        self._changed(name)

    def _first(self, seat: Seat, tries: int, report: Report) -> None:
        """The first portion, unless the try is over already."""
        with self._lock:
            if seat.tries != tries or seat.stage != "looking":
                return
            seat.report = report
        self._changed(seat.row.student_id)

    def _say(self, seat: Seat, why: Message, longest_s: float) -> None:
        self._put(seat, "looking", words(_WAITS, why=why, seconds=ceil(longest_s)))

    def _put(self, seat: Seat, stage: Stage, told: Message | None) -> None:
        with self._lock:
            if stage == "looking" and seat.stage not in {"queued", "looking"}:
                return
            seat.stage, seat.words = stage, told
            if stage == "refused":
                seat.report = seat.counts if seat.counts and not seat.counts.absent else None
        self._changed(seat.row.student_id)

    # -- the end --------------------------------------------------------------------------------

    def stop(self) -> int:
        """Tell every run to end and to give its queues back, and wait a moment for it.

        Returns how many were cut short.
        """
        with self._lock:
            self._stopping = True
            self._queue, waiting = [], len(self._queue)
            cut = waiting + len(self._running)
            for run in self._running.values():
                run.stop()
            self._free.notify_all()
            self._free.wait_for(lambda: not self._running, timeout=LEAVE_S)
        self._threads.close()
        return cut


def _by(keys: Keys, mine: Account, row: Account) -> Account:
    """The row reached by the block that was pasted, where the pasting student's row says it is."""
    return replace(
        row,
        access=keys,
        account_id=None,
        region=mine.region,
        endpoint_url=mine.endpoint_url,
        use=mine.use,
    )


def _view(seat: Seat, before: int) -> View:
    return View(
        *(seat.row, seat.stage, seat.words, seat.account_id, seat.report, seat.counts, seat.tries),
        before,
    )
