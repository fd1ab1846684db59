"""How long a student waits for the score and the end of ``grader check``, whatever the function does."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median
from subprocess import PIPE, STDOUT
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.measuring import ROOT, alone, machine, table
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


SCORE_AFTER_S, END_AFTER_S = 1.0, 2.5
"""Budget of a right account: its score, after the last answer to the bare loop; the end, after that."""

RIGHT = "right"

KINDS = {
    RIGHT: Kind("reference", 0, None),
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
        bare = [
            _bare(made, student) for student in students if student.name in names.get(RIGHT, ())
        ]
    rows = [
        [
            kind,
            f"{median(one.score_s for one in of_kind):.1f}",
            f"{median(one.end_s for one in of_kind):.1f}",
            f"{most:g}" if (most := KINDS[kind].most_s) else "-",
            " ".join(f"{one.end_s:.1f}" for one in of_kind),
        ]
        for kind, of_kind in took.items()
    ]
    table(
        f"grader check of one account, {repeat} times, start and judging included",
        ["the function", "score s", "end s", "budget", "run by run"],
        rows,
    )
    if bare:
        loop, checked = median(bare), took[RIGHT]
        score, end = (
            median(one) for one in ([c.score_s for c in checked], [c.end_s for c in checked])
        )
        print(f"\nThe bare loop has its last answer after {loop:.1f} s, its start included.")
        print(f"The score comes {score - loop:.1f} s later (budget: {SCORE_AFTER_S:g}),")
        print(f"the end {end - score:.1f} s after the score (budget: {END_AFTER_S:g}).")


class Took(NamedTuple):
    """Seconds from the command to the score, and to the end."""

    score_s: float
    end_s: float


def _bare(made: Class, student: DemoSubmission) -> float:
    """Seconds from the start of the bare loop to its last answer."""
    started = time.monotonic()
    figures = alone("benchmarks.bare", made.roster([student]), "--jobs", 1)
    last_look_s = figures["wall_s"] - figures["answered_s"]
    if figures["right"] != 1:
        raise SystemExit(f"The account was not right, so the figures mean nothing: {figures}")
    return time.monotonic() - started - float(last_look_s)


def _check(made: Class, account_id: str, status: int) -> Took:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    keys = made.sandbox.credentials(account_id)
    environment |= {name.upper(): value for name, value in keys.items()}
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
    command = [sys.executable, "-m", "grader", "check", "--endpoint-url", made.sandbox.endpoint_url]
    started = time.monotonic()
    scored_at, said = None, list[str]()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=PIPE, stderr=STDOUT, text=True
    ) as running:
        for line in running.stdout or ():
            said.append(line)
            if line.startswith("Score:") and scored_at is None:
                scored_at = time.monotonic()
    ended_at = time.monotonic()
    if running.returncode != status or scored_at is None:
        raise SystemExit(f"check ended with status {running.returncode}:\n{''.join(said)}")
    return Took(scored_at - started, ended_at - started)


if __name__ == "__main__":
    main()
