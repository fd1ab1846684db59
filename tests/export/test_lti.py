"""Score files: a changed score is later than the one before, and nothing is left of who is gone."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from grader import cli
from grader.results.directory import Results
from tests.export import importers
from tests.export.results_folders import ANN, BO, CY, a_graded_class, a_report, a_student

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_graded_class(tmp_path / "results")


def exported(root: Path, *more: str, out: str = "scores") -> dict[str, dict[str, Any]]:
    """The scores in the folder after an export into it, by their files' names."""
    folder = root.parent / out
    arguments = ["export", str(root), "--to", "lti", "--out", str(folder), "--force"]
    assert cli.run([*arguments, *more]) == 0
    importers.lti(folder)
    return {path.name: json.loads(path.read_bytes()) for path in folder.glob("*.json")}


def time_of(score: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(score["timestamp"])


def test_a_score_that_changed_is_later_and_the_others_keep_their_time(root: Path) -> None:
    before = exported(root)
    Results(root).write_report(a_report(ANN, 16))
    after = exported(root)
    assert after["s1.json"]["scoreGiven"] == 16
    assert time_of(after["s1.json"]) > time_of(before["s1.json"])
    assert after["s2.json"] == before["s2.json"]


def test_an_export_made_again_is_the_same_to_the_byte(root: Path) -> None:
    exported(root)
    folder = root.parent / "scores"
    before = {path: path.read_bytes() for path in folder.iterdir()}
    exported(root)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("more", [("--scale", "100"), ("--lang", "fr")])
def test_what_is_said_otherwise_is_later_too(root: Path, more: tuple[str, str]) -> None:
    before = exported(root)
    after = exported(root, *more)
    assert all(time_of(after[name]) > time_of(score) for name, score in before.items())


def test_a_time_of_a_clock_that_ran_ahead_is_still_exceeded(root: Path) -> None:
    path = root.parent / "scores" / "s1.json"
    exported(root)
    score = json.loads(path.read_bytes()) | {"timestamp": "2999-01-01T00:00:00.000Z"}
    path.write_text(json.dumps(score))
    Results(root).write_report(a_report(ANN, 16))
    assert exported(root)["s1.json"]["timestamp"] == "2999-01-01T00:00:00.001Z"


def test_a_score_judged_anew_is_later_wherever_it_is_written(root: Path) -> None:
    before = exported(root)
    Results(root).write_report(a_report(ANN, 16))
    after = exported(root, out="elsewhere")
    assert time_of(after["s1.json"]) >= time_of(before["s1.json"])
    assert time_of(after["s1.json"]) > datetime.fromisoformat(a_report(ANN, 16).finished_at)


@pytest.mark.parametrize("damage", [b"", b"\xff", b"[" * 100_000, b'{"userId": "s1"}'])
def test_a_damaged_score_of_before_is_written_anew(root: Path, damage: bytes) -> None:
    exported(root)
    (root.parent / "scores" / "s1.json").write_bytes(damage)
    assert exported(root)["s1.json"]["scoreGiven"] == 17.5


def test_a_score_of_before_whose_time_is_none_is_written_anew(root: Path) -> None:
    path = root.parent / "scores" / "s1.json"
    score = exported(root)["s1.json"] | {"timestamp": "2024-13-41T00:00:00.000Z"}
    path.write_text(json.dumps(score))
    assert time_of(exported(root)["s1.json"]).tzinfo is not None


def test_who_is_not_in_the_class_any_more_is_not_in_the_folder(root: Path) -> None:
    exported(root)
    again = a_graded_class(root.parent / "again" / "results", {BO: 2.675, CY: None})
    folder = root.parent / "scores"
    arguments = ["export", str(again), "--to", "lti", "--out", str(folder)]
    assert cli.run(arguments) == 2
    assert (folder / "s1.json").is_file()
    assert cli.run([*arguments, "--force"]) == 0
    assert {path.name for path in folder.iterdir()} == {"s2.json", "scores.ndjson"}


@pytest.mark.parametrize("theirs", ["another tool's score", "ours, changed", "no score"])
def test_what_no_export_made_stays(root: Path, theirs: str) -> None:
    ours = exported(root)["s1.json"]
    kept = root.parent / "scores" / ("s1.json" if theirs == "ours, changed" else "s9.json")
    changes = {"another tool's score": {"userId": "s9"}, "ours, changed": {"scoreGiven": 1.0}}
    data = json.dumps(ours | changes[theirs]) if theirs in changes else "{}"
    kept.write_text(data)
    again = a_graded_class(root.parent / "again" / "results", {BO: 2.675})
    folder = str(root.parent / "scores")
    assert cli.run(["export", str(again), "--to", "lti", "--out", folder, "--force"]) == 0
    assert kept.read_text() == data


def test_users_are_told_by_their_own_column_and_by_nothing_else(tmp_path: Path, capsys) -> None:
    known = a_student("s1", "Ann", "ann@example.org", lti_user_id="u-77")
    students = {known: 20, a_student("s9", "Zoe", "zoe@example.org"): 3}
    root = a_graded_class(tmp_path / "results", students)
    assert cli.run(["export", str(root), "--to", "lti", "--out", str(tmp_path / "scores")]) == 3
    (line,) = (tmp_path / "scores/scores.ndjson").read_text().splitlines()
    assert json.loads(line)["userId"] == "u-77"
    assert "s9 is left out: the roster says no lti_user_id." in capsys.readouterr().err


def test_where_no_user_is_known_nothing_is_written_and_nothing_sent(tmp_path: Path, capsys) -> None:
    root = a_graded_class(tmp_path / "results", {a_student("s9", "Zoe", "zoe@example.org"): 3})
    push = ["push", "lti", str(root), "--line-item", "https://lms.example.org/1", "--dry-run"]
    for command in (["export", str(root), "--to", "lti"], push):
        assert cli.run(command) == 2
        assert "Add the column lti_user_id to the roster" in capsys.readouterr().err
    assert not (root / "exports").exists()
