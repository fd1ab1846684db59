"""Which tests stay together, and how many processes run them."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.spreading import (
    CROWDED,
    CROWDS,
    LONG,
    PER_CORE,
    ROOT,
    Together,
    group,
    next_group,
    processes,
)

if TYPE_CHECKING:
    import pytest


def test_the_tests_of_a_file_that_shares_a_fixture_stay_together() -> None:
    test = "tests/batch/test_regrade.py::test_the_old_report_is_kept_beside"
    assert group(test) == "tests/batch/test_regrade.py"
    # Its fixture is in the folder's conftest.py.
    assert group("tests/faults/test_timing.py::test_any[1]") == "tests/faults/test_timing.py"


def test_a_test_that_shares_nothing_goes_wherever_there_is_room() -> None:
    test = "tests/batch/test_resume.py::test_any[class.csv::x]"
    assert group(test) == test


def test_there_are_as_many_processes_as_the_cores_want(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: {0, 1, 2}, raising=False)
    folder, file = str(Path(__file__).parent), __file__
    assert processes([folder]) == processes([file, folder]) == 3 * PER_CORE
    assert processes([file]) == processes([f"{file}::test_any"]) == 0
    assert processes([file] * 2) == 2
    assert processes([file] * 99) == 3 * PER_CORE


def test_crowded_files_are_run_by_few_and_long_ones_are_begun_first() -> None:
    crowded, long = CROWDED[0], LONG[0]
    waiting = ["tests/a.py", crowded, "tests/b.py::test_b", f"{long}::test_l"]
    assert next_group(waiting, crowds=True) == crowded
    assert next_group(waiting, crowds=False) == f"{long}::test_l"
    assert next_group(waiting[:3], crowds=False) == "tests/a.py"
    # What is left is for anybody.
    assert next_group([crowded], crowds=False) == crowded
    assert next_group(["tests/b.py::test_b"], crowds=True) == "tests/b.py::test_b"


class Node:
    """A process as the scheduler sees it: it keeps what it is sent."""

    def __init__(self) -> None:
        self.tests: list[int] = []

    def send_runtest_some(self, tests: list[int]) -> None:
        self.tests += tests


def test_a_process_is_sent_what_was_chosen_for_it() -> None:
    nodes = [Node() for _ in range(CROWDS + 1)]
    waiting = ["tests/a.py", CROWDED[0], "tests/b.py", LONG[0]]
    scheduler = Together.__new__(Together)
    scheduler.assigned_work = {node: OrderedDict() for node in nodes}
    scheduler.registered_collections = {
        node: [f"{file}::test" for file in waiting] for node in nodes
    }
    scheduler.workqueue = OrderedDict((file, {f"{file}::test": False}) for file in waiting)
    for node in (nodes[0], nodes[-1], nodes[-1], nodes[-1]):
        scheduler._assign_work_unit(node)  # type: ignore[arg-type]
    assert (nodes[0].tests, nodes[-1].tests) == ([1], [3, 0, 2])


def test_every_file_that_is_named_is_there() -> None:
    named = (*CROWDED, *LONG)
    assert len({*named}) == len(named)
    assert [file for file in named if not (ROOT / file).is_file()] == []
