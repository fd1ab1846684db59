"""What the grader takes where AWS costs nothing: classes of thousands, all accounts right."""

from __future__ import annotations

import argparse
import os

from benchmarks.account import transport
from benchmarks.canned import canned
from benchmarks.measuring import alone, machine, table


def main(arguments: list[str] | None = None) -> None:
    """One class after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[1000, 5000])
    parser.add_argument("--jobs", type=int, default=200, help="accounts in flight")
    parser.add_argument("--http", action="store_true", help="plain HTTP, which AWS is not")
    given = parser.parse_args(arguments)
    compare(sorted(given.sizes), given.jobs, tls=not given.http)


def compare(sizes: list[int], jobs: int, *, tls: bool) -> None:
    """Print one row for each size of a class."""
    print(machine())
    rows = []
    with canned(tls=tls) as aws:
        for size in sizes:
            before_s = aws.cpu_s()
            given = (aws.roster(size), aws.results(), "--jobs", jobs)
            run = alone("benchmarks.graded", *given, environment=aws.environment)
            aws_s = aws.cpu_s() - before_s
            wrong = [points for points in run["points"] if points != 20]
            if wrong or run["students"] != size:
                raise SystemExit(f"{len(wrong)} of {size} right accounts were not: {wrong[:5]} …")
            cores = len(os.sched_getaffinity(0))
            rows.append(
                [
                    size,
                    f"{run['wall_s']:.1f}",
                    f"{size / run['wall_s']:.1f}",
                    f"{1000 * run['own_cpu_s'] / size:.0f}",
                    f"{1000 * run['others_cpu_s'] / size:.1f}",
                    f"{run['peak_mb']:.0f}",
                    f"{run['others_peak_mb']:.0f}",
                    f"{aws_s:.1f}",
                    f"{(run['cpu_s'] + aws_s) / run['wall_s'] / cores:.0%}",
                ]
            )
    table(
        f"Right accounts over {transport(tls)}, {jobs} in flight",
        [
            "accounts",
            "wall s",
            "a second",
            "ms each",
            "judge ms",
            "MB",
            "judge MB",
            "AWS s",
            "busy",
        ],
        rows,
    )
    print("\nms each: the grader's own CPU for an account; judge ms: its judge's.")
    print("AWS: the endpoint's CPU, on the same cores. busy: all of it, of all cores.")


if __name__ == "__main__":
    main()
