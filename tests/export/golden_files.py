"""The demo cohort's stored results, exported in every format.

``python -m tests.export.golden_files results`` runs ``grader demo`` and stores in ``results/`` what it
left, but for the observations: the golden files are made of it, and times differ from run to run.
Without ``results`` only the golden files are written anew.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from grader.cli import run
from grader.results.directory import BATCH, REPORT, RUBRIC, STUDENTS
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
    """One of ``EXPORTS`` made at ``out``, in the place of an earlier one."""
    options = [*EXPORTS[name], "--out", str(out), "--force", "--quiet"]
    with tempfile.TemporaryDirectory() as folder:  # what is handed back is kept in the results
        status = run(["export", str(shutil.copytree(RESULTS, Path(folder) / "results")), *options])
    assert status == 0
    return out


def store_results() -> None:
    """Store what the demo leaves today."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "results"
        assert run(["demo", "--out", str(made), "--lang", "en", "--seed", "1"]) == 0
        shutil.rmtree(RESULTS)
        for path in [made / BATCH, made / RUBRIC, *made.glob(f"{STUDENTS}/*/{REPORT}")]:
            _copied(path, RESULTS / path.relative_to(made))


def write_golden_files() -> None:
    """Write every golden file; a score that is the same keeps its time."""
    for place in EXPORTS:
        target = GOLDEN / place
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "made"
            if target.is_dir():
                shutil.move(target, made)
            exported(place, made)
            for path in [made, *made.rglob("*")]:
                if path.is_file():
                    _copied(path, target / path.relative_to(made))


def _copied(path: Path, to: Path) -> None:
    """Copied as git keeps it: exports are readable by their owner only."""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to)


if __name__ == "__main__":
    if sys.argv[1:] == ["results"]:
        store_results()
    write_golden_files()
