"""Many threads share few arenas of the allocator. Each try changes a process of its own for good."""

from __future__ import annotations

import os
import platform
import sys

import pytest

from tests.programs import run

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")

THREADS = 40 + 10 * (os.cpu_count() or 1)
"""More than there are arenas for a few cores, and fewer than glibc would make."""

ARENAS = """
import ctypes, threading
{before}
together = threading.Barrier({threads})
def take():
    together.wait()
    kept = [ctypes.create_string_buffer(4_000) for _ in range(200)]
    together.wait()
threads = [threading.Thread(target=take) for _ in range({threads})]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
libc.fdopen.argtypes = [ctypes.c_int, ctypes.c_char_p]
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.fflush.argtypes = [ctypes.c_void_p]
stream = libc.fdopen(1, b"w")
libc.malloc_info(0, stream)
libc.fflush(stream)
"""


def arenas_of_many_threads(before: str) -> int:
    done = run([sys.executable, "-c", ARENAS.format(before=before, threads=THREADS)])
    assert done.returncode == 0, done.stderr
    return done.stdout.count("<heap nr=")


def test_threads_share_as_many_arenas_as_there_are_cores() -> None:
    few = arenas_of_many_threads("from grader.engines.arenas import few_arenas; few_arenas()")
    assert 0 < few <= max(2, os.cpu_count() or 1)
    assert few < arenas_of_many_threads("")


def test_whoever_visits_many_accounts_sees_to_it() -> None:
    before = "from grader.engines.threads import Threads; Threads(100).stop()"
    assert arenas_of_many_threads(before) <= max(2, os.cpu_count() or 1)
