"""``grader demo --lab``: each shipped lab has a class whose grades are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader import cli
from grader.rubric.load import load_rubric
from grader.rubric.shipped import DEFAULT, shipped_labs
from grader.sandbox.cohort import DEMO, demo_of
from tests.known_checks import known_checks
from tests.programs import grader

if TYPE_CHECKING:
    from pathlib import Path

LABS = sorted(shipped_labs())


def test_the_default_lab_shows_the_demo_cohort() -> None:
    assert [submission.name for submission in demo_of(DEFAULT)] == [
        name for name in (s.name for s in demo_of(DEFAULT)) if name in DEMO
    ]
    assert {submission.name for submission in demo_of(DEFAULT)} == {*DEMO}


@pytest.mark.parametrize("lab", LABS)
def test_each_lab_has_a_class_of_its_own_whose_best_earns_everything(lab: str) -> None:
    rubric = load_rubric(shipped_labs()[lab], known_checks())
    expected = {submission.name: submission for submission in demo_of(lab)}
    assert expected, f"write the grades of a class of {lab} into grader/sandbox/demos.json"
    assert expected["reference"].points == rubric.max_score
    assert expected["untouched"].points == 0
    ids = {criterion.id for criterion in rubric.criteria}
    for submission in expected.values():
        assert submission.failed | submission.blocked <= ids
    # Grades of all kinds, and one that nobody can give.
    assert len({submission.points for submission in expected.values()}) >= 5
    assert None in {submission.points for submission in expected.values()}


@pytest.mark.slow
@pytest.mark.parametrize("lab", [lab for lab in LABS if lab != DEFAULT])
def test_every_submission_of_a_lab_gets_what_is_expected(tmp_path: Path, lab: str) -> None:
    done = grader("demo", "--lab", lab, "--seed", "7", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(demo_of(lab))} of {len(demo_of(lab))} as expected." in done.stdout


def test_a_lab_without_a_class_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("grader.sandbox.cohort._DEMOS", {})
    monkeypatch.chdir(tmp_path)
    assert cli.run(["demo", "--lab", "calculator"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "--lab: There is no class with known grades for the lab “calculator”." in said
    assert "grader/sandbox/demos.json, or give: grader lint calculator --exam" in said
    assert list(tmp_path.iterdir()) == []


def test_a_lab_that_does_not_exist_is_told_with_the_nearest(tmp_path: Path) -> None:
    done = grader("demo", "--lab", "calculater", cwd=tmp_path)
    assert done.returncode == 2
    assert "--lab: There is no shipped lab called “calculater”" in done.stderr
    assert "calculator" in done.stderr.partition("”")[2]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_results_is_kept_and_the_options_that_there_are_named(
    tmp_path: Path,
) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "batch.json").write_text("{}")
    done = grader("demo", "--out", "results", cwd=tmp_path)
    assert done.returncode == 2
    assert "Give --force to start over, or another --out." in done.stderr
    assert "--resume" not in done.stderr
