"""A cluster of this machine's own, whose batch ends early: nothing of it stays."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from grader.engines.dask_local import local_cluster
from tests.class_rosters import read_json, roster
from tests.engines.machines import replaced
from tests.observing import hand_in, messages
from tests.polling import wait_for
from tests.processes import children, is_running
from tests.programs import LIMIT_S, at_birth, background, command, environment

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow


OF_A_WORKER = "MALLOC_TRIM_THRESHOLD_"
CLOSES_NONE = """
from grader import cli
from grader.engines import dask_local as local_cluster

async def nothing(made):
    pass

local_cluster._kill = nothing
cli.main()
"""
"""The grader where nothing of a cluster is closed in the time there is for it."""


@pytest.fixture
def busy_class(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[subprocess.Popen[str]]:
    """A batch in which one student is done, and two others take longer; by another program, if given."""
    program = getattr(request, "param", None)
    how = ("batch", "class.csv", "--engine", "dask", "--jobs", "6")
    busy, held = aws_sandbox.new_account(), aws_sandbox.new_account()
    hand_in(aws_sandbox, busy, handler="slow", environment={"SECONDS": "55"})
    hand_in(aws_sandbox, held, handler="prints_only", old_messages=3)
    (tmp_path / "held").write_text(held)
    roster(
        tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}", f"s2,Bo,,{busy}", f"s3,Cy,,{held}"
    )
    with background(
        [sys.executable, "-c", program, *how] if program else command(*how), cwd=tmp_path
    ) as process:
        # The old messages are held while the account is exercised.
        wait_for(lambda: messages(aws_sandbox, held, "output_queue")["in flight"] == 3)
        yield process


def test_an_interrupted_batch_gives_its_queues_back_and_leaves_no_process(
    aws_sandbox: Sandbox, busy_class: subprocess.Popen[str], tmp_path: Path
) -> None:
    started = children(busy_class.pid)
    os.killpg(busy_class.pid, signal.SIGINT)
    interrupted = time.monotonic()
    _, errors = busy_class.communicate(timeout=LIMIT_S)
    assert busy_class.returncode == 130
    assert "--resume" in errors
    assert "Traceback" not in errors
    assert "distributed" not in errors
    assert read_json(tmp_path / "results/batch.json")["state"] == "interrupted"
    held = (tmp_path / "held").read_text()
    assert messages(aws_sandbox, held, "output_queue")["in flight"] == 0
    wait_for(lambda: not any(map(is_running, started)))
    # Not a measurement: the function in s2 takes 55 s, and nobody waited for it.
    assert time.monotonic() - interrupted < 45


def test_workers_end_with_a_grader_that_is_killed(busy_class: subprocess.Popen[str]) -> None:
    started = children(busy_class.pid)
    assert len(started) > 1
    busy_class.kill()
    busy_class.wait()
    wait_for(lambda: not any(map(is_running, started)))


def test_workers_that_have_hardly_begun_hear_no_interrupt(interrupted_at_birth: Path) -> None:
    with local_cluster(1) as client:
        worker = replaced(client)
        assert client.submit(os.getpid).result(timeout=LIMIT_S) == worker
    # The first, and the one that took its place.
    assert len(list(interrupted_at_birth.iterdir())) == 2


@pytest.mark.parametrize(
    ("program", "holds"),
    [
        ("from grader import cli; cli.main()", "threading.Event().wait()"),
        (CLOSES_NONE, "while os.getppid() == parent: threading.Event().wait(0.01)"),
    ],
    ids=["closed", "not closed in time"],
)
def test_a_batch_that_is_interrupted_while_its_workers_start_says_no_more_than_that(
    program: str, holds: str, tmp_path: Path
) -> None:
    """They are held where they start, until they are closed or their parent is gone. What Dask sets for
    them tells them from the judge's."""
    begun = tmp_path / "begun"
    path = at_birth(
        tmp_path / "site",
        f"""
    if {OF_A_WORKER!r} in os.environ:
        parent = os.getppid()
        open({str(begun)!r}, "w").close()
        {holds}
""",
    )
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,nobody\n")
    env = environment(PYTHONPATH=path)
    env.pop(OF_A_WORKER, None)  # it stays where this process had a cluster
    how = ("batch", "class.csv", "--engine", "dask", "--jobs", "2")
    with background([sys.executable, "-c", program, *how], cwd=tmp_path, env=env) as process:
        wait_for(begun.exists)
        started = children(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=LIMIT_S)
        wait_for(lambda: not any(map(is_running, started)))
    assert (process.returncode, errors) == (130, "Interrupted.\n")


@pytest.mark.parametrize("busy_class", [CLOSES_NONE], indirect=True)
def test_an_end_waits_for_no_worker_that_was_not_closed_in_time(
    busy_class: subprocess.Popen[str],
) -> None:
    started = children(busy_class.pid)
    os.killpg(busy_class.pid, signal.SIGINT)
    _, errors = busy_class.communicate(timeout=LIMIT_S)
    assert busy_class.returncode == 130
    assert "Traceback" not in errors
    wait_for(lambda: not any(map(is_running, started)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_workers_leave_it_to_the_grader_to_stop_them(number: int) -> None:
    with local_cluster(1) as client:
        worker = replaced(client)
        os.kill(worker, number)
        # It answers in its event loop, which a signal would have woken first.
        assert client.submit(os.getpid).result(timeout=LIMIT_S) == worker
