"""Ctrl-C is heard whatever it comes into."""

from __future__ import annotations

import subprocess
import sys

SWALLOWED = """
import signal, time
from grader.signals import repeat_what_is_swallowed

class Goes:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
        time.sleep(0)

def interrupt(number, frame):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt

signal.signal(signal.SIGINT, interrupt)
repeat_what_is_swallowed(interrupt)
one = Goes()
try:
    del one
    time.sleep(30)
except KeyboardInterrupt:
    print("heard")
"""


def test_what_comes_in_the_middle_of_a_finalizer_comes_again() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWED], capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.stdout, done.stderr) == ("heard\n", "")
