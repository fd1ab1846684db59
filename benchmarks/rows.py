"""How what takes no cloud grows with the class's rows: rosters, pages, exports, flags, regrading."""

from __future__ import annotations

import argparse
import csv
import gc
import itertools
import resource
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from benchmarks.browser import BUDGET_S, Shown, shown_in_browser
from benchmarks.measuring import machine, table
from benchmarks.regrading import SEEN, Seen, cloned_class, observed_students, regraded
from grader.cli import run
from grader.commands.formats import FORMATS, files_of, place_of
from grader.export.formats import Export
from grader.export.placing import Placement, place
from grader.inputs.problems import BadInput
from grader.pages.writing import known_of, page_of_class, write_pages
from grader.results.directory import PAGE
from grader.results.read_class import read_class
from grader.roster.load import load_roster
from grader.scoring.scale import Scale
from grader.scoring.summary import summarise_class
from grader.scoring.suspicion import Code, suspicions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.results.directory import Results
    from grader.results.read_class import ClassRead
    from grader.scoring.suspicion import KeptResult

WARM = 2
"""Rows of a class that goes before and is not shown: what is loaded once has been loaded then."""

OF_GROUP = 3
ASSIGNMENT = {"canvas": "Lab (1)"}
"""The column that a format must be told."""


@dataclass(frozen=True)
class Took:
    """Seconds of one step: of all processors, and on the wall."""

    cpu_s: float
    wall_s: float


class Steps(dict[str, Took]):
    """What each step took, by its name."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure what is done in the ``with`` block."""
        gc.collect()
        cpu_s, wall_s = _cpu_s(), time.monotonic()
        yield
        self[name] = Took(_cpu_s() - cpu_s, time.monotonic() - wall_s)


def main(arguments: list[str] | None = None) -> None:
    """Classes of several sizes, cloned from some accounts that are really observed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[100, 1000, 10_000])
    parser.add_argument("--observed", type=int, default=SEEN, help="accounts really observed")
    given = parser.parse_args(arguments)
    compare(sorted(given.sizes), given.observed)


def compare(sizes: list[int], observed: int) -> None:
    """Print what a row takes at each size, and what the class page takes in a browser."""
    print(machine())
    seen = list(observed_students(observed))
    taken: list[Steps] = []
    pages: list[Shown | None] = []
    for size in (WARM, *sizes):
        with tempfile.TemporaryDirectory(prefix="grader-benchmark-") as folder:
            steps, page = _measured(Path(folder), seen, size)
        taken.append(steps)
        pages.append(page)
    _show_steps(sizes, taken[1:])
    _show_pages(sizes, pages[1:])


def _show_steps(sizes: list[int], taken: list[Steps]) -> None:
    rows = []
    for name in taken[0]:
        each = [1000 * one[name].cpu_s / size for one, size in zip(taken, sizes, strict=True)]
        growth = [after / before if before > 0 else 0 for before, after in itertools.pairwise(each)]
        rows.append(
            [
                name,
                f"{taken[-1][name].wall_s:.2f}",
                *(f"{ms:.3f}" for ms in each),
                " ".join(f"{ratio:.1f}" for ratio in growth) or "-",
            ]
        )
    table(
        f"CPU ms for each row, classes of {', '.join(map(str, sizes))}",
        ["", "wall s", *map(str, sizes), "growth"],
        rows,
    )
    print("\nwall s: of the largest class, all its rows. growth: ms of a row against those of")
    print("the class before: 1 where time grows with the rows, more where it grows faster.")


def _show_pages(sizes: list[int], pages: list[Shown | None]) -> None:
    there = [(size, page) for size, page in zip(sizes, pages, strict=True) if page is not None]
    if not there:
        print("\nNo Chromium here: the class page was not opened.")
        return
    rows = [
        [
            size,
            f"{page.megabytes:.1f}",
            f"{page.loaded_s:.2f}",
            f"{page.all_loaded_s:.2f}",
            f"{page.sorted_s:.2f}",
            f"{page.all_sorted_s:.2f}",
            f"{page.filtered_s:.2f}",
            f"{page.all_filtered_s:.2f}",
        ]
        for size, page in there
    ]
    table(
        "The class page in Chromium, seconds",
        ["rows", "MB", "loaded", "all", "sorted by score", "all", "filtered by name", "all"],
        rows,
    )
    print("\nloaded, sorted, filtered: the first rows are seen; the others follow by and by.")
    print(f"Budget: {BUDGET_S:g} s each.")


def _measured(folder: Path, seen: list[Seen], size: int) -> tuple[Steps, Shown | None]:
    """Every step over one class of ``size`` students, and its page in a browser."""
    steps = Steps()
    _roster_steps(steps, folder, size)
    results = cloned_class(folder / "results", seen, size, _columns)
    with steps.step("class read"):
        read = read_class(results.root)
    if read.rubric is None or len(read.rows) != size:
        raise SystemExit(f"Of {size} students {len(read.rows)} could be read: {read.problems[:3]}")
    reports = [row.report for row in read.rows]
    known = known_of(results, reports)
    _flag_steps(steps, known, read)
    summary = summarise_class(known, read.rubric, read.lang)
    with steps.step("class page made"):
        page_of_class(known, results.batch(), summary, read.rubric, lang=read.lang)
    with steps.step("all pages written"):
        write_pages(results, reports, summary, read.rubric, lang=read.lang)
    page = shown_in_browser(results.root / PAGE) if size > WARM else None
    for name in FORMATS:
        _export_step(steps, name, results, read)
    regrading = regraded(results, None, corrected=True)
    own_s, judge_s = regrading["own_cpu_s"], regrading["judge_cpu_s"]
    steps["regrade"] = Took(own_s + judge_s, regrading["wall_s"])
    return steps, page


def _roster_steps(steps: Steps, folder: Path, size: int) -> None:
    path = _roster(folder / "class.csv", size, lambda number: f"g{number // OF_GROUP}")
    with steps.step("roster loaded"):
        load_roster(path)
    with steps.step("lint, with its start"):
        status = run(["lint", str(path), "--quiet"])
    if status:
        raise SystemExit(f"lint ended with status {status}.")
    path = _roster(folder / "one-group.csv", size, lambda _number: "everybody")
    with steps.step("roster, one group"), suppress(BadInput):  # a section is no group
        load_roster(path)


def _flag_steps(steps: Steps, known: list[KeptResult], read: ClassRead) -> None:
    """What everybody's flags take: nobody shares anything, all an account, all their code."""
    if read.rubric is None:
        raise TypeError("a class has a rubric")
    alike = frozenset({Code("sum", "first_lambda", "the same")})
    kinds: dict[str, tuple[Callable[[KeptResult], KeptResult], str | None]] = {
        "flags, nothing shared": (lambda one: one, None),
        "flags, one account": (
            lambda one: one._replace(report=replace(one.report, account_id="1" * 12)),
            "account-shared",
        ),
        "flags, the same code": (lambda one: one._replace(code=alike), "same-code"),
    }
    for name, (changed, flag) in kinds.items():
        class_of_kind = [changed(one) for one in known]
        with steps.step(name):
            found = suspicions(class_of_kind, read.rubric)
        flagged = sum(flag in {each.flag for each in of_one} for of_one in found.values())
        if flagged != (len(known) if flag else 0):
            raise SystemExit(f"{name}: {flagged} of {len(known)} were flagged.")


def _export_step(steps: Steps, name: str, results: Results, read: ClassRead) -> None:
    """One format, made of the class as it was read and written to its usual place."""
    form = FORMATS[name]
    with steps.step(f"export {name}"):
        target = place_of(form, name, results.root, None, several=False)
        export = Export(
            results.root,
            read.told_in(read.lang),
            read.students,
            read.rubric,
            Scale(),
            lang=read.lang,
            out=target,
            assignment=ASSIGNMENT.get(name),
        )
        place([Placement(target, files_of(form, export), force=True)], [], results.root)
    if export.left_out:
        raise SystemExit(f"export {name} left out {len(export.left_out)}: {export.problems[:3]}")


def _columns(number: int) -> dict[str, str]:
    """What a roster says of a student besides: the ids of every system."""
    return {
        "id_number": f"{20_240_000 + number}",
        "canvas_id": f"{9_000 + number}",
        "lti_user_id": f"user-{number}",
        "moodle_participant": f"{1_000 + number}",
        "section": f"{'ABCD'[number % 4]}",
    }


def _roster(path: Path, size: int, group: Callable[[int], str]) -> Path:
    """A roster of so many students, each with keys of their own."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = (
            {
                "student_id": f"s{number:05}",
                "name": f"Student {number}",
                "email": f"s{number:05}@example.org",
                "group": group(number),
                "account_id": str(500_000_000_000 + number),
                "region": "us-east-1",
                "aws_access_key_id": f"AKIA{number:016}",
                "aws_secret_access_key": f"secret-{number:033}",
                **_columns(number),
            }
            for number in range(size)
        )
        first = next(rows)
        writer = csv.DictWriter(file, first)
        writer.writeheader()
        writer.writerows(itertools.chain([first], rows))
    return path


def _cpu_s() -> float:
    """Processor time of this process and of its ended children, in seconds."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


if __name__ == "__main__":
    main()
