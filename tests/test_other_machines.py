"""What Windows lacks is not needed: the names are removed from every process, and the commands run."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from grader.sandbox.server import Sandbox, exports
from tests.observing import hand_in
from tests.polling import wait_for
from tests.processes import with_temporary_folder
from tests.programs import background, command, environment, grader, read_to, run

if TYPE_CHECKING:
    from pathlib import Path

WITHOUT = """
import os, signal, sys
for name in ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty"):
    sys.modules[name] = None
for name in (
    "killpg", "getpgid", "getpgrp", "setpgid", "setsid", "getsid", "getuid", "geteuid", "getgid",
    "fork", "forkpty", "wait3", "wait4", "nice", "mkfifo", "chown", "fchown", "uname", "getloadavg",
    "sched_getaffinity", "register_at_fork", "O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "O_CLOEXEC",
):
    if hasattr(os, name):
        delattr(os, name)
for name in (
    "pause", "alarm", "setitimer", "pthread_sigmask", "pthread_kill", "sigwait", "sigpending",
    "SIGHUP", "SIGKILL", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGPIPE",
    "SIGQUIT", "SIGSTOP", "SIGCONT",
):
    if hasattr(signal, name):
        delattr(signal, name)
"""
"""Read by each interpreter at its start. What Python's own modules for POSIX need stays: Windows has
others in their place (``signal.siginterrupt``, for asyncio)."""


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """An environment in which no process of Python has what Windows lacks."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(WITHOUT)
    return {"PYTHONPATH": str(folder)}


def test_the_names_are_gone_in_every_process(tmp_path: Path, elsewhere: dict[str, str]) -> None:
    code = "import os, signal; print(hasattr(os, 'killpg'), hasattr(signal, 'pause'))"
    done = run([sys.executable, "-c", code], cwd=tmp_path, env=environment(**elsewhere))
    assert done.stdout == "False False\n"


@pytest.mark.slow
def test_check_runs_where_those_names_are_missing(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path, elsewhere: dict[str, str]
) -> None:
    hand_in(aws_sandbox, fresh_account)
    env = environment(aws_sandbox, fresh_account, **elsewhere)
    done = grader("check", "--json", "-", "--out", "kept", cwd=tmp_path, env=env)
    assert (done.returncode, json.loads(done.stdout)["score"]) == (0, 20), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.sandbox
def test_a_sandbox_is_served_where_those_names_are_missing(
    tmp_path: Path, elsewhere: dict[str, str]
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = environment(TMPDIR=str(temporary), **elsewhere)
    with background(command("sandbox", "--deploy", "reference"), cwd=tmp_path, env=env) as served:
        assert served.stdout is not None
        lines = [served.stdout.readline().strip() for _ in range(4)]
        given = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        # Its function runs, so that there is a worker to end.
        done = grader("check", cwd=tmp_path, env=environment(**given, **elsewhere))
        assert "Score: 20 of 20 points" in done.stdout, done.stderr
        os.kill(served.pid, signal.SIGINT)
        _, errors = served.communicate(timeout=60)
    assert (served.returncode, "Traceback" in errors) == (0, False), errors
    wait_for(lambda: not [*with_temporary_folder(temporary)])  # killed, and ending
    assert list(temporary.iterdir()) == []


@pytest.mark.sandbox
def test_a_sandbox_ends_with_a_grader_that_is_killed(
    tmp_path: Path, elsewhere: dict[str, str]
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = environment(TMPDIR=str(temporary), **elsewhere)
    with background(command("sandbox"), cwd=tmp_path, env=env) as served:
        read_to(served.stdout, "AWS_DEFAULT_REGION")
        (log,) = temporary.glob("*/server.log")
        os.kill(served.pid, signal.SIGKILL)
        served.wait(timeout=60)
        wait_for(lambda: not [*with_temporary_folder(temporary)])
    assert "Traceback" not in log.read_text()


@pytest.mark.slow
@pytest.mark.sandbox
def test_the_demo_runs_where_those_names_are_missing(
    tmp_path: Path, elsewhere: dict[str, str]
) -> None:
    done = grader("demo", cwd=tmp_path, env=environment(**elsewhere))
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def test_what_to_export_is_written_for_powershell_too(aws_sandbox: Sandbox) -> None:
    lines = exports(aws_sandbox, powershell=True).splitlines()
    assert lines[0] == f'$env:AWS_ENDPOINT_URL = "{aws_sandbox.endpoint_url}"'
    assert all(line.startswith("$env:AWS_") for line in lines)
