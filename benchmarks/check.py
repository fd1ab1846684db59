"""How long a student waits for ``grader check``, whatever the function does."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.measuring import ROOT, machine, table
from benchmarks.students import deployed
from grader.sandbox.submission import DemoSubmission

if TYPE_CHECKING:
    from benchmarks.students import Class


@dataclass(frozen=True)
class Kind:
    """What a function does: its source file in the sandbox's ``handlers``, and the exit status of a
    check of it. ``most_s``: the budget, in seconds."""

    handler: str
    status: int
    most_s: float | None


KINDS = {
    "right": Kind("reference", 0, None),
    "raises": Kind("wrong_keys", 1, 4.5),
    "silent": Kind("prints_only", 1, 15),
    "wrong": Kind("multiplies", 1, 15),
    "wrong after one right": Kind("adds_up", 1, 75),
}


def main(arguments: list[str] | None = None) -> None:
    """One check after the other, each of an account that nobody looked at before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", choices=KINDS, action="append", help="what the function does")
    given = parser.parse_args(arguments)
    compare([kind for kind in KINDS if kind in (given.only or KINDS)], given.repeat)


def compare(kinds: list[str], repeat: int) -> None:
    """Print the seconds of each run, and the budget."""
    print(machine())
    names = {kind: [f"{KINDS[kind].handler}-{run}" for run in range(repeat)] for kind in kinds}
    students = [
        DemoSubmission(name=name, description=kind, points=None, handler=KINDS[kind].handler)
        for kind, of_kind in names.items()
        for name in of_kind
    ]
    with deployed(students) as made:
        took = {
            kind: [_check(made, made.accounts[name], KINDS[kind].status) for name in of_kind]
            for kind, of_kind in names.items()
        }
    rows = [
        [
            kind,
            f"{median(seconds):.1f}",
            f"{most:g}" if (most := KINDS[kind].most_s) else "-",
            " ".join(f"{one:.1f}" for one in seconds),
        ]
        for kind, seconds in took.items()
    ]
    table(
        f"grader check of one account, {repeat} times, start and judging included",
        ["the function", "wall s", "budget", "run by run"],
        rows,
    )


def _check(made: Class, account_id: str, status: int) -> float:
    """Seconds from the command to its end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    keys = made.sandbox.credentials(account_id)
    environment |= {name.upper(): value for name, value in keys.items()}
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
    command = [sys.executable, "-m", "grader", "check", "--endpoint-url", made.sandbox.endpoint_url]
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - started
    if done.returncode != status:
        raise SystemExit(f"check ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds


if __name__ == "__main__":
    main()
