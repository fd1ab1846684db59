"""The engines that visit accounts: threads of one process against two Dask workers of this machine."""

from __future__ import annotations

import argparse

from benchmarks.measuring import alone, machine, middle, table
from benchmarks.students import deployed, right


def main(arguments: list[str] | None = None) -> None:
    """Both in turn over the same accounts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=60, help="accounts in flight")
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args(arguments)
    compare(given.accounts, given.jobs, given.repeat)


def compare(accounts: int, jobs: int, repeat: int) -> None:
    """Print what each took."""
    print(machine())
    runs: dict[str, list[dict[str, object]]] = {"threads": [], "dask": []}
    with deployed(right(accounts)) as students:
        roster = students.roster(students.students)
        for _ in range(repeat):
            for kind, done in runs.items():
                run = alone(
                    "benchmarks.graded",
                    roster,
                    students.results(),
                    *("--jobs", jobs, "--engine", kind),
                )
                if run["ungraded"] or {*run["points"]} != {20.0}:
                    raise SystemExit(f"Not every account was right: {run['points']}")
                done.append(run)
    rows = [
        [
            kind,
            f"{middle(done, 'wall_s'):.1f}",
            f"{1000 * middle(done, 'cpu_s') / accounts:.0f}",
            f"{middle(done, 'start_cpu_s'):.1f}",
            f"{middle(done, 'peak_mb'):.0f}",
            f"{middle(done, 'others_peak_mb'):.0f}",
        ]
        for kind, done in runs.items()
    ]
    table(
        f"{accounts} right accounts, {jobs} in flight, medians of {repeat}",
        ["engine", "wall s", "CPU ms each", "start CPU s", "MB", "MB of others"],
        rows,
    )
    print("\nOthers: the judge's processes, and Dask's two workers with their nannies.")


if __name__ == "__main__":
    main()
