from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from grader.signals import kept_from_children
from tests.programs import run

ROOT = Path(__file__).parent.parent
CHILD = """
import multiprocessing, signal
from grader.signals import kept_from_children

def child():
    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))

if __name__ == "__main__":
    with kept_from_children():
        process = multiprocessing.get_context("spawn").Process(target=child)
        process.start()
    process.join()
"""

pytestmark = pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has none")


def blocked() -> set[int]:
    return set(signal.pthread_sigmask(signal.SIG_BLOCK, []))


def test_this_thread_hears_interrupts_again_afterwards() -> None:
    before = blocked()
    with kept_from_children():
        assert blocked() == before | {signal.SIGINT}
    assert blocked() == before
    with pytest.raises(OSError, match="no process"), kept_from_children():
        raise OSError("no process")
    assert blocked() == before


def test_the_first_process_that_is_spawned_hears_none(tmp_path: Path) -> None:
    # Alone in a program: what keeps track of resources runs already in this one.
    (tmp_path / "program.py").write_text(CHILD)
    env = {"PYTHONPATH": str(ROOT)}
    done = run([sys.executable, "program.py"], cwd=tmp_path, env=env)
    assert (done.stdout, done.stderr) == ("True\n", "")
