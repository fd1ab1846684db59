"""What one account costs: the grader against a bare boto3 loop that makes the same calls."""

from __future__ import annotations

import argparse

from benchmarks.measuring import alone, machine, middle, table
from benchmarks.students import deployed, right

MOST_CPU = 2.0
"""Budget: times the bare loop's processor time."""

MEMORY_MB, MEMORY_EACH_MB = 120, 1
"""Budget: for the grader itself, and for each account in flight."""


def main(arguments: list[str] | None = None) -> None:
    """Both in turn over the same accounts, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=20, help="accounts in flight")
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args(arguments)
    compare(given.accounts, given.jobs, given.repeat)


def compare(accounts: int, jobs: int, repeat: int) -> None:
    """Print what each took, and the ratio."""
    print(machine())
    with deployed(right(accounts)) as students:
        roster = students.roster(students.students)
        bare, graded = [], []
        for _ in range(repeat):
            bare.append(alone("benchmarks.bare", roster, "--jobs", jobs))
            graded.append(alone("benchmarks.graded", roster, students.results(), "--jobs", jobs))
    wrong = [one for one in bare if one["right"] != accounts] + [
        one for one in graded if one["ungraded"] or {*one["points"]} != {20.0}
    ]
    if wrong:
        raise SystemExit(f"Not every account was right, so the figures mean nothing: {wrong}")
    loop = 1000 * middle(bare, "cpu_s") / accounts
    rows = []
    for name, runs in (("bare loop", bare), ("grader", graded)):
        each = 1000 * middle(runs, "cpu_s") / accounts
        rows.append(
            [
                name,
                f"{each:.1f}",
                f"{each / loop:.2f}",
                f"{middle(runs, 'start_cpu_s'):.2f}",
                f"{middle(runs, 'peak_mb'):.0f}",
                f"{middle(runs, 'wall_s'):.1f}",
            ]
        )
    table(
        f"{accounts} right accounts, {jobs} in flight, medians of {repeat}",
        ["", "CPU ms each", "ratio", "start CPU s", "peak MB", "wall s"],
        rows,
    )
    own, judge = (1000 * middle(graded, name) / accounts for name in ("own_cpu_s", "others_cpu_s"))
    ratios = sorted(one["cpu_s"] / other["cpu_s"] for one, other in zip(graded, bare, strict=True))
    budget = MEMORY_MB + MEMORY_EACH_MB * jobs
    print(f"\nOf the grader's CPU: {own:.1f} ms in its process, {judge:.1f} ms in its judge.")
    print(f"Ratio, run by run: {', '.join(f'{ratio:.2f}' for ratio in ratios)}.")
    print(f"Budget: CPU {MOST_CPU:g} x the loop; {budget} MB of memory.")
    print(f"The judge's processes hold {middle(graded, 'others_peak_mb'):.0f} MB more.")


if __name__ == "__main__":
    main()
