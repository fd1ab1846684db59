"""The desk itself: what its pages ask of it. Everything else stands in the modules that it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from grader.desk.refused import Refused
from grader.i18n.language import N_, speaking
from grader.intake.handed_in import pasted
from grader.model.access import HandedIn

if TYPE_CHECKING:
    from grader.batch.run import ClassRun
    from grader.batch.setup import GradingSetup
    from grader.desk.register import Register
    from grader.desk.runs import TryQueue
    from grader.desk.streams import Streams
    from grader.desk.whose import AccountClaims
    from grader.results.directory import Results
    from grader.roster.load import RosterEntry

BOARD_ROLE = " board"
"""Whom a stream for the instructor is for: no student's id has a blank."""

NO_BLOCK = 422
"""The status of what holds no block: the student's page says why."""

_PASTE = N_(
    "Copy the whole block again, from [default] to the token's end (AWS Details, AWS CLI, Show)."
)


@dataclass
class Desk:
    """A desk that is open, or closed and still there. ``base_url`` is where its links lead."""

    setup: GradingSetup
    results: Results
    rows: tuple[RosterEntry, ...]
    register: Register
    account_claims: AccountClaims
    class_run: ClassRun
    tries: TryQueue
    streams: Streams
    base_url: str
    lang: str
    until: datetime | None = None
    changes: int = 0
    """How often something on the board changed."""

    def changed(self, student_id: str) -> None:
        """Tell every open page that shows a student's seat that it changed."""
        self.changes += 1
        self.streams.tell(student_id)
        self.streams.tell(BOARD_ROLE)

    @property
    def secure(self) -> bool:
        """Whether pages go over TLS, and cookies over TLS only."""
        return self.base_url.startswith("https:")

    def entry(self, student_id: str) -> RosterEntry:
        """The roster's row of a student."""
        return self.tries.seats.view(student_id).entry

    @property
    def is_open(self) -> bool:
        """Whether blocks are taken."""
        return is_open(self.register, self.until)

    def hand_in(self, student_id: str, block: str, lang: str) -> None:
        """Take what a student pasted. Raises :class:`Refused`; nothing is kept of it then."""
        self.tries.check_may_try(student_id)
        with speaking(lang):
            keys = pasted(block.encode("utf-8", "replace"))
        if isinstance(keys, HandedIn):
            # It is said in the student's language already.
            refused = Refused(keys.why, _PASTE, status=NO_BLOCK)
            self.tries.seats.refuse(student_id, refused)
            raise refused
        self.tries.hand_in(student_id, keys)

    def release(self, student_id: str) -> None:
        """Let a student, and the group, hand in another account; theirs may be handed in by others."""
        together = self.account_claims.party(self.entry(student_id))
        self.register.release([entry.student_id for entry in together])
        self.changed(student_id)

    def dismiss(self, student_id: str, account_id: str) -> None:
        """Take a claim off the board."""
        self.register.dismiss(student_id, account_id)
        self.changed(student_id)

    def close(self, closed: bool) -> None:
        """Take no more blocks, or take them again, after ``until`` too."""
        self.register.close(closed)
        if not closed:
            self.until = None
        for entry in self.rows:
            self.changed(entry.student_id)


def is_open(register: Register, until: datetime | None) -> bool:
    """Whether blocks are taken now."""
    return not register.closed and (until is None or datetime.now(until.tzinfo) < until)
