"""Forgetting a student: nothing is left in any byte, and what others have is as it was."""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader import cli
from grader.batch import forget as forgetting
from grader.inputs.bounded_read import MOST_BYTES_OF_CLASS
from grader.model.batch import KnownWay
from grader.model.fact import Found
from grader.model.observation import Identity
from grader.model.report import read_report
from grader.pages.writing import write_pages
from grader.results import atomic_write
from grader.results.directory import Results
from grader.results.read_class import read_class
from tests.export.results_folders import RUBRIC, a_graded_class, a_report, a_student
from tests.observations import reference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.model.batch import Student
    from grader.model.observation import Observation

HERS, SHARED, CYS = "222222222222", "777777777777", "333333333333"
TELLING = ("bo.ray7", "Bo Ray", "Ray, Bo", "Bo_Ray", "bo@example.org", HERS, "user-bo")


def student(student_id: str, name: str, email: str, account: str, **changes: Any) -> Student:
    user = f"user-{email.partition('@')[0]}"
    number = f"410{len(student_id)}"
    extra = {"lti_user_id": user, "sis_user_id": user, "moodle_participant": number}
    made = a_student(student_id, name, email, **extra)
    return msgspec.structs.replace(made, account_id=account, **changes)


ANN = student("ann", "Ann Lee", "ann@example.org", SHARED, group="bo.ray7+ann")
BO = student("bo.ray7", "Bo Ray", "bo@example.org", HERS, group="bo.ray7+ann")
CY = student("cyd7", "Cy Bo Day", "cy@example.org", CYS)


def seen(account: str, user: str) -> Observation:
    arn = f"arn:aws:sts::{account}:assumed-role/voclabs/user17={user}"
    return reference(identity=Found(Identity(account, arn)))


def a_class(root: Path) -> Path:
    """A pair of which one handed in another account too, and one alone; all that is made of it."""
    cy = msgspec.structs.replace(
        CY, extra=CY.extra | {"partner": f"Bo Ray, {HERS}", "reviews": "bo.ray7"}
    )
    class_ = {ANN: 20.0, BO: 20.0, cy: 17.5}
    a_graded_class(
        root,
        class_,
        judging_failed=["ann", "bo.ray7"],
        ways={
            name: KnownWay("12345678", account)
            for name, account in (("ann", SHARED), ("bo.ray7", HERS))
        },
    )
    results = Results(root)
    for one, user in ((ANN, "Bo_Ray"), (BO, "bo@example.org"), (cy, "Cy")):
        account = SHARED if one.group else CYS
        report = a_report(one, class_[one], account_id=account, rubric_sha256=RUBRIC.sha256)
        others = [seen(HERS, "Bo_Ray")] if one is BO else []
        results.write_student(report, seen(account, user), others)
    history = root / "students/bo.ray7/history"
    history.mkdir()
    (history / "001.json").write_bytes((root / "students/bo.ray7/report.json").read_bytes())
    known = [one.result for one in results.each_stored(class_) if one.result]
    summary = results.write_class(known, RUBRIC, list(class_), "en")
    write_pages(results, [one.report for one in known], summary, RUBRIC, lang="en")
    formats = ("csv", "moodle", "lti", "gradescope", "junit", "xlsx", "moodle-feedback")
    chosen = [word for to in formats for word in ("--to", to)]
    assert cli.run(["export", str(root), *chosen, "--to", "canvas", "--assignment", "L (1)"]) == 0
    pushed = {"schema": "lti-pushed/1", "line_item": "https://lms.example.org/1", "accepted": True}
    pushed |= {"score_given": 1, "score_maximum": 20, "comment_sha256": "", "timestamp": "2024"}
    lines = [json.dumps(pushed | {"user_id": f"user-{name}"}) for name in ("ann", "bo", "cy")]
    (root / "lti-pushed.ndjson").write_text("".join(f"{line}\n" for line in lines))
    (root / "overrides.csv").write_text(
        "student_id;criterion;points;why;by;at\n"
        "bo.ray7;bonus;1,5;oral;Me;2024-05-01T10:00:00Z\n"
        f"cyd7;bonus;1,5;helped Bo Ray in {HERS};Me;2024-05-01T10:00:00Z\n"
    )
    desk = {
        "schema": "desk/1",
        "links": {"ann": "aa", "bo.ray7": "bb", "cyd7": "cc"},
        "accounts": {HERS: "bo.ray7", SHARED: "ann", CYS: "cyd7"},
        "released": {HERS: ["bo.ray7"], CYS: ["ann", "bo.ray7"]},
        "claims": [{"student_id": "bo.ray7", "account_id": CYS, "at": "2024"}],
    }
    (root / "desk.json").write_text(json.dumps(desk))
    return root


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The class, and what was put aside when it was graded anew, twice."""
    place = tmp_path_factory.mktemp("made")
    root = a_class(place / "results")
    for time in ("20241128T120000Z", "20241129T120000Z"):
        shutil.copytree(root, place / f"results.before-{time}")
    return place


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "class")
    return tmp_path / "class/results"


def every_file(root: Path) -> Iterator[Path]:
    return (path for path in root.parent.rglob("*") if path.is_file())


def naming(root: Path, *texts: str) -> dict[str, set[str]]:
    """The files in which, or in whose name, one of the texts stands in any case."""
    found: dict[str, set[str]] = {}
    for path in every_file(root):
        here = (
            path.read_bytes().lower() + b"\n" + str(path.relative_to(root.parent)).lower().encode()
        )
        for text in texts:
            if text.lower().encode() in here:
                found.setdefault(str(path.relative_to(root.parent)), set()).add(text)
    return found


def forget(root: Path, named: str = "bo.ray7", *more: str) -> int:
    return cli.run(["forget", str(root), named, *more])


def test_the_class_of_these_tests_names_the_student_everywhere(root: Path) -> None:
    named = naming(root, *TELLING)
    for name in ("batch.json", "summary.json", "grades.csv", "index.html", "overrides.csv"):
        assert f"results/{name}" in named
    for name in (
        "desk.json",
        "lti-pushed.ndjson",
        "handed-back.json",
        "exports/lti/scores.ndjson",
        "exports/junit.xml",
    ):
        assert f"results/{name}" in named
    for name in ("ann/observation.json", "ann/report.json", "bo.ray7/history/001.json"):
        assert f"results.before-20241128T120000Z/students/{name}" in named


@pytest.mark.parametrize("named", ["bo.ray7", "bo ray", "BO@example.org"])
def test_nothing_is_left_in_any_byte_of_any_file(root: Path, named: str) -> None:
    assert forget(root, named) == 0
    assert naming(root, *TELLING) == {}
    assert not [*root.parent.rglob("*bo.ray7*")]
    assert {path.suffix for path in every_file(root)} & {".zip", ".xlsx"} == set()


def test_what_others_have_stays(root: Path) -> None:
    before = {name: read_report(root / f"students/{name}/report.json") for name in ("ann", "cyd7")}
    assert forget(root) == 0
    for name, report in before.items():
        after = read_report(root / f"students/{name}/report.json")
        assert msgspec.structs.replace(after, group=report.group) == report
    observation = json.loads((root / "students/ann/observation.json").read_bytes())
    assert observation["identity"]["value"]["account_id"] == SHARED
    assert "Cy Bo Day" in (root / "index.html").read_text()
    assert (root / "exports/lti/user-ann.json").exists() or (root / "exports/lti/ann.json").exists()
    assert (root / "exports/gradescope/cyd7/results.json").exists()
    assert len((root / "lti-pushed.ndjson").read_text().splitlines()) == 2
    assert len((root / "exports/lti/scores.ndjson").read_text().splitlines()) == 2
    for folder in root.parent.iterdir():
        handed_back = json.loads((folder / "handed-back.json").read_bytes())
        scores = {name: mark["score"] for name, mark in handed_back["students"].items()}
        assert scores == {"ann": 20, "cyd7": 17.5}
    assert "No mark is new or changed since." in (root / "index.html").read_text()
    desk = json.loads((root / "desk.json").read_bytes())
    assert (desk["links"], desk["claims"]) == ({"ann": "aa", "cyd7": "cc"}, [])
    assert desk["accounts"] == {SHARED: "ann", CYS: "cyd7"}
    assert desk["released"] == {CYS: ["ann"]}
    overrides = (root / "overrides.csv").read_text().splitlines()
    assert overrides[1:] == ["cyd7;bonus;1,5;helped (removed) in (removed);Me;2024-05-01T10:00:00Z"]


@pytest.mark.slow
def test_what_is_left_is_a_class_that_goes_on(root: Path) -> None:
    assert forget(root) == 0
    for folder in sorted(root.parent.iterdir()):
        read = read_class(folder)
        assert read.problems == ()
        assert [row.student_id for row in read.rows] == ["ann", "cyd7"]
        batch = Results(folder).batch()
        assert (batch.counts.students, batch.counts.graded) == (2, 2)
        summary = json.loads((folder / "summary.json").read_bytes())
        assert (summary["students"], summary["mean"]) == (2, 18.75)
    assert cli.run(["regrade", str(root)]) == 0
    assert cli.run(["export", str(root), "--to", "xlsx", "--force"]) == 0
    assert naming(root, *TELLING) == {}


def test_it_says_what_stays_what_went_and_that_the_roster_has_the_row(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forget(root)
    said = capsys.readouterr().err
    assert "Removed what was kept of bo.ray7 (Bo Ray): " in said
    assert said.count("results.before-2024112") >= 2
    assert f"Others of the class have it too, so it stays: {SHARED}." in said
    assert HERS not in said
    assert "exports/moodle-feedback.zip" in said
    assert "The roster still has the row." in said


def test_a_look_removes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in every_file(root)}
    assert forget(root, "bo.ray7", "--dry-run") == 0
    assert "It would remove what is kept of bo.ray7 (Bo Ray)" in capsys.readouterr().err
    there = {path: path.read_bytes() for path in every_file(root)}
    assert {**before, root / ".lock": b""} == {**there, root / ".lock": b""}


@pytest.mark.slow
def test_interrupted_anywhere_it_can_be_given_again(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every write and every removal fails once, as where the disk is full or the machine goes off."""

    class Off(BaseException):
        pass

    left = 0

    def counted(*_arguments: object, **_more: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Off

    def stepping(of: Any, name: str) -> None:
        real = getattr(of, name)

        def step(*arguments: Any, **more: Any) -> Any:
            counted()
            return real(*arguments, **more)

        monkeypatch.setattr(of, name, step)

    left = 10_000
    stepping(atomic_write, "_replace")
    stepping(os, "unlink")
    stepping(os, "rmdir")
    ended = False
    for steps in range(0, 200, 3):
        root = tmp_path / f"{steps}/class/results"
        shutil.copytree(made, root.parent)
        left = steps
        try:
            forgetting.forget_student(root, "bo.ray7")
            ended = True
        except Off:
            left = 10_000
            forgetting.forget_student(root, "bo.ray7")
        assert naming(root, *TELLING) == {}, steps
        left = 10_000
        shutil.rmtree(root.parent)
        if ended:
            break
    assert ended


def test_a_namesake_and_a_shared_account_stay_theirs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    namesake = student("other", "Bo Ray", "other@example.org", HERS)
    root = a_graded_class(tmp_path / "results", {BO: 20, namesake: 10})
    assert forget(root, "Bo Ray") == 2
    assert "is several students: bo.ray7, other." in capsys.readouterr().err
    assert forget(root, "bo.ray7") == 0
    assert naming(root, "bo.ray7", "bo@example.org") == {}
    assert read_report(root / "students/other/report.json").name == "Bo Ray"
    said = capsys.readouterr().err
    assert "it stays: Bo Ray." in said
    assert f"it stays: {HERS}." in said


def test_an_id_of_digits_is_not_taken_out_of_sums(tmp_path: Path) -> None:
    twenty = a_student("20", "Max", "max@example.org")
    root = a_graded_class(tmp_path / "results", {twenty: 20, ANN: 20})
    Results(root).write_report(a_report(ANN, 20, max_score=20.0))
    before = (root / "students/ann/report.json").read_bytes()
    assert forget(root, "20") == 0
    assert (root / "students/ann/report.json").read_bytes() == before
    assert not (root / "students/20").exists()


def test_who_is_nobody_is_bad_input_and_nothing_goes(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {*every_file(root)}
    assert forget(root, "bo.ray8") == 2
    assert "Did you mean 'bo.ray7'?" in capsys.readouterr().err
    assert before - {*every_file(root)} == set()
    assert forget(root.parent / "nowhere") == 2
    assert not (root.parent / "nowhere").exists()


@pytest.mark.parametrize("name", ["batch.json", "overrides.csv", "handed-back.json", "desk.json"])
def test_what_cannot_be_read_is_named_before_anything_goes(
    root: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = root.parent / "results.before-20241128T120000Z" / name
    damaged.write_bytes(b'{"\xff')
    before = {path: path.read_bytes() for path in every_file(root)}
    assert forget(root) == 2
    assert f"results.before-20241128T120000Z/{name}" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in before} == before


def test_a_damaged_report_of_another_costs_the_class_page_alone(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "students/cyd7/report.json").write_text('{"name": "Bo Ray"')
    assert forget(root) == 0
    assert naming(root, *TELLING) == {}
    assert not (root / "summary.json").exists()
    assert "students/cyd7/report.json" in capsys.readouterr().err


def test_what_the_grader_did_not_write_is_named_and_left(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "notes.txt").write_text("Bo Ray came late.\n")
    (root / "plan.txt").write_text("Nothing of anybody.\n")
    assert forget(root) == 3
    said = capsys.readouterr().err
    assert "notes.txt" in said
    assert "plan.txt" not in said
    assert naming(root, *TELLING) == {"results/notes.txt": {"Bo Ray"}}


def test_what_is_too_large_to_be_searched_is_named_or_a_removed_export(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("recording.bin", "exports/large.csv"):
        (root / name).touch()
        os.truncate(root / name, MOST_BYTES_OF_CLASS + 1)
    assert forget(root) == 3
    assert "recording.bin" in capsys.readouterr().err
    assert not (root / "exports/large.csv").exists()


def test_a_grader_at_work_is_not_disturbed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Results(root).locked():
        assert forget(root) == 2
    said = capsys.readouterr().err
    assert "Another grader is at work in this folder. Wait for its end; a desk is ended" in said
    assert "--out" not in said
    assert (root / "students/bo.ray7/report.json").exists()


def test_the_last_student_of_a_class_can_be_forgotten(tmp_path: Path) -> None:
    root = a_class(tmp_path / "results")
    for name in ("bo.ray7", "ann", "cyd7"):
        assert forget(root, name) == 0
    assert Results(root).batch().students == []
    assert not [*(root / "students").iterdir()]
    assert not re.search("Ann Lee|Cy Bo Day", (root / "index.html").read_text())


@pytest.mark.parametrize("written", ["bo.ray7", "Bo.Ray7", " BO.RAY7 "])
def test_a_mark_goes_however_its_id_is_written(root: Path, written: str) -> None:
    path = root / "overrides.csv"
    path.write_text(path.read_text().replace("\nbo.ray7;", f"\n{written};"))
    assert cli.run(["export", str(root), "--to", "csv", "--force"]) == 0
    assert forget(root) == 0
    assert naming(root, *TELLING) == {}
    assert cli.run(["export", str(root), "--to", "csv", "--force"]) == 0


def test_a_mark_goes_whose_id_a_spreadsheet_would_calculate(tmp_path: Path) -> None:
    odd = a_student("-7", "Max")
    root = a_graded_class(tmp_path / "results", {odd: 20, ANN: 20})
    why = ["--why", "Oral."]
    assert cli.run(["override", str(root), "Max", "bonus", "1", *why]) == 0
    (root / "overrides.csv").write_text((root / "overrides.csv").read_text().replace("-7,", "'-7,"))
    assert cli.run(["forget", str(root), "Max"]) == 0
    assert cli.run(["export", str(root), "--to", "csv"]) == 0
