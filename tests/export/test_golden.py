"""Each export of the demo cohort equals its golden file, and reads back to the demo's scores.

The golden files are written anew with ``python -m tests.export.golden_files``, or from today's results
of the demo with ``python -m tests.export.golden_files results``; then look at the difference.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from grader.model.report import encode_report, read_report
from grader.rehearsal.demo import differences
from grader.results.directory import Results
from grader.sandbox.cohort import COHORT, DEMO
from tests.export import importers
from tests.export.golden_files import (
    ASSIGNMENT,
    EXPECTED,
    EXPORTS,
    GOLDEN,
    GRADEBOOK,
    RESULTS,
    WORKSHEET,
    exported,
)

if TYPE_CHECKING:
    from pathlib import Path

UNTOLD = ["flags: [], not [account-shared]"]
"""What a report does not say: the summary does."""
GRADED = {name: points for name, points in EXPECTED.items() if points is not None}
PARTICIPANTS = {
    row["Email address"].partition("@")[0]: row["Identifier"].partition(" ")[2]
    for row in importers.table(WORKSHEET.read_bytes())
}


@pytest.mark.parametrize(
    "submission", [one for one in COHORT if one.name in DEMO], ids=lambda s: s.name
)
def test_the_stored_results_are_those_the_demo_must_give(submission) -> None:
    report = read_report(RESULTS / "students" / submission.name / "report.json")
    assert {*differences(submission, report)} <= {*UNTOLD}


@pytest.mark.parametrize("submission", sorted(EXPECTED))
def test_the_stored_reports_are_written_as_reports_are_today(submission: str) -> None:
    path = RESULTS / "students" / submission / "report.json"
    report = read_report(path)
    assert path.read_bytes() == encode_report(report), (
        "run python -m tests.export.golden_files results"
    )
    assert [one.id for one in report.criteria if one.message and not one.message_id] == []


def test_the_stored_batch_is_written_as_batches_are_today(tmp_path: Path) -> None:
    written = Results(tmp_path)
    written.write_batch(Results(RESULTS).batch())
    found, stored = (json.loads((root / "batch.json").read_bytes()) for root in (tmp_path, RESULTS))
    assert stored == found, "run python -m tests.export.golden_files results"


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_equals_its_golden_file(name: str, tmp_path: Path) -> None:
    made, golden = exported(name, tmp_path / "out"), GOLDEN / name
    if golden.is_file():
        assert made.read_bytes() == golden.read_bytes()
        return
    there = {path.relative_to(golden) for path in golden.rglob("*") if path.is_file()}
    assert {path.relative_to(made) for path in made.rglob("*") if path.is_file()} == there
    for path in there:
        assert timeless(made / path) == timeless(golden / path)


def by_id(column: str) -> dict[str, float]:
    """Who is graded, by another system's id."""
    extra = {one.student_id: one.extra for one in Results(RESULTS).batch().students}
    return {extra[name][column]: points for name, points in GRADED.items()}


def timeless(path: Path) -> bytes:
    """A file without the time of an LTI score, which is that of its export."""
    return re.sub(rb'"timestamp": ?"[^"]+"', b"", path.read_bytes())


def test_gradescope_reads_the_demos_scores(tmp_path: Path) -> None:
    assert importers.gradescope(exported("gradescope", tmp_path / "out")) == GRADED


def test_moodles_gradebook_reads_the_demos_scores(tmp_path: Path) -> None:
    made = exported("moodle/gradebook.csv", tmp_path / "out.csv")
    found = importers.moodle_gradebook(made)
    assert found == {f"{name}@example.org": points for name, points in GRADED.items()}
    assert importers.moodle_gradebook(made, "ID number") == by_id("id_number")


def test_moodles_worksheet_reads_the_demos_scores_and_is_otherwise_as_it_was(
    tmp_path: Path,
) -> None:
    made = exported("moodle/worksheet.csv", tmp_path / "out.csv")
    found = importers.moodle_worksheet(made)
    assert found.pop(PARTICIPANTS["trial"]) is None
    assert found == {PARTICIPANTS[name]: points for name, points in EXPECTED.items()}
    before, after = importers.rows(WORKSHEET.read_bytes()), importers.rows(made.read_bytes())
    ours = {before[0].index("Grade"), before[0].index("Feedback comments")}
    for was, now in zip(before, after, strict=True):
        assert [c for n, c in enumerate(was) if n not in ours] == [
            c for n, c in enumerate(now) if n not in ours
        ]
    changed = [
        was != now
        for was, now in zip(
            WORKSHEET.read_bytes().splitlines(), made.read_bytes().splitlines(), strict=True
        )
    ]
    assert changed.count(True) == len(GRADED)


def test_canvas_reads_the_demos_scores(tmp_path: Path) -> None:
    made = exported("canvas/import.csv", tmp_path / "out.csv")
    assert importers.canvas(made, ASSIGNMENT, "ID") == (20, by_id("canvas_id"))


def test_canvass_own_gradebook_reads_the_demos_scores_on_its_scale(tmp_path: Path) -> None:
    made = exported("canvas/gradebook.csv", tmp_path / "out.csv")
    possible, found = importers.canvas(made, ASSIGNMENT)
    assert (possible, found.pop("")) == (100, None)
    assert found == {
        name: None if points is None else points * 5 for name, points in EXPECTED.items()
    }
    column = importers.rows(GRADEBOOK.read_bytes())[0].index(ASSIGNMENT)
    for was, now in zip(
        importers.rows(GRADEBOOK.read_bytes()), importers.rows(made.read_bytes()), strict=True
    ):
        del was[column], now[column]
        assert was == now


def test_lti_reads_the_demos_scores(tmp_path: Path) -> None:
    assert importers.lti(exported("lti", tmp_path / "out")) == GRADED


def test_junit_reads_the_demos_scores(tmp_path: Path) -> None:
    assert importers.junit(exported("junit/junit.xml", tmp_path / "out.xml")) == EXPECTED


def test_the_csv_reads_the_demos_scores(tmp_path: Path) -> None:
    assert importers.grades_csv(exported("csv/grades.csv", tmp_path / "out.csv")) == EXPECTED
