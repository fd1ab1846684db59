"""What keeps a batch from being started on a cluster: one message, status 2, nothing touched."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader import __version__, cli
from grader.engines import dask_remote as remote_cluster
from tests.engines.machines import Machines, machines, other_grader
from tests.programs import environment, grader

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

NOWHERE = "tcp://127.0.0.1:9"


@pytest.fixture
def class_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(remote_cluster, "CONNECT_S", 15)
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,nobody\n")
    return tmp_path


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("cluster") / "machines", tls=False) as running:
        yield running


def refused(scheduler: str) -> None:
    assert cli.run(["batch", "class.csv", "--engine", "dask", "--scheduler", scheduler]) == 2
    assert not Path("results").exists()


def refuses_worker(others: Machines, code: str) -> None:
    worker = others.worker(PYTHONPATH=code)
    try:
        refused(others.address)
    finally:
        worker.terminate()
        worker.wait()


@pytest.mark.parametrize("address", [NOWHERE, "127.0.0.1:9"])
def test_no_scheduler_answers(
    class_folder: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    refused(address)
    said = capsys.readouterr().err
    assert said.startswith(f"--scheduler: No scheduler answers at {address}")
    assert "Traceback" not in said


@pytest.mark.parametrize("address", ["tcp://192.0.2.1:8786", "192.0.2.1", "ws://a.example:1"])
def test_credentials_are_not_sent_in_the_clear(
    class_folder: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    refused(address)
    assert "is not encrypted" in capsys.readouterr().err


def test_a_scheduler_without_workers(
    class_folder: Path, others: Machines, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(others.address)
    assert f"{others.address} has no workers. Start some first." in capsys.readouterr().err


def test_a_scheduler_at_which_workers_can_join_in_the_clear(
    class_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with machines(class_folder / "machines", tls=False, host="0.0.0.0") as running:
        port = running.address.rpartition(":")[2]
        running.address = f"tcp://127.0.0.1:{port}"
        running.worker()
        refused(running.address)
    words = " ".join(capsys.readouterr().err.split())
    assert f"takes connections at tcp://0.0.0.0:{port}, which are not encrypted" in words
    assert "--host 127.0.0.1" in words


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("__version__ = '0.0.7'", "has version 0.0.7"),
        ("raise ModuleNotFoundError('No module named grader')", "No module named grader"),
    ],
)
def test_a_worker_that_cannot_run_this_grader(
    class_folder: Path,
    others: Machines,
    capsys: pytest.CaptureFixture[str],
    change: str,
    said: str,
) -> None:
    refuses_worker(others, other_grader(class_folder / "other", change))
    words = " ".join(capsys.readouterr().err.split())
    assert said in words
    assert f"cannot run this grader ({__version__})" in words
    assert f"Bring the same copy of the grader ({__version__}) to every machine" in words
    assert "pip install '.[cluster]'" in words


def test_a_worker_with_the_same_version_and_other_code(
    class_folder: Path, others: Machines, capsys: pytest.CaptureFixture[str]
) -> None:
    refuses_worker(others, other_grader(class_folder / "other", "# changed"))
    words = " ".join(capsys.readouterr().err.split())
    assert f"has version {__version__}, but other code." in words
    assert "Install the same copy of the grader there, and start it again." in words


def test_a_scheduler_that_wants_certificates(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,nobody\n")
    with machines(tmp_path / "machines") as running:
        how = ("--engine", "dask", "--scheduler", running.address)
        done = grader("batch", "class.csv", *how, cwd=tmp_path, env=environment())
    assert (done.returncode, done.stderr.startswith("distributed.comm.tls: ")) == (2, True), (
        done.stderr
    )
    assert "names no certificate of the client. See docs/cluster.md." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_scheduler_is_for_dask(class_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["batch", "class.csv", "--scheduler", NOWHERE]) == 2
    assert "--scheduler: A scheduler needs --engine dask." in capsys.readouterr().err
    assert not Path("results").exists()


def test_without_dask_it_says_what_to_install(
    class_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "grader.engines.dask_cluster")
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert cli.run(["batch", "class.csv", "--engine", "dask"]) == 2
    assert "pip install '.[cluster]'" in capsys.readouterr().err
    assert not Path("results").exists()
