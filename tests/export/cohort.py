"""The demo cohort's stored results, exported in every format; ``python -m tests.export.cohort`` writes
the golden files anew.

``results/`` is what ``grader demo`` left, without the observations: stored because times, ids and pairs
differ from run to run.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from grader.cli import run
from grader.sandbox.cohort import COHORT, DEMO

HERE = Path(__file__).parent
RESULTS = HERE / "results"
GOLDEN = HERE / "golden"
WORKSHEET = HERE / "moodle-worksheet.csv"
GRADEBOOK = HERE / "canvas-gradebook.csv"
ASSIGNMENT = "Lab 3 (4711)"

EXPORTS: dict[str, list[str]] = {
    "gradescope": ["--to", "gradescope"],
    "moodle/gradebook.csv": ["--to", "moodle"],
    "moodle/worksheet.csv": ["--to", "moodle", "--worksheet", str(WORKSHEET)],
    "canvas/import.csv": ["--to", "canvas", "--assignment", ASSIGNMENT],
    "canvas/gradebook.csv": [
        *("--to", "canvas", "--assignment", ASSIGNMENT),
        *("--gradebook", str(GRADEBOOK), "--scale", "100"),
    ],
    "lti": ["--to", "lti", "--lang", "fr"],
    "junit/junit.xml": ["--to", "junit"],
    "csv/grades.csv": ["--to", "csv"],
}
"""Where each golden file or folder is, and the options it is made with."""

EXPECTED = {one.name: one.points for one in COHORT if one.name in DEMO}
"""The score that each submission of the demo must get, of 20; ``None`` for no score."""


def exported(name: str, out: Path) -> Path:
    """One of ``EXPORTS`` made at ``out``."""
    status = run(["export", str(RESULTS), *EXPORTS[name], "--out", str(out), "--quiet"])
    assert status == 0
    return out


if __name__ == "__main__":
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for place in EXPORTS:
        target = GOLDEN / place
        target.parent.mkdir(parents=True, exist_ok=True)
        exported(place, target)
        for path in [target, *target.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    sys.exit()
