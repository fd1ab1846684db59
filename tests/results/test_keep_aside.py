"""What was there before a batch that starts over: put aside whole, whatever interrupts it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import msgspec
import pytest

from grader.inputs.problems import BadInput
from grader.results.directory import Results
from tests.export.results_folders import ANN, BO, a_graded_class

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def results(tmp_path: Path) -> Results:
    root = a_graded_class(tmp_path / "results", {ANN: 20, BO: 10})
    (root / "mine.txt").write_text("precious")
    (root / "exports").mkdir()
    (root / "lti-pushed.ndjson").write_text("")
    return Results(root)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def befores(results: Results) -> list[Path]:
    real = results.root.resolve()
    return sorted(real.parent.glob(f"{real.name}.before-*"))


def starting(results: Results) -> None:
    results.write_batch(msgspec.structs.replace(results.batch(), state="starting"))


def started_over(results: Results) -> Path:
    """As a batch does it: where things went."""
    aside = results.prepare_backup_folder()
    starting(results)
    results.start_over(aside)
    assert aside is not None
    return aside


def test_what_a_batch_wrote_goes_beside_and_what_is_not_its_own_stays(results: Results) -> None:
    before = files(results.root)
    aside = started_over(results)
    assert re.fullmatch(r"results\.before-\d{8}T\d{6}Z", aside.name)
    assert aside.parent == results.root.parent
    assert aside.stat().st_mode & 0o077 == 0
    theirs = {"mine.txt", "lti-pushed.ndjson"}
    assert files(aside) == {name: data for name, data in before.items() if name not in theirs}
    assert {path.name for path in results.root.iterdir()} == {
        *("batch.json", "mine.txt", "exports", "lti-pushed.ndjson"),
    }
    assert [one.report is not None for one in Results(aside).each_stored([ANN, BO])] == [True, True]


def test_each_time_has_a_folder_of_its_own(results: Results, tmp_path: Path) -> None:
    first = started_over(results)
    a_graded_class(tmp_path / "results", {ANN: 1})
    second = started_over(results)
    assert first != second
    assert sorted([first, second]) == befores(results)


@pytest.mark.parametrize("moved", [0, 1, 3])
def test_what_was_interrupted_is_gone_on_with_and_nothing_is_lost(
    results: Results, moved: int
) -> None:
    before = files(results.root)
    aside = results.prepare_backup_folder()
    assert aside is not None
    starting(results)
    for name in ("students", "rubric.yaml", "x")[:moved]:
        if (results.root / name).exists():
            (results.root / name).rename(aside / name)
    again = results.prepare_backup_folder()
    results.start_over(again)
    assert befores(results) == [aside]
    kept = files(aside)
    assert kept["batch.json"] == before["batch.json"]
    assert {name for name in kept if name.startswith("students")} == {
        name for name in before if name.startswith("students")
    }


def test_nothing_is_moved_through_a_link(results: Results, tmp_path: Path) -> None:
    somebodys = tmp_path / "somebodys"
    somebodys.mkdir()
    (somebodys / "batch.json").write_text("{}")
    (tmp_path / "results.before-99999999T999999Z").symlink_to(somebodys)
    aside = results.prepare_backup_folder()
    assert aside is not None
    starting(results)
    assert results.prepare_backup_folder() == aside
    results.start_over(aside)
    assert [path.name for path in somebodys.iterdir()] == ["batch.json"]


def test_where_nobody_was_graded_nothing_is_kept(tmp_path: Path) -> None:
    results = Results(a_graded_class(tmp_path / "results", {}))
    assert results.prepare_backup_folder() is None
    results.start_over(None)
    assert befores(results) == []
    assert not (results.root / "rubric.yaml").exists()


def test_beside_a_link_is_beside_the_folder_that_is_meant(results: Results, tmp_path: Path) -> None:
    elsewhere = tmp_path / "disk" / "class [1]"
    elsewhere.parent.mkdir()
    results.root.rename(elsewhere)
    results.root.symlink_to(elsewhere)
    aside = started_over(results)
    assert aside.parent == elsewhere.parent
    assert results.root.is_symlink()
    assert befores(Results(elsewhere)) == [aside] or aside.name.startswith("class [1].before-")


def test_a_place_where_nothing_can_be_kept_is_refused_before_anything_is_touched(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = results.root.resolve().parent
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != parent and real(path, mode))
    with pytest.raises(BadInput, match="cannot be written"):
        results.check_fresh(resume=False, force=True)
    results.check_fresh(resume=True, force=True)
