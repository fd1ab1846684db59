"""``grader demo --lab``: each shipped lab has a class whose grades are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.model.fact import Found
from grader.results.directory import Results
from grader.rubric.load import load_rubric
from grader.rubric.shipped import DEFAULT, shipped_labs
from grader.sandbox.cohort import DEMO, demo_of
from tests.known_checks import known_checks
from tests.programs import grader, grader_here

if TYPE_CHECKING:
    from pathlib import Path

LABS = sorted(shipped_labs())

OWN = """
schema: rubric/1
title: A lab of my own
lab:
  region: eu-west-3
  functions: {totals: my-totals}
  queues: {input: my-numbers}
criteria:
  - {id: function, title: The function, check: function_exists, "on": totals, points: 2}
  - {id: mapping, title: The mapping, check: mapping_enabled, "on": input -> totals, points: 3}
"""


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


@pytest.mark.slow
def test_a_lab_of_ones_own_shows_a_class_under_its_names_and_nothing_is_expected(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.yaml").write_text(OWN, encoding="utf-8")
    done = grader("demo", "--rubric", "mine.yaml", "--lang", "en", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "as expected" not in done.stdout
    results = Results(tmp_path / "demo-results")
    students = results.batch().students
    scores = {
        stored.student.student_id: stored.report.score
        for stored in results.each_stored(students)
        if stored.report is not None
    }
    assert scores["reference"] == scores["memory-256"] == 5
    assert scores["untouched"] == 0
    assert scores["mapping-disabled"] == 2
    assert scores["unreachable"] is None
    reference = next(one for one in results.each_stored(students) if one.agree and one.observations)
    assert reference.observation is not None
    assert {*reference.observation.functions} == {"totals"}
    assert isinstance(reference.observation.functions["totals"], Found)
    assert reference.observation.functions["totals"].value.name == "my-totals"


TWO_WAYS = """
schema: rubric/1
title: Two functions behind two queues
lab:
  region: us-east-1
  functions: {totals: my-totals, copies: my-copies}
  queues: {input: my-numbers, second: my-others}
criteria:
  - {id: fed, title: The first, check: mapping_enabled, "on": input -> totals, points: 3}
  - {id: also-fed, title: The second, check: mapping_enabled, "on": second -> copies, points: 3}
"""


@pytest.mark.slow
def test_what_the_sandboxs_reference_lacks_of_ones_own_lab_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(TWO_WAYS, encoding="utf-8")
    done = grader("demo", "--rubric", "mine.yaml", "--lang", "en", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    told = " ".join(done.stdout.split())
    assert "does not earn everything by this rubric: also-fed." in told
    assert "grader lint --exam says what it lacks." in told


@pytest.mark.slow
def test_a_shipped_lab_named_as_a_rubric_is_compared_too(tmp_path: Path) -> None:
    done = grader("demo", "--rubric", "calculator", "--seed", "7", "--lang", "en", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    count = len(demo_of("calculator"))
    assert f"{count} of {count} as expected." in done.stdout


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ("demo", "--lab", "calculator", "--checks", "own"),
            "--checks: The rubric of a shipped lab asks for none of these checks. Give --rubric FILE"
            " instead of --lab.",
        ),
        (
            ("demo", "--checks", "own"),
            "--checks: No rubric is given that could ask for these checks. Give --rubric, too.",
        ),
        (
            ("demo", "--lab", "calculator", "--rubric", "mine.yaml"),
            "--rubric: One of --lab and --rubric at a time.",
        ),
        (
            ("sandbox", "--rubric", "mine.yaml"),
            "--rubric: A rubric names what a submission is deployed as, and none is deployed. Give"
            " --deploy reference, too.",
        ),
        (("sandbox", "--deploy", ""), "--deploy: There is no submission “”. Known: reference,"),
        (
            ("demo", "--rubric", "calculater"),
            "--rubric: There is no file and no shipped lab called “calculater”.",
        ),
    ],
)
def test_options_that_do_not_go_together_say_which_do(
    tmp_path: Path, given: tuple[str, ...], said: str
) -> None:
    done = grader_here(*given, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())
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
