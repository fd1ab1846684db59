"""A cluster of which something takes connections and does nothing: it is refused, not waited for."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest
from distributed import Client

from grader.engines import dask_remote as remote_cluster
from grader.inputs.problems import BadInput
from grader.model.code_digest import this_code
from grader.safety.call_timeout import call_with_timeout
from tests.engines.machines import Machines, frozen, machines
from tests.programs import LIMIT_S, background, command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    monkeypatch.setattr(remote_cluster, "CONNECT_S", 15)
    monkeypatch.setattr(remote_cluster, "READ_S", 15)
    with machines(tmp_path / "machines", tls=False) as running:
        yield running


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """Where connections are taken, and nothing else happens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LIMIT_S)
        yield server


def known_workers(others: Machines) -> list[str]:
    """The workers' addresses. All have read the grader then, which takes long on a busy machine."""
    with Client(others.address, set_as_default=False) as client:
        client.run_on_scheduler(this_code)
        return list(client.run(this_code))


def refused(scheduler: str) -> str:
    def reach() -> None:
        with remote_cluster.remote_cluster(scheduler):
            pass

    with pytest.raises(BadInput) as refusal:
        call_with_timeout(reach, within_s=LIMIT_S)
    return str(refusal.value)


def test_a_scheduler_that_takes_connections_and_does_not_answer(others: Machines) -> None:
    with frozen(others.scheduler):
        said = refused(others.address)
        assert said.startswith(f"--scheduler: {others.address} does not answer.")


@pytest.mark.parametrize("step", ["_connected", "_refuse_none", "_of_all"])
def test_a_scheduler_that_stops_while_it_is_looked_at(
    others: Machines, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    others.worker()
    known_workers(others)
    real = getattr(remote_cluster, step)

    def then_stops(*given: Any) -> Any:
        if step == "_of_all":  # it asks by way of the scheduler
            others.scheduler.send_signal(signal.SIGSTOP)
            return real(*given)
        found = real(*given)
        others.scheduler.send_signal(signal.SIGSTOP)
        return found

    monkeypatch.setattr(remote_cluster, step, then_stops)
    try:
        said = refused(others.address)
    finally:
        others.scheduler.send_signal(signal.SIGCONT)
    assert said.startswith(f"--scheduler: {others.address} does not answer.")


def test_a_worker_that_takes_connections_and_does_not_answer(others: Machines) -> None:
    others.worker()
    (first,) = known_workers(others)
    second = others.worker()
    (other,) = {*known_workers(others)} - {first}
    with frozen(second):
        said = refused(others.address)
    assert said.startswith(f"--scheduler: {other} does not answer.")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_batch_that_waits_for_a_scheduler_can_be_ended(
    listening: socket.socket, tmp_path: Path, number: int
) -> None:
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,nobody\n")
    scheduler = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
    with background(
        command("batch", "class.csv", "--engine", "dask", "--scheduler", scheduler), cwd=tmp_path
    ) as process:
        connection, _ = listening.accept()
        with connection:
            os.kill(process.pid, number)
            _, errors = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert not (tmp_path / "results").exists()
