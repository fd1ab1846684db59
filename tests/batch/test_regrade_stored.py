"""What regrading makes of each file that lies in the results: observations, reports, neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec import UNSET

from grader.batch.plan import plan
from grader.batch.regrade import CriterionChange, _only_adds, regrade
from grader.batch.run import ClassRun
from grader.batch.settings import Settings
from grader.batch.setup import load_setup
from grader.inputs.problems import BadInput
from grader.judging.worker_process import WorkerProcess
from grader.model.history import Former
from grader.model.machine_limit import WorkerDied
from grader.model.observation import encode_observation
from grader.model.report import read_report
from grader.observe.scope import scope_of
from grader.results.directory import Results
from grader.roster.load import load_roster
from grader.rubric.load import default_rubric_path
from grader.scoring.score import score
from tests.export.results_folders import (
    ANN,
    BO,
    CY,
    RUBRIC,
    a_graded_class,
    a_report,
    a_student,
)
from tests.observations import reference
from tests.programs import grader_here

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from msgspec import UnsetType

    from grader.batch.regrade import Regraded
    from grader.batch.setup import GradingSetup
    from grader.model.batch import Student
    from grader.model.observation import Observation
    from grader.model.report import Report
    from grader.rubric.rubric import Rubric


@pytest.fixture(scope="module")
def setup() -> Iterator[GradingSetup]:
    """The shipped rubric and its checks."""
    with load_setup(None, []) as found:
        yield found


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Ann was seen, Bo has a report alone, Cy has nothing."""
    found = Results(a_graded_class(tmp_path / "results", {ANN: 18, BO: 12}))
    found.write_student(a_report(ANN, 18), reference())
    students = [*found.batch().students, CY]
    found.write_batch(msgspec.structs.replace(found.batch(), students=students))
    return found


def again(results: Results, setup: GradingSetup, rubric: Any = None) -> Regraded:
    given = setup if rubric is None else msgspec.structs.replace(setup, rubric=rubric)
    return regrade(results, given, lang="en")


def history(results: Results, student: str) -> list[Former]:
    paths = sorted(results.folder(student).glob("history/*.json"))
    return [msgspec.json.decode(path.read_bytes(), type=Former) for path in paths]


def test_a_report_alone_stays_and_is_named_and_who_has_nothing_is_left_out(
    results: Results, setup: GradingSetup
) -> None:
    done = again(results, setup)
    assert [report.student_id for report in done.reports] == ["s1", "s2"]
    assert [change.after.student_id for change in done.changes] == ["s1"]
    assert done.skipped == ["s2"]
    assert [one.student_id for one in done.missing] == ["s3"]
    assert done.reports[1] == a_report(BO, 12)
    assert [one.student_id for one in done.summary.scores] == ["s1", "s2"]


def test_that_a_check_only_looks_is_new_in_a_report_and_no_change_of_it() -> None:
    before = a_report(BO, 12)
    criteria = tuple(msgspec.structs.replace(one, only_looks=True) for one in before.criteria)
    assert before.criteria
    assert _only_adds(before, msgspec.structs.replace(before, criteria=criteria))


def test_no_more_observations_are_judged_together_than_a_session_takes(
    tmp_path: Path, setup: GradingSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group's student has several: they are judged together, and counted one by one."""
    students = [a_student(f"s{number}") for number in range(8)]
    folder = Results(a_graded_class(tmp_path / "class", dict.fromkeys(students, 18)))
    others = [reference(started_at=f"2024-05-01T10:00:0{n}.000Z") for n in (1, 2)]
    for student in students[:7]:
        folder.write_student(a_report(student, 18), reference(), others)
    together: list[int] = []
    submit = setup.judge.submit

    def submitted(rubric: Rubric, observations: Sequence[Observation]) -> Any:
        together.append(len(observations))
        return submit(rubric, observations)

    monkeypatch.setattr(setup.judge, "submit", submitted)
    for most, expected in ((4, [3] * 7), (7, [6, 6, 6, 3]), (1, [*[3] * 7, 0])):
        monkeypatch.setattr("grader.judging.pool.AT_A_TIME", most)
        monkeypatch.setattr(setup.judge, "workers", 1)
        together.clear()
        done = regrade(folder, setup, lang="en", dry_run=True)
        assert (together, len(done.reports)) == (expected, 8)


DAMAGED_ACCOUNT = "students/s3/accounts/111111111111.json"


@pytest.mark.parametrize("damaged", ["students/s1/report.json", DAMAGED_ACCOUNT])
@pytest.mark.parametrize("override", ["", "s1,gone,2,Because,,\n"])
def test_a_damaged_file_is_named_whatever_else_is_wrong(
    results: Results, setup: GradingSetup, damaged: str, override: str
) -> None:
    """A report whose criteria cannot be read could be the one that had the criterion of a mark."""
    path = results.root / damaged
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{")
    marks = f"student_id,criterion,points,why,by,at\n{override}"
    (results.root / "overrides.csv").write_text(marks)
    with pytest.raises(BadInput, match=damaged):
        again(results, setup)


def test_what_a_killed_grader_left_of_an_account_alone_is_left_out(
    results: Results, setup: GradingSetup
) -> None:
    """A group's other accounts are written first; nothing says yet what counts."""
    results.write_student(a_report(CY, 18), reference(), [reference(started_at="later")])
    for left in ("report.json", "observation.json"):
        (results.folder(CY.student_id) / left).unlink()
    assert [report.student_id for report in again(results, setup).reports] == ["s1", "s2"]


def test_what_did_not_change_is_neither_written_nor_told(
    results: Results, setup: GradingSetup
) -> None:
    again(results, setup)
    (former,) = history(results, "s1")
    assert (former.why, former.report) == ("regrade", a_report(ANN, 18))
    batch = results.raw_batch
    assert again(results, setup).changes == []
    assert len(history(results, "s1")) == 1
    assert results.raw_batch == batch


def test_an_observation_that_was_not_judged_yet_is_a_change_from_nothing(
    results: Results, setup: GradingSetup
) -> None:
    (results.folder("s1") / "report.json").unlink()
    (change,) = again(results, setup).changes
    assert change.before is None
    assert {moved.before for moved in change.moved} == {None}
    assert [moved.id for moved in change.moved] == [one.id for one in RUBRIC.criteria]
    assert history(results, "s1") == []


def test_a_change_of_words_alone_is_written_and_not_told(
    results: Results, setup: GradingSetup
) -> None:
    first = again(results, setup).reports[0]
    one, *others = first.criteria
    reworded = (msgspec.structs.replace(one, message="Well done."), *others)
    results.write_report(msgspec.structs.replace(first, criteria=reworded))
    assert again(results, setup).changes == []
    assert read_report(results.folder("s1") / "report.json") == first
    assert history(results, "s1")[-1].report.criteria[0].message == "Well done."


def test_each_criterion_that_came_went_or_came_to_something_else_has_moved_once(
    results: Results, setup: GradingSetup
) -> None:
    now = again(results, setup).reports[0]
    new = {one.id: one for one in now.criteria}
    weight = msgspec.structs.replace(new["memory"], id="weight")
    timeout = msgspec.structs.replace(new["timeout"], status="failed", points=0, tests=())
    instead = {"memory": weight, "timeout": timeout}
    old = tuple(instead.get(one.id, one) for one in now.criteria)
    score = (now.score or 0) - (new["timeout"].points or 0)
    before = msgspec.structs.replace(now, criteria=old, score=score, sure_points=score)
    results.write_report(before)
    (change,) = again(results, setup).changes
    assert change.moved == (
        CriterionChange("memory", None, new["memory"]),
        CriterionChange("timeout", timeout, new["timeout"]),
        CriterionChange("weight", weight, None),
    )


def test_what_the_class_was_judged_by_is_kept_where_it_is_another(
    results: Results, setup: GradingSetup
) -> None:
    again(results, setup)
    batch = results.batch()
    other = msgspec.structs.replace(RUBRIC, sha256="other", source="# other\n")
    done = regrade(
        results, type(setup)(other, setup.judge, setup.checks, ("own",), "own"), lang="fr"
    )
    assert {report.rubric_sha256 for report in done.reports} == {"other", RUBRIC.sha256}
    assert results.batch() == msgspec.structs.replace(
        batch, rubric_sha256="other", checks_sha256="own", checks=["own"], lang="fr"
    )
    assert (results.root / "rubric.yaml").read_text() == "# other\n"


def too_much() -> bytes:
    """An observation with a number that no worker can be told."""
    return encode_observation(reference()).replace(b'"memory_mb": 128', b'"memory_mb": %d' % 10**30)


def odd_class(folder: Path, odd: Sequence[int], students: int = 3) -> Results:
    """A class whose students ``s1`` to ``s3`` have 18 points; what was seen of the ``odd`` cannot be
    judged."""
    everybody = [a_student(f"s{number}") for number in range(1, students + 1)]
    made = Results(a_graded_class(folder, dict.fromkeys(everybody, 18)))
    for number, student in enumerate(everybody, 1):
        made.write_student(a_report(student, 18), reference())
        if number in odd:
            (made.folder(student.student_id) / "observation.json").write_bytes(too_much())
    return made


@pytest.mark.parametrize("at_a_time", [1, 2, 200])
@pytest.mark.parametrize("odd", [[1], [3], [1, 2, 3]])
def test_what_cannot_be_judged_keeps_its_report_and_everybody_else_is_judged(
    tmp_path: Path,
    setup: GradingSetup,
    monkeypatch: pytest.MonkeyPatch,
    odd: list[int],
    at_a_time: int,
) -> None:
    monkeypatch.setattr("grader.judging.pool.AT_A_TIME", at_a_time)
    results = odd_class(tmp_path / "class", odd)
    before = (results.folder(f"s{odd[0]}") / "report.json").read_bytes()
    done = again(results, setup)
    assert [report.student_id for report in done.not_again] == [f"s{number}" for number in odd]
    assert {report.status for report in done.not_again} == {"ungraded"}
    assert "The grader failed: OverflowError" in done.not_again[0].criteria[0].message
    stays = [report == a_report(a_student(report.student_id), 18) for report in done.reports]
    assert stays == [number in odd for number in (1, 2, 3)]
    assert (results.folder(f"s{odd[0]}") / "report.json").read_bytes() == before


def test_what_cannot_be_scored_keeps_its_report_and_everybody_else_is_scored(
    tmp_path: Path, setup: GradingSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_for_one(student: Student, *given: Any, **named: Any) -> Report:
        if student.student_id == "s2":
            raise ValueError("out of bounds")
        return score(student, *given, **named)

    monkeypatch.setattr("grader.batch.score_or_fault.score", fails_for_one)
    results = odd_class(tmp_path / "class", [])
    done = again(results, setup)
    (failed,) = done.not_again
    assert failed.student_id == "s2"
    assert failed.criteria[0].message == "The grader failed: ValueError: out of bounds"
    stays = [report == a_report(a_student(report.student_id), 18) for report in done.reports]
    assert stays == [False, True, False]


def test_what_cannot_be_judged_and_has_no_report_is_ungraded(
    tmp_path: Path, setup: GradingSetup
) -> None:
    results = odd_class(tmp_path / "class", [1])
    (results.folder("s1") / "report.json").unlink()
    done = again(results, setup)
    assert done.not_again == ()
    assert done.reports[0].status == "ungraded"
    assert "The grader failed: OverflowError" in done.reports[0].criteria[0].message


@pytest.mark.parametrize(("counts", "stays"), [(True, True), (False, False)])
def test_of_a_groups_accounts_only_what_counts_and_cannot_be_judged_keeps_the_report(
    tmp_path: Path, setup: GradingSetup, counts: bool, stays: bool
) -> None:
    """No other account counts instead because the grader fails with the one that did."""
    results = odd_class(tmp_path / "class", [], students=1)
    results.write_student(
        a_report(a_student("s1"), 18), reference(), [reference(started_at="later")]
    )
    (other,) = results.folder("s1").glob("accounts/*.json")
    (results.folder("s1") / "observation.json" if counts else other).write_bytes(too_much())
    done = again(results, setup)
    assert [bool(done.not_again), done.reports[0].score == 18] == [stays, stays]


def gone_on_with(results: Results, setup: GradingSetup, *only: str) -> ClassRun:
    """The class gone on with; whoever is looked at again is not reached."""
    rows = [f"s{number},{'1' * 12},x,http://127.0.0.1:9" for number in (1, 2, 3)]
    path = results.root.parent / "class.csv"
    head = "student_id,aws_access_key_id,aws_secret_access_key,endpoint_url"
    path.write_text("\n".join([head, *rows]))
    students, settings = load_roster(path), Settings(seed=1)
    planned = plan(results, students, setup.rubric, settings, only=only, resume=True, force=True)
    assert [account.student_id for account in planned.todo] == [*only]
    run = ClassRun(setup, results, students, planned)
    run.run(lambda _graded: None)
    return run


@pytest.fixture
def interrupted(tmp_path: Path) -> Results:
    """An interrupted class of which ``s2`` cannot be judged."""
    results = odd_class(tmp_path / "class", [2])
    results.write_batch(msgspec.structs.replace(results.batch(), state="interrupted"))
    return results


def test_what_could_not_be_judged_is_tried_again_whenever_the_class_is_gone_on_with(
    interrupted: Results, setup: GradingSetup
) -> None:
    for _ in range(2):
        run = gone_on_with(interrupted, setup)
        assert [report.student_id for report in run.not_again] == ["s2"]
        as_before = [one == a_report(a_student(one.student_id), 18) for one in run.reports]
        assert as_before == [False, True, False]
        assert interrupted.batch().judging_failed == ["s2"]
    (interrupted.folder("s2") / "observation.json").write_bytes(encode_observation(reference()))
    assert gone_on_with(interrupted, setup).not_again == []
    assert interrupted.batch().judging_failed is msgspec.UNSET


def test_a_regrade_notes_whom_it_could_not_judge_until_it_can(
    tmp_path: Path, setup: GradingSetup
) -> None:
    results = odd_class(tmp_path / "class", [2])
    assert results.batch().judging_failed is msgspec.UNSET
    again(results, setup)
    assert results.batch().judging_failed == ["s2"]
    (results.folder("s2") / "observation.json").write_bytes(encode_observation(reference()))
    again(results, setup)
    assert results.batch().judging_failed is msgspec.UNSET


def test_whoever_could_not_be_judged_nor_looked_at_again_stays_noted(
    interrupted: Results, setup: GradingSetup
) -> None:
    run = gone_on_with(interrupted, setup, "s2")
    assert [report.student_id for report in run.not_again] == ["s2"]
    assert interrupted.batch().judging_failed == ["s2"]


def test_a_judge_that_dies_in_no_test_takes_nobodys_grade(
    tmp_path: Path, setup: GradingSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    results, call = odd_class(tmp_path / "class", []), WorkerProcess.call
    seen = results.folder("s2") / "observation.json"
    seen.write_bytes(encode_observation(reference(started_at="cursed")))

    def die(process: WorkerProcess, task: bytes) -> bytes:
        if b"cursed" in task:
            raise WorkerDied
        return call(process, task)

    monkeypatch.setattr(WorkerProcess, "call", die)
    monkeypatch.setattr(WorkerProcess, "last_step", lambda _process: None)
    done = again(results, setup)
    assert [report.student_id for report in done.not_again] == ["s2"]
    assert "its judge ended twice" in done.not_again[0].criteria[0].message
    assert [report.score == 18 for report in done.reports] == [False, True, False]
    monkeypatch.setattr(WorkerProcess, "call", lambda *_given: die(*_given[:1], b"cursed"))
    with pytest.raises(WorkerDied):
        again(results, setup)


def test_a_human_is_told_whose_report_stays_and_why(tmp_path: Path) -> None:
    odd_class(tmp_path / "results", [2])
    done = grader_here("regrade", "results", "--rubric", default_rubric_path(), cwd=tmp_path)
    assert done.returncode == 3
    assert "s2: The grader failed: OverflowError" in done.stderr
    assert "The report of s2 stays as it is." in done.stderr
    assert "grader batch ROSTER --out results --resume --only=s2" in done.stderr
    assert "Try again later" not in done.stderr  # the same would come of it
    assert (tmp_path / "results/students/s1/history/001.json").exists()


@pytest.mark.parametrize(
    ("students", "batches", "profiles", "seen", "judged"),
    [
        (None, None, UNSET, "us-east-1", True),
        (None, None, UNSET, "eu-west-3", False),
        (None, None, "eu-west-3", "eu-west-3", True),
        (None, None, "eu-west-3", "us-east-1", True),
        (None, "eu-west-3", UNSET, "eu-west-3", True),
        (None, "eu-west-3", UNSET, "us-east-1", False),
        (None, "eu-west-3", "us-west-2", "us-west-2", False),
        ("eu-west-3", "us-west-2", UNSET, "eu-west-3", True),
        ("eu-west-3", "us-west-2", UNSET, "us-west-2", False),
    ],
)
def test_the_region_to_be_in_is_the_students_else_the_batchs_the_labs_and_any_for_a_profile(
    results: Results,
    setup: GradingSetup,
    students: str | None,
    batches: str | None,
    profiles: str | UnsetType,
    seen: str,
    judged: bool,
) -> None:
    row = results.batch().students[0]
    ann = msgspec.structs.replace(row, region=students, profile_region=profiles)
    results.write_batch(msgspec.structs.replace(results.batch(), students=[ann], region=batches))
    results.write_student(a_report(ANN, 18), reference(region=seen, asked=scope_of(RUBRIC)))
    (report,) = again(results, setup).reports
    assert (report.status == "graded") is judged
