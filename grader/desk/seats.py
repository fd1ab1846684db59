"""Every student's seat, and who hears of it when one changes."""

from __future__ import annotations

import threading
from collections import Counter
from math import ceil
from typing import TYPE_CHECKING

from grader.desk.refused import words
from grader.desk.seat import Seat, View
from grader.i18n.language import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.desk.refused import Refused
    from grader.desk.seat import SeatStage, TryResult
    from grader.i18n.message import Message
    from grader.model.report import Report
    from grader.roster.load import RosterEntry

_WAITS = N_("{why}, up to {seconds} s.")


class Seats:
    """The seats of a class, under one ``lock``. Its methods may be called in any thread.

    ``reports`` are those that there are already. ``changed`` hears of each student whose seat is another
    than before, in whatever thread, and must not wait. ``queue`` are those who wait, in their order.
    """

    def __init__(
        self,
        rows: Iterable[RosterEntry],
        reports: Iterable[Report],
        changed: Callable[[str], None],
    ) -> None:
        self.lock = threading.RLock()
        self.queue: list[Seat] = []
        self._changed = changed
        self._seats = {entry.student_id: Seat(entry) for entry in rows}
        for report in reports:
            seat = self._seats[report.student_id]
            seat.counting_report = report
            if not report.absent:
                seat.stage, seat.report, seat.account_id = "done", report, report.account_id

    def __getitem__(self, student_id: str) -> Seat:
        return self._seats[student_id]

    # -- what others see ------------------------------------------------------------------------

    def view(self, student_id: str) -> View:
        """Where a student is now."""
        with self.lock:
            seat = self._seats[student_id]
            ahead = next((n for n, one in enumerate(self.queue) if one is seat), 0)
            return _view(seat, ahead)

    def views(self) -> list[View]:
        """Where everybody is, in the roster's order."""
        with self.lock:
            places = {id(seat): number for number, seat in enumerate(self.queue)}
            return [_view(seat, places.get(id(seat), 0)) for seat in self._seats.values()]

    def is_known(self, student_id: str) -> bool:
        """Whether something that the student handed in has a report."""
        with self.lock:
            report = self._seats[student_id].counting_report
            return report is not None and not report.absent

    @property
    def stage_counts(self) -> Counter[str]:
        """How many students are in which stage."""
        with self.lock:
            return Counter(seat.stage for seat in self._seats.values())

    # -- what changes ---------------------------------------------------------------------------

    def tell(self, seats: Iterable[Seat]) -> None:
        """Tell that the seats of these students changed."""
        for seat in seats:
            self._changed(seat.entry.student_id)

    def put(self, seat: Seat, stage: SeatStage, told: Message | None = None) -> None:
        """Move a student on, with what is said of it. Who was refused sees what counts again."""
        with self.lock:
            if stage == "looking" and not seat.busy:
                return  # of a try that is over
            seat.stage, seat.words = stage, told
            if stage == "refused":
                seat.report = (
                    seat.counting_report
                    if seat.counting_report and not seat.counting_report.absent
                    else None
                )
        self.tell([seat])

    def refuse(self, student_id: str, refused: Refused) -> None:
        """Show the student why what they handed in is none, unless something of theirs is under way."""
        with self.lock:
            seat = self._seats[student_id]
            if not seat.busy:
                self.put(seat, "refused", refused.words)

    def say(self, seat: Seat, why: Message, longest_s: float) -> None:
        """What is done for the student now, and for how many seconds at most."""
        self.put(seat, "looking", words(_WAITS, why=why, seconds=ceil(longest_s)))

    def show_account(self, seat: Seat, account_id: str) -> None:
        """Whose account it is."""
        with self.lock:
            seat.account_id = account_id
        self.tell([seat])

    def show_partial_report(self, seat: Seat, tries: int, report: Report) -> None:
        """What is known of a try by now, unless that is over already."""
        with self.lock:
            if seat.tries != tries or seat.stage != "looking":
                return
            seat.report = report
        self.tell([seat])

    def show(self, results: Iterable[TryResult]) -> None:
        """Publish a try's result to the student, and to partners who have no try running."""
        with self.lock:
            shown = [(self._seats[one.student_id], one) for one in results]
            for seat, one in shown:
                seat.counting_report = one.counting_report
                if one.is_mine or not seat.busy:
                    seat.stage, seat.words, seat.account_id = (
                        "done",
                        None,
                        one.try_report.account_id,
                    )
                    seat.report = one.try_report
        self.tell(seat for seat, _ in shown)


def _view(seat: Seat, ahead: int) -> View:
    return View(
        entry=seat.entry,
        stage=seat.stage,
        words=seat.words,
        account_id=seat.account_id,
        report=seat.report,
        counting_report=seat.counting_report,
        tries=seat.tries,
        ahead=ahead,
    )
