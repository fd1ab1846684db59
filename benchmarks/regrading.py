"""Regrading stored observations: how many a second, everything included."""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.measuring import Moment, alone, machine, middle, table
from benchmarks.students import FAULTS, deployed, one_in_five_broken
from grader.batch.regrade import regrade
from grader.batch.setup import GradingSetup
from grader.judging.pool import Judge
from grader.model import report
from grader.model.batch import Batch, Counts, Student
from grader.model.timestamps import now
from grader.results.directory import Results
from grader.rubric.load import default_rubric_path, load_rubric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEAST_A_SECOND = 250
"""Budget, with a judge process for each core."""

CODE = re.compile(rb'"code_sha256": *"[^"]+"')

SEEN = 5 * len(FAULTS)
"""Accounts that are really observed: each fault once, among right ones."""


@dataclass(frozen=True)
class Seen:
    """One student as the grader left them on disk."""

    account_id: str
    observation: bytes
    report: bytes


def main(arguments: list[str] | None = None) -> None:
    """Observe some accounts, make a big class of them, judge it again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--observed", type=int, default=SEEN, help="accounts really observed")
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args(arguments)
    compare(given.students, given.observed, given.repeat)


def compare(count: int, observed: int, repeat: int) -> None:
    """Print how long regrading took, by the same rubric and by a corrected one."""
    print(machine())
    seen = list(observed_students(observed))
    rows = []
    kinds = (("the same", False), ("a corrected", True))
    for workers, (name, corrected) in product((1, None), kinds):
        runs = []
        for _ in range(repeat):
            with tempfile.TemporaryDirectory(prefix="grader-benchmark-") as folder:
                results = cloned_class(Path(folder) / "results", seen, count)
                runs.append(regraded(results, workers, corrected=corrected))
        wall_s = middle(runs, "wall_s")
        rows.append(
            [
                name,
                f"{middle(runs, 'judges'):.0f}",
                f"{middle(runs, 'start_s'):.1f}",
                f"{wall_s:.1f}",
                f"{count / wall_s:.0f}",
                f"{1000 * middle(runs, 'own_cpu_s') / count:.1f}",
                f"{1000 * middle(runs, 'judge_cpu_s') / count:.1f}",
            ]
        )
    table(
        f"{count} observations judged again, medians of {repeat}",
        ["rubric", "judges", "start s", "wall s", "a second", "CPU ms each", "of the judge"],
        rows,
    )
    print("\nReading, judging, scoring, writing what changed (corrected: almost all).")
    print(f"Budget: {LEAST_A_SECOND} a second.")


def observed_students(count: int) -> Iterator[Seen]:
    """Students of a class that was graded just now, one in five broken."""
    with deployed(one_in_five_broken(count)) as students:
        out = students.results()
        roster = students.roster(students.students)
        alone("benchmarks.graded", roster, out, "--jobs", count)
        for one in students.students:
            folder = out / "students" / one.name
            stored = (folder / "observation.json").read_bytes()
            graded = (folder / "report.json").read_bytes()
            yield Seen(students.accounts[one.name], stored, graded)


def cloned_class(
    root: Path,
    seen: list[Seen],
    count: int,
    columns: Callable[[int], dict[str, str]] = lambda _number: {},
) -> Results:
    """A batch's folder of ``count`` students, each with an account and code of their own.

    ``columns`` are what the roster says of each besides.
    """
    results = Results(root)
    source = default_rubric_path().read_text(encoding="utf-8")
    students = []
    for number in range(count):
        one = seen[number % len(seen)]
        account_id = str(500_000_000_000 + number)
        student = Student(f"s{number:05}", account_id=account_id, extra=columns(number))
        students.append(student)
        facts = one.observation.replace(one.account_id.encode(), account_id.encode())
        code = sha256(account_id.encode()).hexdigest()
        facts = CODE.sub(f'"code_sha256":"{code}"'.encode(), facts)
        graded = msgspec.structs.replace(
            msgspec.json.decode(one.report, type=report.Report),
            student_id=student.student_id,
            name="",
            email="",
            account_id=account_id,
        )
        folder = results.folder(student.student_id)
        folder.mkdir(parents=True)
        (folder / "observation.json").write_bytes(facts)
        (folder / "report.json").write_bytes(report.encode_report(graded))
    results.write_rubric(source)
    results.write_batch(
        Batch(
            state="finished",
            rubric_sha256=load_rubric(default_rubric_path(), None).sha256,
            roster_sha256="0" * 64,
            seed=1,
            attempt=1,
            jobs=1,
            region=None,
            endpoint_url=None,
            lang="en",
            checks=[],
            started_at=now(),
            counts=Counts(count, count, 0),
            students=students,
        )
    )
    return results


def regraded(results: Results, workers: int | None, *, corrected: bool) -> dict[str, float]:
    """Judge a class again and measure it; by a ``corrected`` rubric nearly all reports change."""
    started = time.monotonic()
    with Judge(workers=workers) as judge:
        checks = judge.survey().checks
        path = default_rubric_path()
        if corrected:
            path = results.root / "corrected.yaml"
            text = default_rubric_path().read_text(encoding="utf-8")
            path.write_text(text.replace("expect: 128", "expect: 256"), encoding="utf-8")
        setup = GradingSetup(load_rubric(path, checks), judge, checks)
        ready = Moment.now()
        done = regrade(results, setup, lang="en")
        used = Moment.now().since(ready)
    students = len(results.batch().students)
    if len(done.reports) != students or bool(done.changes) != corrected:
        raise SystemExit(f"{len(done.changes)} of {len(done.reports)} changed, of {students}.")
    return {
        "judges": judge.workers,
        "start_s": ready.wall_s - started,
        "wall_s": used.wall_s,
        "own_cpu_s": used.own_s,
        "judge_cpu_s": used.children_s,
    }


if __name__ == "__main__":
    main()
