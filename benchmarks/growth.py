"""How wall time, processor time and memory of the grader grow with the class."""

from __future__ import annotations

import argparse
import os

from benchmarks.account import MEMORY_EACH_MB, MEMORY_MB
from benchmarks.measuring import alone, machine, table
from benchmarks.students import deployed, right


def main(arguments: list[str] | None = None) -> None:
    """Classes of several sizes out of one sandbox, all accounts in flight at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[10, 50, 100, 200])
    given = parser.parse_args(arguments)
    compare(sorted(given.sizes))


def compare(sizes: list[int]) -> None:
    """Print one row for each size of a class."""
    print(machine())
    rows = []
    with deployed(right(sizes[-1])) as students:
        for size in sizes:
            roster = students.roster(students.students[:size])
            before = students.sandbox_cpu_s()
            run = alone("benchmarks.graded", roster, students.results(), "--jobs", size)
            sandbox_s = students.sandbox_cpu_s() - before
            if run["ungraded"] or {*run["points"]} != {20.0}:
                raise SystemExit(f"Not every account was right: {run['points']}")
            cores = len(os.sched_getaffinity(0))
            rows.append(
                [
                    size,
                    f"{run['wall_s']:.1f}",
                    f"{run['wall_s'] / run['slowest_s']:.2f}",
                    f"{run['cpu_s']:.1f}",
                    f"{1000 * run['cpu_s'] / size:.0f}",
                    f"{sandbox_s:.1f}",
                    f"{(run['cpu_s'] + sandbox_s) / run['wall_s'] / cores:.0%}",
                    f"{run['peak_mb']:.0f}",
                    f"{MEMORY_MB + MEMORY_EACH_MB * size}",
                    f"{run['others_peak_mb']:.0f}",
                ]
            )
    table(
        "Right accounts, all in flight at once",
        [
            "accounts",
            "wall s",
            "/slowest",
            "CPU s",
            "ms",
            "AWS s",
            "busy",
            "MB",
            "budget",
            "judge MB",
        ],
        rows,
    )
    print("\nms: of CPU for each account. AWS: the sandbox's CPU, on the same cores.")
    print("busy: both together, of all cores. budget: for MB, the grader's own process.")


if __name__ == "__main__":
    main()
