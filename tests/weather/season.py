"""Gradings in all kinds of weather, each in an account of its own, many at a time."""

from __future__ import annotations

import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.batch.pipeline import Pipeline
from grader.batch.settings import Settings
from grader.model.access import Keys
from grader.observe import exchange, exercise, hidden, output, patience, room
from grader.resources import ready
from grader.roster.load import RosterEntry
from grader.rubric.load import default_rubric_path, load_rubric
from grader.safety.secret import Secret
from grader.sandbox.cohort import COHORT, deploy_all
from tests.judges import Judge
from tests.weather.kinds import KINDS
from tests.weather.sky import Weather, sky

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from grader.model.report import Report
    from grader.sandbox.server import Sandbox

READERS = frozenset({"second-reader", "late-counts-and-a-reader"})
"""Where somebody else may take messages for good: there a grade may stay open."""

DEADLINE_S = 30
"""The shortest patience for a pair: the sandbox itself takes its time."""

WAITS: tuple[tuple[Any, str, float], ...] = (
    (hidden, "LAG_S", hidden.LAG_S),
    (hidden, "HIDDEN_EVERY_S", hidden.HIDDEN_EVERY_S),
    (output, "HIDES_S", output.HIDES_S),
    (patience, "COME_BACK_S", patience.COME_BACK_S),
    (exercise, "ENDS_S", exercise.ENDS_S),
    (ready, "READY_S", ready.READY_S),
    (ready, "READY_EVERY_S", ready.READY_EVERY_S),
    (ready, "TOGETHER_S", ready.TOGETHER_S),
    (room, "WAKING_S", room.WAKING_S),
    (room, "MOST_ROOM_S", room.MOST_ROOM_S),
    (room, "ROOM_S", room.ROOM_S),
)


@dataclass(frozen=True)
class Cell:
    """One grading: a submission of the cohort, in one kind of weather, with one seed."""

    kind: str
    submission: str
    seed: int

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.kind}.{self.submission}.{self.seed}"


@dataclass
class Came:
    """What came of a cell: a report of each grader, and what the weather did."""

    expected: float
    reports: list[Report] = field(default_factory=list)
    did: list[dict[str, Any]] = field(default_factory=list)

    def wrong(self, cell: Cell) -> list[str]:
        """What is wrong with it: another grade, or none where nobody took anything."""
        return [
            f"{cell.name}: {report.score} instead of {self.expected}: {_why(report)}"
            for report in self.reports
            if report.score != self.expected and not (report.score is None and cell.kind in READERS)
        ]


def _why(report: Report) -> list[tuple[str, str, str]]:
    return [(one.id, one.status, one.message) for one in report.criteria if one.status != "passed"]


def cells(kinds: Iterable[str], submissions: Iterable[str], seeds: Iterable[int]) -> list[Cell]:
    """Every one of them."""
    return [Cell(*one) for one in itertools.product(kinds, submissions, seeds)]


def season(
    sandbox: Sandbox,
    chosen: list[Cell],
    *,
    scale: float = 1.0,
    jobs: int = 24,
    keep: Path | None = None,
) -> dict[Cell, Came]:
    """What comes of ``chosen``. What the weather did is kept in a folder, a file for each cell."""
    known = {one.name: one for one in COHORT}
    submitted = [msgspec.structs.replace(known[c.submission], name=c.name) for c in chosen]
    accounts = deploy_all(sandbox, submitted)
    over = {accounts[c.name]: Weather(c.kind, KINDS[c.kind], c.seed, scale=scale) for c in chosen}
    came = {c: Came(float(known[c.submission].points or 0)) for c in chosen}
    by_name = {c.name: c for c in chosen}
    with ExitStack() as stack:
        stack.enter_context(_shortened(scale))
        front = stack.enter_context(sky(sandbox.endpoint_url, over))
        judge = stack.enter_context(Judge(workers=1))
        for cell in chosen:
            if cell.kind in READERS:
                stack.enter_context(
                    _reader(sandbox, accounts[cell.name], 30 * scale, over[accounts[cell.name]])
                )
        checks = judge.collect()
        rubric = load_rubric(default_rubric_path(), checks)
        rules = msgspec.structs.replace(
            rubric.exchange, deadline_s=max(DEADLINE_S, rubric.exchange.deadline_s * scale)
        )
        rubric = msgspec.structs.replace(rubric, exchange=rules)

        def grade(seed: int, some: list[Cell]) -> None:
            rows = [_row(c, accounts[c.name], line) for line, c in enumerate(some, 2)]
            settings = Settings(
                seed=seed, jobs=jobs, endpoint_url=front.endpoint_url, confirm_s=30 * scale
            )
            Pipeline(
                rubric,
                judge,
                checks,
                settings,
                lambda one: came[by_name[one.entry.student_id]].reports.append(one.report),
            ).run(rows)

        others = [c for c in chosen if c.kind == "another-grader"]
        with ThreadPoolExecutor(1) as threads:
            second = threads.submit(grade, 1001, others)
            grade(1, chosen)
            second.result()
    for cell in chosen:
        came[cell].did = over[accounts[cell.name]].did
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            lines = "".join(f"{json.dumps(one)}\n" for one in came[cell].did)
            (keep / f"{cell.name}.ndjson").write_text(lines, encoding="utf-8")
    return came


def _row(cell: Cell, account: str, line: int) -> RosterEntry:
    keys = Keys(Secret(account), Secret("test"), None)
    return RosterEntry(student_id=cell.name, access=keys, line=line)


@contextmanager
def _shortened(scale: float) -> Iterator[None]:
    """The grader's own waits, shortened as the weather is."""
    with pytest.MonkeyPatch.context() as patch:
        if scale != 1:
            for module, name, seconds in WAITS:
                patch.setattr(module, name, seconds * scale)
            patch.setattr(exchange, "IMPATIENT_S", 4)
        yield


@contextmanager
def _reader(sandbox: Sandbox, account: str, hides_s: float, weather: Weather) -> Iterator[None]:
    """Somebody polls the output queue all the time, as the console does, and deletes nothing."""
    ended = threading.Event()
    sqs = sandbox.client("sqs", account)
    url = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]

    def read() -> None:
        while not ended.is_set():
            took = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=1,
                VisibilityTimeout=max(1, round(hides_s)),
            )
            if taken := len(took.get("Messages", [])):
                weather.record("ReceiveMessage", f"the other reader took {taken}")

    reading = threading.Thread(target=read)
    reading.start()
    try:
        yield
    finally:
        ended.set()
        reading.join()
