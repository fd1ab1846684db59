"""One try of one student: graded as a batch grades, for everybody of the group, and kept."""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from msgspec import UNSET

from grader.batch.pipeline import Pipeline
from grader.desk.refused import Refused, words
from grader.desk.seat import TryResult
from grader.desk.whose import check_open, is_seen_graded
from grader.i18n.language import N_
from grader.inputs.problems import BadInput
from grader.results.last_seen import last_seen_accounts
from grader.roster.load import student_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from grader.batch.parties import Graded
    from grader.batch.run import ClassRun
    from grader.batch.settings import Settings
    from grader.batch.setup import GradingSetup
    from grader.desk.engine import TryEngine
    from grader.desk.seat import Seat
    from grader.desk.seats import Seats
    from grader.desk.whose import AccountClaims
    from grader.engines.visit import Identified, Visit
    from grader.model.access import Keys
    from grader.model.batch import Student
    from grader.results.directory import Results, StoredStudent
    from grader.results.overrides import Overrides
    from grader.roster.load import RosterEntry

DESK_ENDED = N_("The desk was ended before your check was.")
WHEN_OPEN = N_("Hand in again when it is open.")
ONCE_MORE = N_("Hand in once more; if it happens again, call your instructor.")
FAILED = N_("The grader failed, and told your instructor. It does not count against you.")
_NOT_KEPT = N_("Your result could not be written, so it does not count yet.")
_NEXT = N_("This account is being checked for somebody else; yours is next.")


class InUse:
    """The accounts in which a run is at work: one at a time in each."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._accounts: set[str] = set()
        self._stopping = False

    @contextmanager
    def visiting(self) -> Iterator[list[str]]:
        """The accounts of one run, to which :meth:`enter` adds; free for others at the end."""
        mine: list[str] = []
        try:
            yield mine
        finally:
            with self._free:
                self._accounts.difference_update(mine)
                self._free.notify_all()

    def enter(self, account_id: str, mine: list[str]) -> bool:
        """Reserve the account and return True; if another run has it, wait for that and return False."""
        with self._free:
            if account_id not in self._accounts:
                self._accounts.add(account_id)
                mine.append(account_id)
                return True
            self._free.wait_for(lambda: self._stopping or account_id not in self._accounts)
            return False

    def stop(self) -> None:
        """Let nobody wait any more."""
        with self._free:
            self._stopping = True
            self._free.notify_all()

    @property
    def stopping(self) -> bool:
        """Whether the desk is ending."""
        return self._stopping


@dataclass
class TryGrader:
    """Grades a student's block, and keeps what comes of it. Used by several threads at once."""

    setup: GradingSetup
    settings: Settings
    account_claims: AccountClaims
    class_run: ClassRun
    results: Results
    seats: Seats
    in_use: InUse
    keeping: AbstractContextManager[object]
    overrides: Overrides

    def grade(self, seat: Seat, keys: Keys, engine: TryEngine) -> None:
        """Grade everybody of the student's group. Raises :class:`Refused` where nothing comes of it."""
        mine, together = seat.entry, self.account_claims.party(seat.entry)
        taken: list[Graded] = []
        with self.in_use.visiting() as visited:

            def on_identified(found: Identified, _visit: Visit) -> None:
                """Before anything else is asked of the account, and before its function is run."""
                account_id = self._enter(seat, found, visited)
                self.seats.show_account(seat, account_id)

            def may_count(_student: Student, account_id: str) -> bool:
                # A group may have several accounts, of which the best counts; a student alone has one.
                return account_id in visited or (
                    bool(mine.group) and self.account_claims.may_still_count(mine, account_id)
                )

            pipeline = Pipeline(
                self.setup.rubric,
                self.setup.judge,
                self.setup.checks,
                replace(self.settings, seed=secrets.randbelow(2**31)),
                on_graded=taken.append,
                engine=engine,
                stored=lambda _party: last_seen_accounts(self._readable(together), may_count),
                on_identified=on_identified,
            )
            pipeline.run(_reached(entry, keys, mine) for entry in together)
            if self.in_use.stopping:
                raise Refused(DESK_ENDED, WHEN_OPEN)
            check_open(engine.seen)
            # Where nothing is known yet, what was seen is kept: it can be judged again.
            if pipeline.failed and any(self.seats.is_known(entry.student_id) for entry in together):
                raise Refused(FAILED, ONCE_MORE)
            self._keep(mine, together, taken, visited)

    def _readable(self, rows: Sequence[RosterEntry]) -> Iterator[StoredStudent]:
        """What is stored of the students of ``rows``. A damaged file says nothing."""
        with suppress(BadInput):  # raised after the last of them
            yield from self.results.each_stored(map(student_of, rows))

    def _enter(self, seat: Seat, found: Identified, visited: list[str]) -> str:
        """The account's id, once nobody else's run is in it. Raises :class:`Refused`."""
        while True:
            # Whoever was in it before may have bound it.
            account_id = self.account_claims.check(seat.entry, found.identity)
            if self.in_use.enter(account_id, visited):
                return account_id
            if self.in_use.stopping:
                raise Refused(DESK_ENDED, WHEN_OPEN)
            self.seats.put(seat, "looking", words(_NEXT))

    def _keep(
        self,
        mine: RosterEntry,
        together: list[RosterEntry],
        taken: list[Graded],
        visited: list[str],
    ) -> None:
        rows = {entry.student_id: entry for entry in together}
        results: list[TryResult] = []
        try:
            for graded in taken:
                name = graded.entry.student_id
                is_mine = name == mine.student_id
                try_report = self.overrides.apply_to(graded.this_run_report or graded.report)
                with self.keeping:
                    if is_mine and is_seen_graded(try_report) and visited:
                        self.account_claims.bind(name, visited[0])
                    # The row as the roster has it: how it was reached this once is kept nowhere.
                    counting_report = self.class_run.take(
                        replace(graded, entry=rows[name], led_to=None)
                    )
                if counting_report is None:
                    raise Refused(_NOT_KEPT, ONCE_MORE)
                results.append(TryResult(name, try_report, counting_report, is_mine))
        finally:
            # Of a group nobody sees a grade before it is everybody's.
            self.seats.show(results)


def _reached(entry: RosterEntry, keys: Keys, mine: RosterEntry) -> RosterEntry:
    """The row reached by the block that was pasted, where the pasting student's row says it is."""
    return replace(
        entry,
        access=keys,
        account_id=None,
        way_account_id=UNSET,
        region=mine.region,
        endpoint_url=mine.endpoint_url,
        use=mine.use,
    )
