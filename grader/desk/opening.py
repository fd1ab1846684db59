"""Opening a desk on a class and a results folder, and serving it until it is ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from grader.batch.run import ClassRun
from grader.desk.app import App
from grader.desk.desk import Desk, is_open
from grader.desk.grading import InUse, TryGrader
from grader.desk.links import ENTER, LinksFile
from grader.desk.register import Register
from grader.desk.runs import TryQueue
from grader.desk.seats import Seats
from grader.desk.server import Server
from grader.desk.streams import Streams
from grader.desk.whose import AccountClaims

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from grader.batch.plan import Plan
    from grader.batch.setup import GradingSetup
    from grader.desk.seat import View
    from grader.desk.tls import Tls
    from grader.results.directory import Results
    from grader.roster.load import Roster

_LOOK_S = 1.0


@dataclass(frozen=True)
class DeskOptions:
    """What a desk is opened with. ``links`` is the file of the students' links, ``base_url`` where they
    lead; ``released`` lose their accounts and ``renewed`` get new links, by their ids."""

    links: Path
    base_url: str
    listening: socket.socket
    tls: Tls | None = None
    until: datetime | None = None
    released: Sequence[str] = field(default=())
    renewed: Sequence[str] = field(default=())


class OpenDesk:
    """A desk from its opening to its end.

    ``opened`` is told the link to the board once everything answers, ``told`` where a student is when a
    run of theirs ended.
    """

    def __init__(
        self,
        setup: GradingSetup,
        results: Results,
        roster: Roster,
        planned: Plan,
        options: DeskOptions,
        *,
        opened: Callable[[str], None],
        told: Callable[[View], None] = lambda _view: None,
    ) -> None:
        self._setup, self._results, self._roster = setup, results, roster
        self._planned, self._options = planned, options
        self._opened, self._told = opened, told
        # Read before anything is begun: a damaged file is bad input.
        self._register = Register.read(results.root)
        self._links = LinksFile(options.links)
        self.cut_short = 0
        """How many checks had no end when the desk was ended."""
        self.without_link = 0
        """Of how many students the link works, and is written nowhere any more."""
        self.links_before: Path | None = None
        """Where the file of the links was put aside, if writing it would have lost something: a link of
        another desk, or a column."""
        self.until = options.until
        """Until when it takes blocks; the instructor may have opened it for longer."""
        self.run = ClassRun(setup, results, roster, planned, work=self._serve)

    def serve(self) -> None:
        """Serve until Ctrl-C, and write what the class comes to."""
        self.run.run(lambda _graded: None)

    def _serve(self, run: ClassRun) -> None:
        options, register, rows = self._options, self._register, self._roster.entries
        # By the token: a spreadsheet that saved the file may have changed the ids in it.
        ours = register.owners(self._links.tokens)
        known = {name: token for token, name in ours.items()}
        students = [entry.student_id for entry in rows]

        def publish(tokens: dict[str, str]) -> None:
            self.links_before = self._links.write(rows, tokens, options.base_url, ours)

        tokens = register.give_links(students, known, options.renewed, publish)
        self.without_link = len(students) - len(tokens)
        account_claims = AccountClaims(rows, register)
        account_claims.bind_graded(run.reports)  # by a batch, before the desk or in between
        for name in options.released:
            entry = next(entry for entry in rows if entry.student_id == name)
            register.release([member.student_id for member in account_claims.party(entry)])
        streams = Streams()
        holder: list[Desk] = []

        def changed(name: str) -> None:
            holder[0].changed(name)

        seats = Seats(rows, run.reports, changed)
        grader = TryGrader(
            setup=self._setup,
            settings=self._planned.settings,
            account_claims=account_claims,
            class_run=run,
            results=self._results,
            seats=seats,
            in_use=InUse(),
            keeping=Lock(),
            overrides=self._planned.overrides,
        )
        tries = TryQueue(
            grader,
            told=self._told,
            is_open=lambda: is_open(register, holder[0].until),
        )
        desk = Desk(
            setup=self._setup,
            results=self._results,
            rows=rows,
            register=register,
            account_claims=account_claims,
            class_run=run,
            tries=tries,
            streams=streams,
            base_url=options.base_url,
            lang=self._planned.settings.lang,
            until=options.until,
        )
        holder.append(desk)
        server = Server(App(desk).asgi(), options.listening, options.tls)
        try:
            server.start()
            self._opened(f"{options.base_url}{ENTER}{register.new_board()}")
            was_open = desk.is_open
            while not server.ended.wait(_LOOK_S):
                if desk.is_open != was_open:  # its time is up
                    was_open = desk.is_open
                    for entry in rows:
                        desk.changed(entry.student_id)
        except KeyboardInterrupt:
            register.forget_boards()
        finally:
            self.cut_short, self.until = tries.stop(), desk.until
            streams.end()
            server.end()
