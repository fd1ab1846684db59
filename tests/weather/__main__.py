"""Every kind of weather, over five submissions, with three seeds: ``python -m tests.weather``.

Says what came out wrong, and where the records of what the weather did are; ends with 1 for anything
wrong, and for a kind that never did anything.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from grader.sandbox.server import sandbox
from tests.weather.kinds import KINDS
from tests.weather.season import cells, season

SUBMISSIONS = ("result-text", "first-record-only", "wrong-keys", "joins-text", "prints-only")
SEEDS = (1, 22, 333)
AT_A_TIME = 40
"""Gradings that begin together: so many functions start on this one machine."""


def main() -> int:
    """Grade them all."""
    options = argparse.ArgumentParser(prog="python -m tests.weather", description=__doc__)
    options.add_argument("--scale", type=float, default=1.0, help="shortens what takes seconds")
    options.add_argument("--keep", type=Path, help="where the records go")
    options.add_argument("--kind", action="append", choices=list(KINDS), help="only this kind")
    given = options.parse_args()
    keep = given.keep or Path(tempfile.mkdtemp(prefix="weather-"))
    chosen = cells(given.kind or KINDS, SUBMISSIONS, SEEDS)
    began, gradings, ungraded, wrong = time.monotonic(), 0, 0, list[str]()
    calm: Counter[str] = Counter()
    with sandbox() as running:
        for start in range(0, len(chosen), AT_A_TIME):
            some = chosen[start : start + AT_A_TIME]
            came = season(running, some, scale=given.scale, jobs=AT_A_TIME, keep=keep)
            for cell, one in came.items():
                gradings += len(one.reports)
                ungraded += sum(report.score is None for report in one.reports)
                calm[cell.kind] += not one.did
                for line in one.wrong(cell):
                    wrong.append(line)
                    sys.stdout.write(f"{line}\n")
    each = len(SUBMISSIONS) * len(SEEDS)
    idle = [f"{kind}: nothing happened in {calm[kind]} of {each}" for kind in calm if calm[kind]]
    sys.stdout.write("".join(f"{line}\n" for line in idle))
    sys.stdout.write(
        f"{gradings} gradings in {time.monotonic() - began:.0f} s: {len(wrong)} wrong, {ungraded} not"
        f" graded. What the weather did is in {keep}.\n"
    )
    return 1 if wrong or each in calm.values() else 0


if __name__ == "__main__":
    sys.exit(main())
