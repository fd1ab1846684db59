"""Which tests run in one process, and in how many processes."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]
PER_CORE, MOST = 3, 16
"""Most tests wait for a queue or for a program: while some do, another one computes."""
SHARES = re.compile(r'@pytest\.fixture\([^\n]*scope="module"')


@cache
def shares_a_fixture(file: str) -> bool:
    """Whether the tests of ``file`` share what it would cost to make for some of them again."""
    path = ROOT / file
    around = (path, path.with_name("conftest.py"))
    return any(SHARES.search(one.read_text(encoding="utf-8")) for one in around if one.exists())


def group(nodeid: str) -> str:
    """What this test stays together with: its file, or nothing else."""
    file, _, _ = nodeid.partition("::")
    return file if shares_a_fixture(file) else nodeid


class Together(LoadScopeScheduling):
    """``--dist=loadgroup`` where a file that shares a fixture is a group, and other tests are free.

    The mark ``xdist_group`` cannot say so: pytest-xdist 3.8 writes it into a test's id, which pytest
    9.2 does not let it change.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def processes(chosen: list[str]) -> int:
    """How many processes are worth starting for the files, folders and tests on the command line."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    most = max(cores, min(PER_CORE * cores, MOST))
    if any(Path(one).is_dir() for one in chosen):
        return most
    # Each imports every test that was chosen before it runs one: a single file is done before that.
    return 0 if len(chosen) == 1 else min(len(chosen), most)
