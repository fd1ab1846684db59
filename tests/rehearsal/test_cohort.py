"""What the grader itself is tried on: the whole cohort, deployed for real, graded as a class is."""

from __future__ import annotations

import json
import shutil
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest

from grader.batch.plan import plan
from grader.batch.regrade import regrade
from grader.batch.run import ClassRun
from grader.batch.settings import Settings
from grader.batch.setup import GradingSetup
from grader.model.observation import Observation
from grader.model.report import read_report
from grader.rehearsal.demo import differences
from grader.results.directory import OBSERVATION, REPORT, Results
from grader.roster.load import load_roster
from grader.rubric.load import default_rubric_path, load_rubric
from grader.sandbox.cohort import COHORT, deploy_all, write_cohort_roster
from grader.schemas import load
from tests.judges import Judge
from tests.student_messages import states_expected_and_found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.model.report import Report
    from grader.sandbox.server import Sandbox
    from grader.sandbox.submission import DemoSubmission
    from grader.scoring.suspicion import Suspicion


pytestmark = pytest.mark.slow  # the whole cohort; `grader demo` has half of it


CANARY = "canary-of-the-roster"


@dataclass
class Sat:
    """The exam as it was sat."""

    results: Results
    setup: GradingSetup
    accounts: dict[str, str]
    reports: dict[str, Report]
    suspicion: dict[str, list[Suspicion]]


@pytest.fixture(scope="module")
def exam(aws_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sat]:
    folder = tmp_path_factory.mktemp("exam")
    accounts = deploy_all(aws_sandbox, COHORT)
    path = write_cohort_roster(folder / "roster.csv", aws_sandbox, COHORT, accounts)
    # The sandbox takes any secret: this one must be found nowhere afterwards.
    path.write_text(
        path.read_text().replace(",test\n", f",{CANARY}\n").replace(",test\r", f",{CANARY}\r")
    )
    assert CANARY in path.read_text()
    rubric_path = folder / "rubric.yaml"
    source = default_rubric_path().read_text()
    rubric_path.write_text(source.replace("deadline_s: 120", "deadline_s: 30"))
    with Judge() as judge:
        checks = judge.collect()
        setup = GradingSetup(load_rubric(rubric_path, checks), judge, checks)
        assert setup.rubric.exchange.deadline_s == 30
        roster, results = load_roster(path), Results(folder / "results")
        planned = plan(results, roster, setup.rubric, Settings(seed=11))
        summary = ClassRun(setup, results, roster, planned).run(lambda _: None)
        reports = {s.name: read_report(results.folder(s.name) / REPORT) for s in COHORT}
        suspicion = {one.student_id: one.suspicion or [] for one in summary.scores}
        yield Sat(results, setup, accounts, reports, suspicion)


@pytest.mark.parametrize("submission", COHORT, ids=lambda s: s.name)
def test_a_submission_gets_exactly_its_result(exam: Sat, submission: DemoSubmission) -> None:
    report = exam.reports[submission.name]
    said = [(r.id, r.status, r.message) for r in report.criteria if r.status != "passed"]
    assert differences(submission, report, exam.suspicion.get(submission.name, ())) == [], said


@pytest.mark.parametrize("submission", COHORT, ids=lambda s: s.name)
def test_every_lost_point_says_what_was_expected_and_found_and_what_to_do(
    exam: Sat, submission: DemoSubmission
) -> None:
    for result in exam.reports[submission.name].criteria:
        if result.status in {"failed", "partial"}:
            assert states_expected_and_found(result.message), result.message
        if result.status in {"failed", "partial", "ungraded"}:
            assert result.message
            assert result.hint, result.message
        if result.status == "blocked":
            assert result.because, result.message


def test_a_blocked_criterion_names_the_root_cause(exam: Sat) -> None:
    because = {r.id: r.because for r in exam.reports["untouched"].criteria if r.status == "blocked"}
    assert because["memory"] == "function"
    assert because["sums"] == "function"
    assert because["mapping"] in {"function", "input-queue"}


@pytest.mark.parametrize("name", [OBSERVATION, REPORT])
def test_every_file_satisfies_the_schema_that_ships(exam: Sat, name: str) -> None:
    files = list(exam.results.root.glob(f"students/*/{name}"))
    assert len(files) == len(COHORT)
    validator = jsonschema.Draft202012Validator(load(name.removesuffix(".json")))
    for file in files:
        validator.validate(json.loads(file.read_bytes()))


@pytest.mark.parametrize("name", ["batch", "summary"])
def test_the_files_of_the_class_satisfy_their_schemas(exam: Sat, name: str) -> None:
    validator = jsonschema.Draft202012Validator(load(name))
    validator.validate(json.loads((exam.results.root / f"{name}.json").read_bytes()))


def test_no_secret_of_the_roster_is_anywhere_in_the_results(exam: Sat) -> None:
    for file in exam.results.root.rglob("*"):
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes(), file


def test_only_the_owner_can_read_the_results(exam: Sat) -> None:
    assert {f.stat().st_mode & 0o777 for f in exam.results.root.rglob("*.*") if f.is_file()} == {
        0o600
    }


def test_the_summary_counts_whom_it_has(exam: Sat) -> None:
    summary: dict[str, Any] = json.loads((exam.results.root / "summary.json").read_bytes())
    assert (summary["students"], summary["ungraded"]) == (
        len(COHORT),
        sum(s.points is None for s in COHORT),
    )
    scores = [s.points for s in COHORT if s.points is not None]
    assert summary["mean"] == pytest.approx(sum(scores) / len(scores), abs=1e-4)


def test_an_ungraded_student_has_an_empty_cell(exam: Sat) -> None:
    rows = (exam.results.root / "grades.csv").read_text().splitlines()
    (row,) = (row for row in rows if row.startswith("unreachable,"))
    assert ",ungraded,,20," in row


def test_regrading_gives_identical_files_without_a_network(
    exam: Sat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object) -> None:
        raise AssertionError("regrading asked the network")

    files = sorted(exam.results.root.glob("students/*/report.json"))
    before = [file.read_bytes() for file in files]
    monkeypatch.setattr(socket.socket, "connect", refuse)
    done = regrade(exam.results, exam.setup, lang="en")
    assert done.changes == []
    assert [file.read_bytes() for file in files] == before


def test_another_rubric_regrades_and_keeps_the_old_report(exam: Sat, tmp_path: Path) -> None:
    copy = tmp_path / "results"
    shutil.copytree(exam.results.root, copy)
    criteria = tuple(
        msgspec.structs.replace(c, expect=256) if c.id == "memory" else c
        for c in exam.setup.rubric.criteria
    )
    changed = msgspec.structs.replace(exam.setup.rubric, criteria=criteria, sha256="f" * 64)
    setup = GradingSetup(changed, exam.setup.judge, exam.setup.checks)
    done = regrade(Results(copy), setup, lang="en")
    moved = {
        change.after.student_id: (change.before and change.before.score, change.after.score)
        for change in done.changes
    }
    assert moved["memory-256"] == (19, 20)
    assert moved["reference"] == (20, 19)
    former = json.loads((copy / "students/reference/history/001.json").read_bytes())
    assert (former["why"], former["report"]["score"]) == ("regrade", 20)


def test_what_a_new_rubric_asks_and_nobody_looked_at_is_ungraded(exam: Sat) -> None:
    criteria = tuple(
        msgspec.structs.replace(c, expect={"colour": "blue"}) if c.id == "environment" else c
        for c in exam.setup.rubric.criteria
    )
    changed = msgspec.structs.replace(exam.setup.rubric, criteria=criteria)
    text = (exam.results.folder("reference") / OBSERVATION).read_bytes()
    seen = msgspec.json.decode(text, type=Observation)
    (outcomes,) = exam.setup.judge.submit(changed, [seen]).result()
    (outcome,) = (o for o in outcomes if o.criterion == "environment")
    assert (outcome.outcome, outcome.because) == ("ungraded", "not-observed")
