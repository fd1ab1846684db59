"""A batch that is killed at a random moment: what it leaves behind, and what resuming makes of it."""

from __future__ import annotations

import csv
import os
import random
import secrets
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from grader.results.atomic_write import is_unfinished
from grader.rubric.load import load_rubric
from grader.sandbox.cohort import COHORT, deploy_all, write_cohort_roster
from grader.schemas import load
from tests.class_rosters import read_json, reports
from tests.programs import LIMIT_S, background, command, grader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.sandbox.server import Sandbox

SUBMISSIONS = tuple(
    submission
    for submission in COHORT
    if submission.name
    in {
        "reference",
        "untouched",
        "memory-256",
        "mapping-disabled",
        "first-record-only",
        "wrong-keys",
        "output-misspelt",
        "shared-account",
    }
)
"""Right and wrong ones, of which none makes the grader wait."""

_BEFORE = 3
"""Files that a fresh batch writes before the first student's: batch.json, the rubric, batch.json."""
_JITTER_S = 0.4
_ROUNDS = 60
"""A batch may end before its moment has come, or before it is noticed on a busy machine."""

_VALIDATORS = {
    f"{name}.json": Draft202012Validator(load(name))
    for name in ("batch", "summary", "report", "observation")
}

Grades = dict[str, tuple[float | None, tuple[tuple[str, str, float | None], ...]]]


class Disturbed:
    """A class that is graded in ``folder`` and killed there, ``kills`` times so far.

    A seed decides when.
    """

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        seed = int(os.environ.get("GRADER_KILL_SEED") or secrets.randbelow(2**32))
        print(f"GRADER_KILL_SEED={seed} chooses these moments again")  # noqa: T201
        self._random = random.Random(seed)
        self.folder, self.results, self.kills = folder, folder / "results", 0
        accounts = deploy_all(sandbox, SUBMISSIONS)
        self._roster = write_cohort_roster(folder / "class.csv", sandbox, SUBMISSIONS, accounts)
        self.undisturbed = self._finished()

    def rounds(self, kills: int) -> Iterator[None]:
        """Again, until it was killed so often."""
        for _ in range(_ROUNDS):
            if self.kills >= kills:
                return
            yield
        if self.kills < kills:
            pytest.fail(
                f"In {_ROUNDS} rounds {self.kills} batches were killed, not {kills}: the others ended"
                " before. Does a batch make fewer changes than are counted on here?"
            )

    def start_killed(self) -> bool:
        """A batch from the start, killed; whether it was, before it ended."""
        changes = _BEFORE + 2 * len(SUBMISSIONS)
        return self._killed("--force", changes=changes)

    def resume_killed(self) -> bool:
        """The batch resumed, and killed again; whether it was, before it ended."""
        return self._killed("--resume", changes=2 + 2 * (len(SUBMISSIONS) - len(self._graded())))

    def resumed(self) -> Grades:
        """The grades once the batch was resumed to its end."""
        return self._finished("--resume")

    def silenced(self) -> set[str]:
        """Whose function was invoked and not heard, although it answers through the queue."""
        told = {name: report.flags for name, report in reports(self.folder).items()}
        return {name for name, flags in told.items() if "direct-inconclusive" in flags}

    def left_behind(self) -> None:
        """Every file is whole, or of the name that nobody reads."""
        for path in self.results.rglob("*"):
            if path.is_dir() or path.name == ".lock" or is_unfinished(path):
                continue
            if path.name == "rubric.yaml":
                load_rubric(path, None)
            elif path.suffix == ".html":
                assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
            elif path.name == "grades.csv":
                with path.open(newline="") as file:
                    assert len(list(csv.DictReader(file, strict=True))) == len(SUBMISSIONS)
            else:
                _VALIDATORS[path.name].validate(read_json(path))

    def _killed(self, *options: str, changes: int) -> bool:
        last, jitter_s = self._random.randint(1, changes), self._random.uniform(0, _JITTER_S)
        print(f"{options}: {jitter_s:.3f} s after change {last} of {changes}")  # noqa: T201
        with background(
            command("batch", self._roster, "--jobs", "3", *options),
            cwd=self.folder,
            stdout=None,  # pytest shows both where a test fails
            stderr=None,
        ) as process:
            seen, count, ends_at = self._files(), 0, time.monotonic() + LIMIT_S
            while count < last and process.poll() is None:
                if time.monotonic() > ends_at:
                    process.kill()
                    pytest.fail(f"{count} of {last} changes came within {LIMIT_S} s.")
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.002)
                found = self._files()
                count += len(found - seen)
                seen = found
            with suppress(subprocess.TimeoutExpired):
                process.wait(jitter_s)
            process.kill()
        killed = process.returncode == -signal.SIGKILL
        self.kills += killed
        return killed

    def _files(self) -> set[tuple[Path, int, int]]:
        # Unlike glob, it does not mind folders that are being removed.
        paths = (Path(at, name) for at, _, names in os.walk(self.results) for name in names)
        found = set()
        for path in paths:
            with suppress(FileNotFoundError):
                there = path.stat()
                # A file may get the number of the one it replaces.
                found.add((path, there.st_ino, there.st_mtime_ns))
        return found

    def _finished(self, *options: str) -> Grades:
        done = grader("batch", self._roster, "--jobs", "8", *options, cwd=self.folder)
        assert done.returncode == 0, done.stderr
        assert read_json(self.results / "batch.json")["state"] == "finished"
        self.left_behind()
        assert not [path for path in self.results.rglob("*") if is_unfinished(path)]
        return self._graded()

    def _graded(self) -> Grades:
        return {
            name: (report.score, tuple((c.id, c.status, c.points) for c in report.criteria))
            for name, report in reports(self.folder).items()
        }
