"""A class in which something is a student's to settle: listed apart, blank or sure, then graded."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import msgspec
import pytest

from grader import cli
from grader.batch.regrade import regrade
from grader.batch.setup import load_setup
from grader.model.fact import Found, Unknown
from grader.model.observation import Mappings
from grader.observe.scope import scope_of
from grader.results.directory import Results
from tests.class_rosters import read_json, reports, roster
from tests.export.results_folders import (
    ANN,
    BO,
    CONSUMER,
    CY,
    REMEDY,
    RUBRIC,
    a_graded_class,
    a_report,
)
from tests.observations import a_mapping, reference
from tests.programs import grader_here

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from grader.model.observation import Observation
    from grader.sandbox.server import Sandbox

SURE = ("--open-by-student", "sure")
BLANK = ("--open-by-student", "blank")


def seen(handler: Unknown | None = None) -> Observation:
    """The account of the reference; of its function's work only ``handler`` is known."""
    mappings = {**reference().mappings, "input": Found(Mappings((a_mapping("first_lambda"),)))}
    made = reference(region="us-east-1", asked=scope_of(RUBRIC), mappings=mappings)
    if handler is None:
        return made
    return msgspec.structs.replace(made, handler=handler, records=handler, exchange=handler)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann is right, something reads Bo's output queue, Cy's was not reached: as a batch leaves them."""
    root = a_graded_class(tmp_path_factory.mktemp("class") / "results", {ANN: 20, BO: 20, CY: 20})
    results = Results(root)
    consumer = Unknown("disturbed", CONSUMER)
    gone = Unknown("unreachable", "Could not connect.")
    for student, unknown in ((ANN, None), (BO, consumer), (CY, gone)):
        results.write_student(a_report(student, 20), seen(unknown))
    with load_setup(None, []) as setup:
        regrade(results, setup, lang="en")
    return root


@pytest.fixture
def folder(judged: Path, tmp_path: Path) -> Path:
    """The class, of which nobody can be reached any more."""
    lines = ["student_id,name,email,endpoint_url,aws_access_key_id,aws_secret_access_key"]
    lines += [
        f"{one.student_id},{one.name},{one.email},http://127.0.0.1:9,{'1' * 12},secret"
        for one in (ANN, BO, CY)
    ]
    (tmp_path / "class.csv").write_text("\n".join(lines) + "\n")
    for path in judged.rglob("*"):
        if path.is_file():
            to = tmp_path / "results" / path.relative_to(judged)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(path.read_bytes())
    return tmp_path


def resumed(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return grader_here("batch", "class.csv", "--resume", "--force", *more, cwd=folder)


def scores(folder: Path) -> dict[str, str]:
    with (folder / "results/grades.csv").open(newline="") as file:
        return {row["student_id"]: row["score"] for row in csv.DictReader(file)}


@pytest.mark.slow
def test_the_students_who_can_settle_it_are_listed_apart_and_the_status_is_as_ever(
    folder: Path,
) -> None:
    done = resumed(folder)
    assert done.returncode == 3
    could_not, waiting = done.stderr.split(
        "Waiting for 1 student, who alone can settle what is open"
    )
    assert (
        "1 could not be graded:\n  s3 (Cy Day): Could not connect. This costs no points."
        in could_not
    )
    assert could_not.rstrip().endswith("--resume")
    assert "s2" not in could_not.partition("could not be graded:")[2]
    assert (
        f"s2 (Bo Ray) (13 sure): {CONSUMER} This stays open until you settle it. {REMEDY}\n"
        in waiting
    )
    again = "When they have done it, grade them with: grader batch class.csv --out results --resume"
    assert again in waiting


def test_nobody_is_told_of_where_it_is_quiet(folder: Path) -> None:
    done = resumed(folder, "--quiet")
    assert done.returncode == 3
    assert "Waiting" not in done.stderr


@pytest.mark.slow
def test_the_sure_points_are_written_where_asked_for_and_kept(folder: Path) -> None:
    """By going on, and by judging again, until ``blank`` is asked for."""
    resumed(folder)
    assert scores(folder) == {"s1": "20", "s2": "", "s3": ""}
    resumed(folder, *SURE)
    assert scores(folder) == {"s1": "20", "s2": "13", "s3": ""}
    assert read_json(folder / "results/batch.json")["open_by_student"] == "sure"
    resumed(folder)
    assert scores(folder)["s2"] == "13"
    assert cli.run(["regrade", str(folder / "results"), "--quiet"]) == 3
    assert scores(folder)["s2"] == "13"
    resumed(folder, *BLANK)
    assert scores(folder)["s2"] == ""
    report = reports(folder)["s2"]
    assert (report.status, report.score, report.sure_points) == ("ungraded", None, 13)


@pytest.mark.slow
def test_who_settled_it_is_graded_by_the_same_command(
    folder: Path, aws_sandbox: Sandbox, reference_account: str
) -> None:
    roster(folder, aws_sandbox, "s1,Ann Lee,,-", f"s2,Bo Ray,,{reference_account}", "s3,Cy Day,,-")
    assert "2/2" in resumed(folder, *SURE).stderr
    assert scores(folder) == {"s1": "20", "s2": "20", "s3": ""}
    assert reports(folder)["s2"].sure_points == 20


def test_the_summary_says_whose_it_is(folder: Path) -> None:
    told = read_json(folder / "results/summary.json")["scores"]
    said = {one["student_id"]: (one["open_by"], one["sure_points"]) for one in told}
    assert said == {"s1": (None, 20), "s2": ("student", 13), "s3": ("grader", 13)}


def test_a_batch_of_before_has_no_such_option_and_leaves_it_blank(folder: Path) -> None:
    path = folder / "results/batch.json"
    before = read_json(path)
    del before["open_by_student"]
    path.write_bytes(msgspec.json.encode(before))
    assert Results(folder / "results").batch().open_by_student == "blank"
    resumed(folder)
    assert scores(folder)["s2"] == ""
