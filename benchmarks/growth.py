"""How wall time, processor time and memory of the grader grow with the class."""

from __future__ import annotations

import argparse
import os

from benchmarks.account import MEMORY_EACH_MB, MEMORY_MB, transport
from benchmarks.measuring import alone, machine, table
from benchmarks.students import deployed, right


def main(arguments: list[str] | None = None) -> None:
    """Classes of several sizes out of one sandbox, all accounts in flight at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[10, 50, 100, 200])
    parser.add_argument("--http", action="store_true", help="plain HTTP, which AWS is not")
    parser.add_argument("--latency-ms", type=float, default=0, help="of each answer, over TLS")
    given = parser.parse_args(arguments)
    compare(sorted(given.sizes), tls=not given.http, latency_s=given.latency_ms / 1000)


def compare(sizes: list[int], *, tls: bool, latency_s: float) -> None:
    """Print one row for each size of a class."""
    print(machine())
    rows = []
    with deployed(right(sizes[-1]), tls=tls, latency_s=latency_s) as students:
        for size in sizes:
            roster = students.roster(students.students[:size])
            before = students.sandbox_cpu_s()
            given = (roster, students.results(), "--jobs", size)
            run = alone("benchmarks.graded", *given, environment=students.environment)
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
                    f"{MEMORY_MB + MEMORY_EACH_MB * size:g}",
                    f"{run['others_peak_mb']:.0f}",
                ]
            )
    table(
        f"Right accounts over {transport(tls)}, all in flight at once",
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
    print("busy: both together, of all cores. budget: for both MB, all processes.")


if __name__ == "__main__":
    main()
