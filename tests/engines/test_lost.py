"""What is lost with a worker or with a whole cluster, and one that is busy with nothing of ours."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from distributed import Client

from grader import __version__
from grader.engines import dask_cluster as clusters
from grader.engines.dask_cluster import Cluster, cluster
from grader.engines.dask_worker import _MOST_CONTEXTS, RERUN, _context_of, stop
from grader.engines.protocol import EngineLost
from grader.engines.visit import RunOptions
from grader.rubric.exchange import ExchangeRules
from grader.rubric.load import default_rubric_path
from grader.rubric.pairs import Pairs
from grader.safety.call_timeout import call_with_timeout
from tests.class_rosters import read_json, reports, roster
from tests.engines import tasks
from tests.engines.machines import Machines, frozen, machines, other_grader
from tests.observing import hand_in, messages
from tests.polling import wait_for
from tests.programs import LIMIT_S, background, command, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

HERE = str(Path(__file__).parents[2])
SEED, PAIRS, NUMBERS = 5, 2, (100, 9999)


@pytest.fixture
def others(tmp_path: Path) -> Iterator[Machines]:
    with machines(tmp_path / "machines", tls=False, PYTHONPATH=HERE) as running:
        yield running


def test_a_scheduler_that_dies_leaves_the_rest_ungraded(
    others: Machines, aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    rows = [f"s1,Ann,,{reference_account}"]
    for student in ("s2,Bo", "s3,Cy"):
        slow = aws_sandbox.new_account()
        hand_in(aws_sandbox, slow, handler="slow", environment={"SECONDS": "25"})
        rows.append(f"{student},,{slow}")
    path = roster(tmp_path, aws_sandbox, *rows)
    others.worker()
    how = ("--engine", "dask", "--scheduler", others.address, "--jobs", "3")
    with background(command("batch", path, *how), cwd=tmp_path) as process:
        wait_for((tmp_path / "results/students/s1/report.json").exists)
        others.scheduler.kill()
        _, errors = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 3, errors
    found = reports(tmp_path)
    assert {name: one.score for name, one in found.items()} == {"s1": 20, "s2": None, "s3": None}
    assert "scheduler was lost" in (tmp_path / "results/students/s2/report.json").read_text()
    # At once and not for each student, and then in the list of who could not be graded.
    lost = "The cluster was lost: The connection to Dask's scheduler was lost."
    assert errors.splitlines().count(lost) == 1
    assert errors.count(lost) == 2
    assert "Traceback" not in errors, errors
    assert read_json(tmp_path / "results/batch.json")["state"] == "finished"
    assert messages(aws_sandbox, reference_account, "output_queue") == {
        "visible": 0,
        "in flight": 0,
    }


def test_a_class_does_not_wait_for_ever_for_a_worker(
    others: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "NO_WORKERS_S", 0)
    monkeypatch.setattr(clusters, "_LOOK_S", 0.1)
    worker = others.worker()
    with cluster(others.address, 1) as engine:
        running = engine.submit(tasks.says_where, str(tmp_path))
        wait_for(lambda: list(tmp_path.glob("*.started")))
        worker.kill()
        assert isinstance(running.exception(timeout=LIMIT_S), EngineLost)
        late = engine.submit(tasks.process)
        assert "without workers" in str(late.exception(timeout=LIMIT_S))


def test_a_class_does_not_wait_for_ever_for_a_scheduler_that_is_frozen(
    others: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "SILENT_S", 15)
    others.worker()
    with ExitStack() as left:
        engine = left.enter_context(cluster(others.address, 1))
        running = engine.submit(tasks.says_where, str(tmp_path))
        wait_for(lambda: list(tmp_path.glob("*.started")))
        with frozen(others.scheduler):
            error = running.exception(timeout=LIMIT_S)
            assert isinstance(error, EngineLost)
            assert str(error) == "Dask's scheduler has not answered for 15 s."
            late = engine.submit(tasks.process)
            assert str(late.exception(timeout=LIMIT_S)) == str(error)
            call_with_timeout(left.close, within_s=LIMIT_S)


def test_a_task_that_ends_every_worker_is_given_up(others: Machines) -> None:
    for _ in range(5):
        others.worker(threads=1, wait=False)
    wait_for(lambda: others.joined() == 5)
    with cluster(others.address, 1) as engine:
        error = engine.submit(tasks.ends_its_process, "x").exception(timeout=LIMIT_S)
    assert type(error).__name__ == "KilledWorker"


def test_a_worker_that_joins_takes_part(others: Machines, tmp_path: Path) -> None:
    first = others.worker(threads=1)
    with cluster(others.address, 2) as engine:
        busy = engine.submit(tasks.says_where, str(tmp_path))
        wait_for(lambda: list(tmp_path.glob("*.started")))
        free = engine.submit(tasks.process)
        second = others.worker(threads=1)
        assert free.result(timeout=LIMIT_S) == second.pid
        engine.stop()
        # Told to stop, not cut off.
        wait_for((tmp_path / f"{first.pid}.stopped").exists)
    assert busy.done()


def test_an_unfit_worker_that_joins_ends_the_run_with_one_reason(
    others: Machines, tmp_path: Path
) -> None:
    others.worker(threads=1)
    with cluster(others.address, 2) as engine:
        busy = engine.submit(tasks.says_where, str(tmp_path))
        wait_for(lambda: list(tmp_path.glob("*.started")))
        waiting = engine.submit(tasks.process)
        listening = ("--listen-address", "tcp://127.0.0.1:0")
        others.worker(1, *listening, "--contact-address", "tcp://192.0.2.1:9")
        for one in (waiting, busy, engine.submit(tasks.process)):
            error = one.exception(timeout=LIMIT_S)
            assert isinstance(error, EngineLost)
            assert str(error) == (
                "A worker joined to which nothing travels encrypted: tcp://192.0.2.1:9."
            )
    # Whoever was at work is told to leave the account as it was found.
    wait_for(lambda: list(tmp_path.glob("*.stopped")))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("__version__ = '0.0.7'", "joined with version 0.0.7"),
        ("# changed", f"joined with version {__version__}, but other code"),
    ],
)
def test_a_worker_with_another_grader_that_joins_ends_the_run(
    others: Machines, tmp_path: Path, change: str, said: str
) -> None:
    others.worker(threads=1)
    other = other_grader(tmp_path / "other", change)
    with cluster(others.address, 2) as engine:
        engine.submit(tasks.says_where, str(tmp_path))
        wait_for(lambda: list(tmp_path.glob("*.started")))
        waiting = engine.submit(tasks.process)
        others.worker(1, PYTHONPATH=f"{other}{os.pathsep}{HERE}")
        assert said in str(waiting.exception(timeout=LIMIT_S))


def test_a_result_that_cannot_be_read_here_ends_its_task_alone(others: Machines) -> None:
    others.worker()
    with cluster(others.address, 2) as engine:
        future = engine.submit(tasks.returns_what_cannot_be_read)
        assert isinstance(future.exception(timeout=LIMIT_S), LookupError)
        assert engine.submit(tasks.process).result(timeout=LIMIT_S)


def test_a_run_can_be_stopped_however_many_others_came_meanwhile(
    others: Machines, tmp_path: Path
) -> None:
    others.worker(threads=2)
    with cluster(others.address, 1) as engine:
        engine.submit(tasks.says_where, str(tmp_path))
        wait_for(lambda: list(tmp_path.glob("*.started")))
        with Client(others.address, set_as_default=False) as client:
            for _ in range(2 * _MOST_CONTEXTS):
                # Killed batches: none says that it is over.
                another = Cluster(client)
                kept = another.submit(tasks.contexts_in_use).result(timeout=LIMIT_S)
        assert kept == _MOST_CONTEXTS + 1
        engine.stop()
        wait_for(lambda: list(tmp_path.glob("*.stopped")))


def test_what_a_run_leaves_with_the_scheduler_is_nothing(others: Machines) -> None:
    others.worker()
    with cluster(others.address, 2) as engine:
        options = RunOptions(seed=1, attempt=1, may_exercise=True, limit_s=60)
        assert engine.submit(tasks.attempt, options).result(timeout=LIMIT_S) == 1
    with Client(others.address, set_as_default=False) as client:
        assert client.run_on_scheduler(tasks.events_known) == 0


def test_a_task_that_starts_after_its_run_was_stopped_is_told_so() -> None:
    stop("a run")
    assert _context_of("a run").stop.is_set()
    assert not _context_of("another run").stop.is_set()


def test_an_account_is_visited_again_with_new_pairs(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="slow", environment={"SECONDS": "1"})
    rubric = default_rubric_path().read_text()
    assert "pairs: 5" in rubric
    assert f"range: {[*NUMBERS]}" in rubric
    (tmp_path / "two.yaml").write_text(rubric.replace("pairs: 5", f"pairs: {PAIRS}"))
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{fresh_account}")
    with machines(tmp_path / "machines") as running:
        first = running.worker()
        how = ["--engine", "dask", "--scheduler", running.address]
        how += ["--seed", str(SEED), "--rubric", "two.yaml"]
        with background(
            command("batch", path, *how), cwd=tmp_path, env=environment(**running.settings)
        ) as process:
            wait_for(lambda: any(messages(aws_sandbox, fresh_account, "input_queue").values()))
            first.kill()
            running.worker()
            _, errors = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, errors
    assert reports(tmp_path)["s1"].score == 20
    seen = read_json(tmp_path / "results/students/s1/observation.json")
    assert seen["attempt"] == 1 + RERUN
    sent = {(pair["number1"], pair["number2"]) for pair in seen["exchange"]["value"]["pairs"]}
    earlier = Pairs(ExchangeRules(range=NUMBERS), SEED, fresh_account, 1)
    assert len(sent) == PAIRS
    assert not sent & {earlier.draw().two for _ in range(20)}
