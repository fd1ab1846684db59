"""A cluster of this machine's own, whose batch ends early: nothing of it stays."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.local_cluster import local_cluster
from tests.classes import read, roster
from tests.cluster.machines import children, replaced
from tests.looking import hand_in, messages
from tests.running import LIMIT_S, command, environment
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture
def busy_class(aws_sandbox: Sandbox, right: str, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A batch in which one student is done, and two others take longer."""
    busy, held = aws_sandbox.new_account(), aws_sandbox.new_account()
    hand_in(aws_sandbox, busy, handler="slow", environment={"SECONDS": "55"})
    hand_in(aws_sandbox, held, handler="prints_only", old_messages=3)
    (tmp_path / "held").write_text(held)
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{right}", f"s2,Bo,,{busy}", f"s3,Cy,,{held}")
    with subprocess.Popen(
        command("batch", path, "--engine", "dask", "--jobs", "6"),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            # The old messages are held while the account is exercised.
            until(lambda: messages(aws_sandbox, held, "output_queue")["in flight"] == 3)
            yield process
        finally:
            process.kill()


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


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
    assert read(tmp_path / "results/batch.json")["state"] == "interrupted"
    held = (tmp_path / "held").read_text()
    assert messages(aws_sandbox, held, "output_queue")["in flight"] == 0
    assert all(gone(pid) for pid in started)
    # Not a measurement: the function in s2 takes 55 s, and nobody waited for it.
    assert time.monotonic() - interrupted < 25


def test_workers_end_with_a_grader_that_is_killed(busy_class: subprocess.Popen[str]) -> None:
    started = children(busy_class.pid)
    assert len(started) > 1
    busy_class.kill()
    busy_class.wait()
    until(lambda: all(gone(pid) for pid in started))


@pytest.mark.usefixtures("interrupted_at_birth")
def test_workers_that_have_hardly_begun_hear_no_interrupt() -> None:
    with local_cluster(1) as client:
        worker = replaced(client)  # the first, and the one that takes its place
        assert client.submit(os.getpid).result(timeout=LIMIT_S) == worker


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_workers_leave_it_to_the_grader_to_stop_them(number: int) -> None:
    with local_cluster(1) as client:
        worker = replaced(client)
        os.kill(worker, number)
        # It answers in its event loop, which a signal would have woken first.
        assert client.submit(os.getpid).result(timeout=LIMIT_S) == worker
