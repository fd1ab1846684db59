"""What a killed grader still has under way when the batch is resumed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from grader.batch import ClassRun
from grader.course import loaded
from grader.grading import Settings
from grader.plan import plan
from grader.results import Results
from grader.rubric import default_rubric_path
from tests.classes import roster
from tests.looking import hand_in

if TYPE_CHECKING:
    from pathlib import Path

    from grader.report import Report
    from grader.sandbox.server import Sandbox

_POLLS = """
import sys, boto3
from grader.observe.output import POLL_S
url, account = sys.argv[1:]
sqs = boto3.client(
    "sqs", region_name="us-east-1", endpoint_url=url,
    aws_access_key_id=account, aws_secret_access_key="test",
)
queue = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
sqs.meta.events.register("before-send", lambda **_: print("polling", flush=True))
sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=POLL_S, VisibilityTimeout=900)
"""


def killed_while_it_polls(sandbox: Sandbox, account: str) -> None:
    """Leave a long poll of the output queue behind whose answer nobody reads."""
    with subprocess.Popen(
        [sys.executable, "-c", _POLLS, sandbox.endpoint_url, account],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "polling\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.2)  # until the request is there
        process.kill()


def test_the_last_poll_of_a_killed_grader_takes_no_answer_away(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="first_record_only")
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{fresh_account}", "s2,Bo,,-")
    results = Results(tmp_path / "results")
    with loaded(default_rubric_path(), None, path) as (course, students):
        assert students is not None

        def run(*, only: tuple[str, ...] = ()) -> Report:
            planned = plan(results, students, course.rubric, Settings(seed=3), only=only)
            one = ClassRun(course, results, students, planned)
            if only:
                killed_while_it_polls(aws_sandbox, fresh_account)
            one.run(lambda _: None)
            return one.reports[0]

        before = run()
        with results.locked():
            results.write_batch(msgspec.structs.replace(results.batch(), state="running"))
        after = run(only=("s1",))
    assert (after.score, after.flags) == (before.score, before.flags) == (19, ())
