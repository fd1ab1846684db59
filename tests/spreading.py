"""Which tests run in one process, and in how many processes."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xdist.workermanage import WorkerController

ROOT = Path(__file__).parents[1]
PER_CORE, MOST = 3, 16
"""Most tests wait for a queue or for a program: while some do, another one computes."""
CROWDED = tuple(
    f"tests/{name}.py"
    for name in (
        "checks/test_next_step_in_the_sandbox",
        "desk/test_many",
        "faults/test_connection",
        "faults/test_elsewhere",
        "faults/test_for_ever",
        "faults/test_once",
        "observe/test_recorded",
        "rehearsal/test_cohort",
        "rehearsal/test_exam",
        "weather/test_weather",
    )
)
"""A dozen accounts and more are at work at once: a few of these files alone take every core, and then a
right function does not answer in its time."""
CROWDS = 2
"""So many processes run them, until nothing else is left to do."""
LONG = tuple(
    f"tests/{name}.py"
    for name in (
        "batch/test_killed",
        "pages/test_accessibility",
        "observe/test_calculator",
        "faults/test_two_graders",
        "docs/test_walks",
        "faults/test_lost_messages",
        "engines/test_local",
        "batch/test_hostile_class",
        "observe/test_exchange_states",
    )
)
"""Files with tests that take a minute or more: begun last, they would be waited for alone."""
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


def next_group(waiting: Iterable[str], *, crowds: bool) -> str:
    """Which of the groups that are ``waiting``, best first, a process takes; ``crowds``, it is one of
    those that run crowded files."""

    def rank(group: str) -> tuple[bool, bool]:
        file, _, _ = group.partition("::")
        return (file in CROWDED) != crowds, file not in LONG

    return min(waiting, key=rank)


class Together(LoadScopeScheduling):
    """``--dist=loadgroup`` where a file that shares a fixture is a group, and other tests are free.

    The mark ``xdist_group`` cannot say so: pytest-xdist 3.8 writes it into a test's id, which pytest
    9.2 does not let it change.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        chosen = next_group(self.workqueue, crowds=node in self.nodes[:CROWDS])
        self.workqueue.move_to_end(chosen, last=False)
        super()._assign_work_unit(node)


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
