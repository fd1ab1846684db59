"""A class, one in five broken: the grader against pytest student by student and pytest-xdist."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.measuring import ROOT, alone, machine, table
from benchmarks.students import deployed, one_in_five_broken

if TYPE_CHECKING:
    from benchmarks.students import Class

MOST_WALL, LEAST_FASTER = 1.2, 10
"""Budgets: times the slowest account's time, and times faster than one student after the other."""

WORKERS = 16
PATIENCE_S = 120
"""How long a sum may take, in seconds: the grader's rubric has the same."""


def main(arguments: list[str] | None = None) -> None:
    """The grader first: the rivals leave messages in the queues."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=100, help="accounts in flight")
    parser.add_argument(
        "--right", type=int, default=8, help="right students that are run one after the other"
    )
    parser.add_argument("--workers", type=int, default=WORKERS, help="of pytest-xdist")
    parser.add_argument("--patience", type=float, default=PATIENCE_S, help="of the rivals, seconds")
    given = parser.parse_args(arguments)
    compare(given.students, given.jobs, given.right, given.workers, given.patience)


def compare(count: int, jobs: int, sampled: int, workers: int, patience_s: float) -> None:
    """Print the wall time of each, and what bounds the grader's."""
    print(machine())
    with deployed(one_in_five_broken(count)) as students:
        roster = students.roster(students.students)
        before = students.sandbox_cpu_s()
        started = time.monotonic()
        graded = alone("benchmarks.graded", roster, students.results(), "--jobs", jobs)
        whole_s = time.monotonic() - started
        sandbox_s = students.sandbox_cpu_s() - before
        expected = [one.points for one in students.students]
        if graded["points"] != expected:
            raise SystemExit(f"The grades are not the expected ones: {graded['points']}")
        together_s = _pytest(roster, patience_s, "-n", str(workers), "--dist", "worksteal")
        one_by_one_s, measured = _one_by_one(students, roster, patience_s, sampled)
    rows = [
        ["grader, with its start", f"{whole_s:.0f}", "1.0"],
        [f"pytest-xdist, {workers} workers", f"{together_s:.0f}", f"{together_s / whole_s:.1f}"],
        ["pytest, one by one", f"{one_by_one_s:.0f}", f"{one_by_one_s / whole_s:.1f}"],
    ]
    table(f"{count} accounts, one in five broken", ["", "wall s", "ratio"], rows)
    slowest_s, wall_s = graded["slowest_s"], graded["wall_s"]
    busy = (sandbox_s + graded["cpu_s"]) / (wall_s * len(os.sched_getaffinity(0)))
    print(f"\nOne by one: {measured} of {count} measured, the others taken as alike.")
    print(
        f"The grader without its start: {wall_s:.1f} s, "
        f"{wall_s / slowest_s:.2f} x its slowest account ({slowest_s:.1f} s)."
    )
    print(
        f"CPU meanwhile: sandbox {sandbox_s:.1f} s, grader {graded['cpu_s']:.1f} s; "
        f"all cores {busy:.0%} busy."
    )
    print(f"Budgets: {MOST_WALL:g} x the slowest; {LEAST_FASTER} x faster than one by one.")


def _one_by_one(
    students: Class, roster: Path, patience_s: float, sampled: int
) -> tuple[float, int]:
    """Seconds for all students, and how many were run: some right ones, one of each broken kind."""
    kinds = Counter(one.description for one in students.students)
    times: dict[str, list[float]] = defaultdict(list)
    for one in students.students:
        if len(times[one.description]) < (sampled if one.points == 20 else 1):
            times[one.description].append(_pytest(roster, patience_s, student=one.name))
    whole = sum(median(times[kind]) * count for kind, count in kinds.items())
    return whole, sum(map(len, times.values()))


def _pytest(roster: Path, patience_s: float, *options: str, student: str | None = None) -> float:
    """Seconds that pytest takes over the rival's file, for all or for one student."""
    tests = Path(__file__).with_name("rivals") / "test_lab.py"
    environment = os.environ | {"ROSTER": str(roster), "PATIENCE_S": str(patience_s)}
    if student is not None:
        environment["STUDENT"] = student
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider"]
    started = time.monotonic()
    done = subprocess.run(
        [*command, f"--rootdir={tests.parent}", "--tb=no", *options, str(tests)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 1}:  # all passed, some failed
        raise SystemExit(f"pytest ended with status {done.returncode}:\n{done.stdout}")
    return time.monotonic() - started


if __name__ == "__main__":
    main()
