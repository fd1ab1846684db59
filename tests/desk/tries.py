"""Tries at a desk in this process: what an account shows is given, and is judged and kept as ever."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Lock
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec

from grader.batch.plan import Plan
from grader.batch.run import ClassRun
from grader.batch.settings import Settings
from grader.batch.setup import GradingSetup
from grader.desk.desk import Desk
from grader.desk.grading import InUse, TryGrader
from grader.desk.refused import Refused
from grader.desk.register import Register
from grader.desk.seats import Seats
from grader.desk.streams import Streams
from grader.desk.whose import AccountClaims
from grader.engines.visit import Identified, identify_account
from grader.model.access import Keys, NothingHandedIn
from grader.model.fact import Found
from grader.model.observation import Identity
from grader.model.report import Report, read_report
from grader.results.directory import Results
from grader.results.overrides import Overrides
from grader.roster.load import Roster, RosterEntry
from grader.safety.secret import Secret
from tests.observations import a_function, lab_rubric, reference, sum_function

if TYPE_CHECKING:
    from pathlib import Path

    from grader.desk.seat import View
    from grader.model.observation import Observation
    from grader.model.outcome import CheckInfo
    from tests.judges import Judge

KEYS = Keys(Secret("AKIA"), Secret("secret"), None)


def row(name: str, group: str | None = None, account_id: str | None = None) -> RosterEntry:
    """A row that says no way to an account."""
    return RosterEntry(
        student_id=name, group=group, account_id=account_id, access=NothingHandedIn()
    )


def account(account_id: str, wrong: int = 0, **changes: Any) -> Observation:
    """What an account shows: everything right, but for so many points, 4 at most."""
    differs = {
        "runtime": "python2.7",
        "memory_mb": 1,
        "timeout_s": 1,
        "environment": Found({"foo": "x"}),
    }
    function = a_function(**dict([*differs.items()][:wrong]))
    identity = Found(Identity(account_id, f"arn:aws:iam::{account_id}:root"))
    given = {"identity": identity, "functions": sum_function(Found(function)), **changes}
    return reference(**given)


def account_shown(seen: Observation) -> Observation:
    """What looking at an account gives: where a test makes that fail."""
    return seen


class Played:
    """The engine of a run that finds what it is given."""

    aside = 0

    def __init__(self, seen: Observation) -> None:
        self.seen = seen

    def on_aside(self, changed: Any) -> None:
        pass

    def submit(self, task: Any, *_given: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            is_first = task is identify_account
            done.set_result(
                Identified(self.seen.identity) if is_first else account_shown(self.seen)
            )
        except ZeroDivisionError as error:
            done.set_exception(error)
        return done

    def stop(self) -> None:
        pass

    def close(self) -> None:
        pass


class Tries:
    """A desk's parts, without its pages and its queue."""

    def __init__(
        self,
        folder: Path,
        judge: Judge,
        checks: dict[str, CheckInfo],
        rows: list[RosterEntry],
        overrides: Overrides | None = None,
    ) -> None:
        self.results, settings = Results(folder / "results"), Settings(seed=1, jobs=1, keep="best")
        self.results.root.mkdir(exist_ok=True)
        self.setup = GradingSetup(lab_rubric(), judge, checks)
        self.rows = tuple(rows)
        self.register = Register.read(self.results.root)
        self.account_claims = AccountClaims(rows, self.register)
        roster = Roster(self.rows, "")
        marks = overrides or Overrides()
        planned = Plan(roster.entries, settings, start_over=False, overrides=marks)
        self.class_run = ClassRun(self.setup, self.results, roster, planned)
        self.seats = Seats(rows, self.class_run.reports, lambda _name: None)
        self.grader = TryGrader(
            setup=self.setup,
            settings=settings,
            account_claims=self.account_claims,
            class_run=self.class_run,
            results=self.results,
            seats=self.seats,
            in_use=InUse(),
            keeping=Lock(),
            overrides=marks,
        )

    def tries(self, name: str, seen: Observation) -> View:
        """Where a student is after handing in the block of an account."""
        seat = self.seats[name]
        seat.stage = "looking"
        # The moment of each is its own, as AWS's answers are.
        now = f"2024-05-01T10:{seat.tries:02}:00.000Z"
        seat.tries += 1
        seen = msgspec.structs.replace(seen, started_at=now, finished_at=now)
        try:
            self.grader.grade(seat, KEYS, Played(seen))  # type: ignore[arg-type]
        except Refused as refused:
            self.seats.put(seat, "refused", refused.words)
        return self.seats.view(name)

    @property
    def desk(self) -> Desk:
        """What the pages are made of."""
        tries: Any = SimpleNamespace(seats=self.seats)
        return Desk(
            setup=self.setup,
            results=self.results,
            rows=self.rows,
            register=self.register,
            account_claims=self.account_claims,
            class_run=self.class_run,
            tries=tries,
            streams=Streams(),
            base_url="http://127.0.0.1",
            lang="en",
        )

    def report(self, name: str) -> Report:
        return read_report(self.results.folder(name) / "report.json")
