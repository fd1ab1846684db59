"""The programs that tests start: what they hear, and what is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests import test_signals
from tests.judging import test_pool
from tests.processes import children, is_running, of_group
from tests.programs import NotDoneError, background, run

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="sessions and signals' masks are POSIX's")

WAITS = "import threading; print('ready', flush=True); threading.Event().wait()"
STARTS = f"""
import subprocess, sys
program = [sys.executable, "-c", {WAITS!r}]
mine = subprocess.Popen(program, stdout=subprocess.PIPE)
apart = subprocess.Popen(program, stdout=subprocess.PIPE, start_new_session=True)
for one in (mine, apart):
    one.stdout.readline()
print(mine.pid, apart.pid, flush=True)
{{then}}
"""
HEARS = """
import signal
numbers = signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM
ignored = [one.name for one in numbers if signal.getsignal(one) == signal.SIG_IGN]
print(ignored, [one.name for one in signal.pthread_sigmask(signal.SIG_BLOCK, ())])
"""
AS_A_SCRIPTS_BACKGROUND = """
import os, signal, sys
numbers = signal.SIGINT, signal.SIGQUIT, signal.SIGHUP
for number in numbers:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Starts a program as ``nohup`` and a script's ``&`` do, and one that has these signals blocked too."""


@pytest.mark.parametrize("too_long", [False, True])
def test_what_a_program_started_ends_with_the_block(too_long: bool) -> None:
    with (
        pytest.raises(subprocess.TimeoutExpired) if too_long else nullcontext(),
        background([sys.executable, "-c", STARTS.format(then=WAITS)]) as process,
    ):
        assert process.stdout is not None
        started = [int(pid) for pid in process.stdout.readline().split()]
        assert {*started} == {*children(process.pid)}
        if too_long:
            process.communicate(timeout=0)
    assert not any(map(is_running, (process.pid, *started)))


def test_what_a_program_left_of_its_session_ends_with_the_block() -> None:
    with background([sys.executable, "-c", STARTS.format(then="mine.stdout.close()")]) as process:
        assert process.stdout is not None
        mine, apart = map(int, process.stdout.readline().split())
        process.wait(timeout=60)
        assert is_running(mine)
        os.kill(apart, signal.SIGKILL)  # nobody can tell any more who started it
    assert not is_running(mine)
    assert of_group(process.pid) == []


def test_what_a_program_said_stands_in_the_failure_when_it_does_not_end() -> None:
    with pytest.raises(NotDoneError, match=r"Not done after 3 s: .*\nIt said:\nready"):
        run(["sh", "-c", "echo ready; exec sleep 60"], limit_s=3)


def test_a_program_ignores_no_signal_and_has_none_blocked() -> None:
    assert run([sys.executable, "-c", HEARS]).stdout == "[] []\n"


def test_what_ignores_signals_starts_programs_that_hear_them() -> None:
    starts = f"""
import sys
from tests.programs import hear_signals_as_in_a_terminal, run
line = [sys.executable, "-c", {HEARS!r}]
before = run(line).stdout
hear_signals_as_in_a_terminal()
print(before, run(line).stdout, sep="", end="")
"""
    line = [sys.executable, "-c", AS_A_SCRIPTS_BACKGROUND, sys.executable, "-c", starts]
    numbers = "['SIGINT', 'SIGQUIT', 'SIGHUP']"
    done = run(line, cwd=ROOT)
    assert done.stderr == ""
    before, after = done.stdout.splitlines()
    assert (before[: len(numbers)], after) == (numbers, "[] []")
    assert before.count("SIG") == 6


@pytest.mark.slow
@pytest.mark.parametrize("processes", ["-n0", "-n1"])
def test_tests_that_are_run_where_interrupts_are_ignored_interrupt_all_the_same(
    processes: str,
) -> None:
    pytest_line = [sys.executable, "-m", "pytest", "-q", processes, "-p", "no:cacheprovider"]
    chosen = [
        f"{test.__code__.co_filename}::{test.__name__}"
        for test in (
            test_a_program_ignores_no_signal_and_has_none_blocked,
            test_pool.test_ctrl_c_ends_the_parent_and_its_workers_without_a_word,
            test_signals.test_what_comes_in_the_middle_of_a_finalizer_comes_again,
        )
    ]
    line = [sys.executable, "-c", AS_A_SCRIPTS_BACKGROUND, *pytest_line, *chosen]
    done = run(line, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
