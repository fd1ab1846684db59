"""Grades that stand when a class is gone on with, and what is said of them."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader import __version__, cli
from grader.aws.clients import Clients
from grader.batch.plan import plan
from grader.batch.run import ClassRun
from grader.batch.settings import Settings
from grader.batch.setup import load_setup_and_roster
from grader.engines.threads import Threads
from grader.inputs.problems import BadInput
from grader.model.code_digest import grader_sha256
from grader.results.directory import Results
from grader.rubric.load import default_rubric_path
from tests.class_rosters import read_json, reports, roster
from tests.programs import grader, grader_here
from tests.wire_faults import Wire, rest

if TYPE_CHECKING:
    from pathlib import Path

    from grader.model.report import Report
    from grader.sandbox.server import Sandbox


def new_rubric(folder: Path) -> Path:
    path = folder / "new.yaml"
    path.write_text(default_rubric_path().read_text().replace("expect: 128", "expect: 256"))
    return path


@pytest.mark.slow
def test_who_could_not_be_graded_again_is_named_and_the_status_says_so(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}")
    grader_here("batch", path, cwd=tmp_path)
    roster(tmp_path, aws_sandbox, "s1,Ann,,-")
    done = grader_here("batch", path, "--only", "s1", "--force", "--quiet", cwd=tmp_path)
    assert (done.returncode, reports(tmp_path)["s1"].score) == (3, 20)
    assert "The earlier grade of s1 (Ann) stands." in done.stderr
    assert "This costs no points. Check the network" in done.stderr
    assert f"batch {path} --out results --resume --only=s1" in done.stderr


@pytest.mark.slow
def test_a_grade_that_stands_is_judged_by_the_new_rubric(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}")
    grader_here("batch", path, cwd=tmp_path)
    roster(tmp_path, aws_sandbox, "s1,Ann,,-")
    new = new_rubric(tmp_path)
    grader_here("batch", path, "--only", "s1", "--force", "--rubric", new, cwd=tmp_path)
    report = reports(tmp_path)["s1"]
    assert report.score == 19
    assert report.rubric_sha256 == read_json(tmp_path / "results/batch.json")["rubric_sha256"]


@pytest.mark.slow
def test_a_student_who_was_renamed_has_the_new_name_and_the_old_grade(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}")
    grader_here("batch", path, cwd=tmp_path)
    before = reports(tmp_path)["s1"]
    roster(tmp_path, aws_sandbox, f"s1,Anna,,{reference_account}")
    assert grader_here("batch", path, "--resume", "--force", cwd=tmp_path).returncode == 0
    assert reports(tmp_path)["s1"] == msgspec.structs.replace(before, name="Anna")
    assert "s1,Anna," in (tmp_path / "results/grades.csv").read_text()


@pytest.mark.slow
def test_a_lab_that_ended_takes_no_earlier_grade_away(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    """Identity still answers; everything else is denied by ``voc-cancel-cred``."""
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}")
    wire = Wire()
    denied = rest(403, "AccessDeniedException", "explicit deny in voc-cancel-cred")

    def run(**how: Any) -> ClassRun:
        with load_setup_and_roster(default_rubric_path(), None, path) as (setup, students):
            settings, results = Settings(seed=3), Results(tmp_path / "results")
            planned = plan(results, students, setup.rubric, settings, **how)
            engine = Threads(settings.jobs)
            engine._context.clients = Clients(wire.session)
            one = ClassRun(setup, results, students, planned, engine)
            one.run(lambda _: None)
            return one

    assert run().reports[0].score == 20
    wire.play("lambda.GetFunctionConfiguration", denied, always=True)
    again = run(only=["s1"])
    assert again.reports[0].score == 20
    assert [report.score for report in again.not_again] == [None]
    assert "voc-cancel-cred" in again.not_again[0].criteria[0].message


OWN_CHECK = """\
from grader.checks import check, same


@check("named", on="function")
def test_named(function):
    \"\"\"It is named.\"\"\"
    same(function.name, "first_lambda", hint="Name it.")
"""
OWN_CRITERION = """
  - id: named
    title: Named
    check: named
    on: sum
    points: 1
"""


@pytest.fixture
def setup(tmp_path: Path) -> Path:
    """A rubric with a check of its own beside it."""
    (tmp_path / "course/checks").mkdir(parents=True)
    (tmp_path / "course/checks/check_own.py").write_text(OWN_CHECK)
    path = tmp_path / "course/rubric.yaml"
    path.write_text(default_rubric_path().read_text() + OWN_CRITERION)
    return path


@pytest.mark.slow
def test_what_was_judged_with_checks_of_ones_own_can_be_gone_on_with(
    aws_sandbox: Sandbox, fresh_account: str, setup: Path, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{fresh_account}")
    grader_here("batch", path, cwd=tmp_path)
    assert grader_here("regrade", "results", "--rubric", setup, cwd=tmp_path).returncode == 0
    own = ("--checks", setup.parent / "checks")
    again = grader_here("regrade", "results", *own, cwd=tmp_path)
    assert (again.returncode, reports(tmp_path)["s1"].max_score) == (0, 21), again.stderr
    more = ("--resume", "--rubric", setup)
    assert grader_here("batch", path, *more, cwd=tmp_path).returncode == 0
    assert read_json(tmp_path / "results/batch.json")["checks"] == [str(setup.parent / "checks")]


@pytest.mark.slow
def test_checks_that_changed_are_named_and_then_applied_to_everyone(
    aws_sandbox: Sandbox, reference_account: str, setup: Path, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}")
    assert grader_here("batch", path, "--rubric", setup, cwd=tmp_path).returncode == 0
    own = setup.parent / "checks/check_own.py"
    own.write_text(OWN_CHECK.replace("first_lambda", "second_lambda"))
    refused = grader_here("batch", path, "--resume", "--checks", own.parent, cwd=tmp_path)
    assert (refused.returncode, reports(tmp_path)["s1"].score) == (2, 21)
    assert "The checks of your own changed since this batch was started." in refused.stderr
    grader_here("batch", path, "--resume", "--force", "--checks", own.parent, cwd=tmp_path)
    assert reports(tmp_path)["s1"].score == 20


@pytest.mark.slow
def test_checks_that_were_still_to_be_applied_when_a_run_was_killed_are_applied(
    aws_sandbox: Sandbox, reference_account: str, setup: Path, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}")
    grader_here("batch", path, "--rubric", setup, cwd=tmp_path)
    old = reports(tmp_path)["s1"]
    own = setup.parent / "checks/check_own.py"
    own.write_text(OWN_CHECK.replace("first_lambda", "second_lambda"))
    grader_here("batch", path, "--resume", "--force", "--checks", own.parent, cwd=tmp_path)
    # As the folder was when that run had begun, and had judged nobody yet.
    batch = tmp_path / "results/batch.json"
    batch.write_text(batch.read_text().replace('"state": "finished"', '"state": "running"'))
    Results(tmp_path / "results").write_report(old)
    assert (
        grader_here("batch", path, "--resume", "--checks", own.parent, cwd=tmp_path).returncode == 0
    )
    assert reports(tmp_path)["s1"].score == 20


@pytest.mark.slow
def test_a_class_that_is_gone_on_with_in_another_language_speaks_it_in_every_report(
    aws_sandbox: Sandbox, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{aws_sandbox.new_account()}", "s2,Bo,,-")
    grader_here("batch", path, cwd=tmp_path)
    before = reports(tmp_path)["s1"]
    assert grader_here("batch", path, "--resume", "--lang", "fr", cwd=tmp_path).returncode == 3
    after = reports(tmp_path)["s1"]
    assert read_json(tmp_path / "results/batch.json")["lang"] == "fr"
    assert "aucune fonction" in after.criteria[0].message
    assert (after.score, after.started_at) == (before.score, before.started_at)


def test_another_version_of_the_grader_is_named(tmp_path: Path, aws_sandbox: Sandbox) -> None:
    path = roster(tmp_path, aws_sandbox, "s1,Ann,,-")
    grader_here("batch", path, cwd=tmp_path)
    batch = tmp_path / "results/batch.json"
    batch.write_text(batch.read_text().replace('"grader_version": "', '"grader_version": "0.0.'))
    done = grader_here("batch", path, "--resume", cwd=tmp_path)
    assert done.returncode == 2
    assert "The grader's version changed since this batch was started: 0.0." in done.stderr


def graded_otherwise(folder: Path, **batch: str | None) -> tuple[Report, Report]:
    """The folder as other code left it: what it said of a student, and what ours says."""
    results, ours = Results(folder / "results"), reports(folder)["s1"]
    stored = read_json(results.root / "batch.json") | batch
    kept = {name: value for name, value in stored.items() if value is not None or name not in batch}
    (results.root / "batch.json").write_text(json.dumps(kept))
    criteria = tuple(
        criterion
        if criterion.id == "function"
        else msgspec.structs.replace(
            criterion,
            status="failed",
            points=0.0,
            tests=tuple(
                msgspec.structs.replace(test, outcome="failed") for test in criterion.tests
            ),
        )
        for criterion in ours.criteria
    )
    theirs = msgspec.structs.replace(ours, score=1.0, criteria=criteria)
    results.write_report(theirs)
    return theirs, ours


@pytest.mark.slow
@pytest.mark.parametrize("digest", ["0" * 64, None], ids=["other", "none, as 0.1.0 kept none"])
def test_what_other_code_graded_is_named_and_then_judged_again(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path, digest: str | None
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}")
    grader("batch", path, cwd=tmp_path)
    theirs, ours = graded_otherwise(tmp_path, grader_sha256=digest)
    refused = grader("batch", path, "--resume", cwd=tmp_path)
    assert (refused.returncode, reports(tmp_path)["s1"]) == (2, theirs)
    what = f"The grader's code changed since this batch was started: version {__version__} then and now."
    assert f"{what} Give --force to go on all the same" in " ".join(refused.stderr.split())
    assert grader("batch", path, "--resume", "--force", cwd=tmp_path).returncode == 0
    assert reports(tmp_path)["s1"] == ours
    assert read_json(tmp_path / "results/batch.json")["grader_sha256"] == grader_sha256()


@pytest.mark.slow
def test_what_was_still_to_be_judged_by_this_code_when_a_run_was_killed_is_judged(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}")
    grader("batch", path, cwd=tmp_path)
    _theirs, ours = graded_otherwise(tmp_path, state="running")
    assert grader("batch", path, "--resume", cwd=tmp_path).returncode == 0
    assert reports(tmp_path)["s1"] == ours


@pytest.mark.slow
def test_regrading_keeps_by_which_code_it_was(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}")
    grader("batch", path, cwd=tmp_path)
    _theirs, ours = graded_otherwise(tmp_path, grader_sha256="0" * 64)
    assert grader("regrade", "results", cwd=tmp_path).returncode == 0
    assert grader("batch", path, "--resume", cwd=tmp_path).returncode == 0
    assert reports(tmp_path)["s1"] == ours


@pytest.mark.slow
def test_a_full_disk_ends_the_batch_and_says_how_to_go_on(
    aws_sandbox: Sandbox, tmp_path: Path, monkeypatch, capsys
) -> None:
    names = [f"s{number}" for number in range(1, 7)]
    path = roster(tmp_path, aws_sandbox, *(f"{name},,,-" for name in names))
    full, writing = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), os.fsync

    def fsync(handle: int) -> None:
        if len(list(tmp_path.glob("results/students/*/report.json"))) == 2:
            raise full
        writing(handle)

    monkeypatch.setattr("grader.results.atomic_write.os.fsync", fsync)
    monkeypatch.chdir(tmp_path)
    assert cli.run(["batch", str(path), "--jobs", "1"]) == 3
    said = capsys.readouterr().err
    assert "The batch ended: results: No space left on device." in said
    assert "2 students are done and kept in results." in said
    # The third was not followed by others, whose files would have failed alike.
    assert "Not written" not in said
    assert f"Go on with: grader batch {path} --out results --resume" in said
    assert "Traceback" not in said
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    kept = {name: one.finished_at for name, one in reports(tmp_path).items()}
    assert len(kept) == 2
    cli.run(["batch", str(path), "--resume"])
    assert reports(tmp_path).keys() == {*names}


@pytest.mark.slow
def test_a_plan_that_another_grader_made_untrue_is_not_carried_out(
    aws_sandbox: Sandbox, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, "s1,Ann,,-")
    results = Results(tmp_path / "results")
    with load_setup_and_roster(default_rubric_path(), None, path) as (setup, students):
        planned = plan(results, students, setup.rubric, Settings(seed=3))
        assert grader("batch", path, cwd=tmp_path).returncode == 3
        before = read_json(tmp_path / "results/batch.json")
        with pytest.raises(BadInput, match="Another grader was at work"):
            ClassRun(setup, results, students, planned).run(lambda _: None)
    assert read_json(tmp_path / "results/batch.json") == before
