"""``grader sandbox`` and ``grader demo`` as processes: they end when told, and leave nothing behind."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.labs import calculator_text
from tests.polling import wait_for
from tests.processes import with_temporary_folder
from tests.programs import LIMIT_S, background, command, environment, grader, read_to

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sandbox


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where the process puts its temporary folders: nothing may be left there."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.mark.slow
def test_a_served_sandbox_prints_what_to_export_and_can_be_graded(
    tmp_path: Path, temporary: Path
) -> None:
    env = environment(TMPDIR=str(temporary))
    with background(command("sandbox", "--deploy", "memory-256"), cwd=tmp_path, env=env) as served:
        assert served.stdout is not None
        exports = [served.stdout.readline().strip() for _ in range(4)]
        given = dict(line.removeprefix("export ").split("=", 1) for line in exports)
        assert given["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
        done = grader("check", cwd=tmp_path, env=environment(**given))
        assert "Score: 19 of 20 points" in done.stdout
        os.killpg(served.pid, signal.SIGINT)
        assert served.wait(timeout=LIMIT_S) == 0
    wait_for(lambda: not [*with_temporary_folder(temporary)])  # killed, and ending
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
def test_a_submission_is_deployed_under_the_names_of_ones_own_rubric(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(calculator_text(), encoding="utf-8")
    deploy = ("--deploy", "rounds-down", "--rubric", "mine.yaml")
    with background(command("sandbox", *deploy), cwd=tmp_path, env=environment()) as served:
        assert served.stdout is not None
        exports = [served.stdout.readline().strip() for _ in range(4)]
        given = dict(line.removeprefix("export ").split("=", 1) for line in exports)
        done = grader("check", "--rubric", "mine.yaml", cwd=tmp_path, env=environment(**given))
    assert "Score: 18.25 of 20 points" in done.stdout, done.stdout + done.stderr


@pytest.mark.slow
def test_an_interrupted_demo_leaves_no_process_and_no_folder(
    tmp_path: Path, temporary: Path
) -> None:
    # Whatever lies here, the cohort is graded by its own rubric.
    (tmp_path / "rubric.yaml").write_text("not a rubric")
    env = environment(TMPDIR=str(temporary))
    with background(command("demo"), cwd=tmp_path, env=env) as demo:
        read_to(demo.stderr, "1/13")
        os.killpg(demo.pid, signal.SIGINT)
        _, errors = demo.communicate(timeout=LIMIT_S)
    assert demo.returncode == 130
    assert "Traceback" not in errors
    assert "leaked" not in errors
    wait_for(lambda: not [*with_temporary_folder(temporary)])  # killed, and ending
    assert list(temporary.iterdir()) == []
