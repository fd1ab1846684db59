"""What one account costs: the grader against three programs that make the same calls."""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks.measuring import alone, machine, middle, table
from benchmarks.students import deployed, right

MOST_CPU, MOST_CPU_HTTP = 0.8, 1.3
"""Budget: times the bare loop's processor time, over TLS and over plain HTTP."""

MEMORY_MB, MEMORY_EACH_MB = 120, 0.5
"""Budget: for all processes of the grader, and for each account in flight."""


ASKING = {
    "bare loop": "benchmarks.bare",
    "shared clients": "benchmarks.shared_clients",
    "floor": "benchmarks.floor",
}
"""The programs that ask the same and do nothing else; the ratios are to the first."""

GRADER = "grader"


def transport(tls: bool) -> str:
    """What a table says of how the accounts were asked."""
    return "TLS" if tls else "plain HTTP"


def main(arguments: list[str] | None = None) -> None:
    """All in turn over the same accounts, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=20, help="accounts in flight")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--http", action="store_true", help="plain HTTP, which AWS is not")
    parser.add_argument("--latency-ms", type=float, default=0, help="of each answer, over TLS")
    given = parser.parse_args(arguments)
    way = {"tls": not given.http, "latency_s": given.latency_ms / 1000}
    compare(given.accounts, given.jobs, given.repeat, **way)


def compare(accounts: int, jobs: int, repeat: int, *, tls: bool, latency_s: float) -> None:
    """Print what each took, and the ratio."""
    print(machine())
    with deployed(right(accounts), tls=tls, latency_s=latency_s) as students:
        roster, env = students.roster(students.students), students.environment
        asks = ("--jobs", jobs)
        taken: dict[str, list[dict[str, Any]]] = {name: [] for name in (*ASKING, GRADER)}
        for _ in range(repeat):
            for name, module in ASKING.items():
                taken[name].append(alone(module, roster, *asks, environment=env))
            results = students.results()
            run = alone("benchmarks.graded", roster, results, *asks, environment=env)
            taken[GRADER].append(run)
    graded = taken[GRADER]
    wrong = [one for name in ASKING for one in taken[name] if one["right"] != accounts] + [
        one for one in graded if one["ungraded"] or {*one["points"]} != {20.0}
    ]
    if wrong:
        raise SystemExit(f"Not every account was right, so the figures mean nothing: {wrong}")
    bare = next(iter(taken.values()))
    loop = middle(bare, "cpu_s")
    rows = [
        [
            name,
            f"{1000 * middle(runs, 'cpu_s') / accounts:.1f}",
            f"{middle(runs, 'cpu_s') / loop:.2f}",
            f"{middle(runs, 'start_cpu_s'):.2f}",
            f"{middle(runs, 'peak_mb'):.0f}",
            f"{middle(runs, 'wall_s'):.1f}",
        ]
        for name, runs in taken.items()
    ]
    table(
        f"{accounts} right accounts over {transport(tls)}, {jobs} in flight, medians of {repeat}",
        ["", "CPU ms each", "ratio", "start CPU s", "peak MB", "wall s"],
        rows,
    )
    own, judge = (1000 * middle(graded, name) / accounts for name in ("own_cpu_s", "others_cpu_s"))
    ratios = sorted(one["cpu_s"] / other["cpu_s"] for one, other in zip(graded, bare, strict=True))
    budget = MEMORY_MB + MEMORY_EACH_MB * jobs
    print(f"\nOf the grader's CPU: {own:.1f} ms in its process, {judge:.1f} ms in its judge.")
    print(f"Ratio, run by run: {', '.join(f'{ratio:.2f}' for ratio in ratios)}.")
    most = MOST_CPU if tls else MOST_CPU_HTTP
    print(f"Budget: CPU {most:g} x the loop; {budget:g} MB of memory, judge and all.")
    print(f"The judge's processes hold {middle(graded, 'others_peak_mb'):.0f} MB more.")


if __name__ == "__main__":
    main()
