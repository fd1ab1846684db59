"""What a killed grader still has under way when the batch is resumed."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.aws.clients import Clients
from grader.batch import wait_for_killed as after_kill
from grader.batch.plan import plan
from grader.batch.run import ClassRun
from grader.batch.settings import Settings
from grader.batch.setup import load_setup_and_roster
from grader.engines.threads import Threads
from grader.observe.receive import POLL_S
from grader.results.directory import Results
from grader.rubric.load import default_rubric_path
from tests.class_rosters import roster
from tests.observing import hand_in
from tests.programs import LIMIT_S
from tests.wire_faults import Wire

if TYPE_CHECKING:
    from pathlib import Path

    from types_boto3_sqs.type_defs import MessageTypeDef

    from grader.model.report import Report
    from grader.sandbox.server import Sandbox


class LastPoll:
    """What a killed grader has asked SQS for: a message that nobody reads when it comes.

    Its time is that of the test, not the clock's: it receives until :meth:`ends`, or until it has
    taken a message away.
    """

    def __init__(self, sandbox: Sandbox, account: str) -> None:
        self._sqs = sandbox.client("sqs", account)
        self._url = self._sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
        self._over = threading.Event()
        self.done = threading.Event()
        self.received: list[MessageTypeDef] = []
        self._thread = threading.Thread(target=self._receive)
        self._thread.start()

    def _receive(self) -> None:
        try:
            while not self._over.is_set() and not self.received:
                answer = self._sqs.receive_message(
                    QueueUrl=self._url, WaitTimeSeconds=1, VisibilityTimeout=900
                )
                self.received += answer.get("Messages", [])
        finally:
            self.done.set()

    def goes_first(self, **_given: Any) -> None:
        """However fast a function is, or this machine: its answer is looked for after this poll."""
        self.done.wait(LIMIT_S)

    def ends(self) -> None:
        self._over.set()
        self._thread.join()


class Clock:
    """Waiting of the grader's that takes no time: that of ``last`` passes instead."""

    def __init__(self) -> None:
        self.last: LastPoll | None = None
        self.waited: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        if self.last is not None and seconds > POLL_S:
            self.last.ends()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(after_kill, "threading", SimpleNamespace(Event=lambda: clock))
    return clock


@pytest.mark.slow
def test_the_last_poll_of_a_killed_grader_takes_no_answer_away(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path, clock: Clock
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="first_record_only")
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{fresh_account}", "s2,Bo,,-")
    results = Results(tmp_path / "results")
    with load_setup_and_roster(default_rubric_path(), None, path) as (setup, students):

        def run(wire: Wire, *, only: tuple[str, ...] = ()) -> Report:
            settings = Settings(seed=3)
            planned = plan(results, students, setup.rubric, settings, only=only)
            engine = Threads(settings.jobs)
            engine._context.clients = Clients(wire.session)
            one = ClassRun(setup, results, students, planned, engine)
            one.run(lambda _: None)
            return one.reports[0]

        before = run(Wire())
        assert clock.waited == []
        with results.locked():
            results.write_batch(msgspec.structs.replace(results.batch(), state="running"))
        last = clock.last = LastPoll(aws_sandbox, fresh_account)
        try:
            wire = Wire()
            wire.session.events.register("before-send.sqs.ReceiveMessage", last.goes_first)
            after = run(wire, only=("s1",))
        finally:
            last.ends()
    assert (after.score, after.flags) == (before.score, before.flags) == (19, ())
    assert last.received == []
