"""A class on a cluster of this machine's own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dask import config

from grader.engines.dask_local import local_cluster
from tests.class_rosters import CANARY, read_json, reports, roster
from tests.engines.machines import replaced
from tests.observing import hand_in
from tests.programs import LIMIT_S, grader

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

ON_DASK = ("--engine", "dask", "--jobs", "6")
TIMES = ("after_s", "started_at", "finished_at", "duration_s", "sent_at", "last_result")
"""What is otherwise in each run; a mapping's last result tells of the run before."""


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if k not in TIMES}
    return [without_times(v) for v in value] if isinstance(value, list) else value


def files(folder: Path, name: str) -> dict[str, Any]:
    found = folder.glob(f"results/students/*/{name}.json")
    return {str(file.relative_to(folder)): without_times(read_json(file)) for file in found}


def test_a_class_gets_the_same_results_as_with_threads(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    first, empty = aws_sandbox.new_account(), aws_sandbox.new_account()
    hand_in(aws_sandbox, first, handler="first_record_only")
    # s1 and s5 are of different groups, and lead to one account.
    rows = [f"s1,Ann,one,{reference_account}", f"s2,Bo,,{first}", f"s3,Cy,,{empty}", "s4,Di,,-"]
    rows.append(f"s5,Eve,two,{reference_account}")
    # The rows of a pair lead to two accounts, others' as well.
    rows += [f"s6,Flo,pair,{empty}", f"s7,Gus,pair,{first}"]
    threads, dask = tmp_path / "threads", tmp_path / "dask"
    for folder, how in ((threads, ()), (dask, ON_DASK)):
        folder.mkdir()
        path = roster(folder, aws_sandbox, *rows)
        done = grader("batch", path, "--seed", "4", *how, cwd=folder)
        assert done.returncode == 3, done.stderr
        assert "Traceback" not in done.stderr
        assert CANARY not in done.stdout + done.stderr
    found = reports(dask)
    assert {n: r.score for n, r in found.items()} == {
        "s1": 20,
        "s2": 19,
        "s3": 0,
        "s4": None,
        "s5": 20,
        "s6": 19,
        "s7": 19,
    }
    assert found["s1"].started_at == found["s5"].started_at
    assert found["s1"].flags == found["s5"].flags
    assert "group-accounts" in found["s6"].flags
    assert files(dask, "accounts/*") == files(threads, "accounts/*") != {}
    assert files(dask, "report") == files(threads, "report")
    # The same pairs as well.
    assert files(dask, "observation") == files(threads, "observation")


def test_a_worker_that_is_slow_to_take_anothers_place_is_not_given_up() -> None:
    # Every start is slower than this, as it is slower than Dask's 15 s on a busy machine.
    impatient = {"distributed.deploy.lost-worker-timeout": "1ms"}
    with config.set(impatient), local_cluster(1) as client:
        worker = replaced(client)
        assert client.submit(os.getpid).result(timeout=LIMIT_S) == worker


def environment_of_process() -> tuple[bytes, str | None, str]:
    """What the system keeps of it, what boto3 finds there, and what a program that it starts finds."""
    started = subprocess.run(["env"], capture_output=True, text=True, check=True).stdout
    return Path("/proc/self/environ").read_bytes(), os.environ.get("AWS_SESSION_TOKEN"), started


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="Linux has such a file")
def test_the_system_shows_no_credentials_of_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", CANARY)
    with local_cluster(1) as client:
        kept, found, started = client.submit(environment_of_process).result(timeout=LIMIT_S)
    assert b"PATH=" in kept
    assert b"AWS_" not in kept
    assert CANARY.encode() not in kept
    assert found == CANARY
    assert f"AWS_SESSION_TOKEN={CANARY}" in started
