"""When pages are written, with which rights, and what becomes of them when something is amiss."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from grader.cli import run
from grader.results.directory import PAGE, Results
from grader.rubric.load import default_rubric_path
from tests.class_rosters import roster
from tests.observing import hand_in
from tests.pages.classes_shown import DEMO, failing, report, written
from tests.pages.reading import every_page, page
from tests.programs import grader_here

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def batched(aws_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``grader batch`` left of a right student, one with too much memory, and one out of reach."""
    folder = tmp_path_factory.mktemp("batched")
    right, memory = aws_sandbox.new_account(), aws_sandbox.new_account()
    hand_in(aws_sandbox, right)
    hand_in(aws_sandbox, memory, memory_mb=256)
    rows = (f"s1,Ann,,{right}", f"s2,Bo,,{memory}", "s3,Cleo,,-")
    done = grader_here("batch", roster(folder, aws_sandbox, *rows), cwd=folder)
    assert done.returncode == 3, done.stderr
    return folder


@pytest.fixture
def folder(batched: Path, tmp_path: Path) -> Path:
    shutil.copytree(batched / "results", tmp_path / "results")
    return tmp_path


def test_a_batch_leaves_a_page_for_the_class_and_for_each_student(batched: Path) -> None:
    paths = every_page(batched / "results")
    assert len(paths) == 4
    one = page(paths[0])
    assert "3 students · 2 graded · 1 not graded" in one.text
    assert "not finished" not in one.text
    assert "Time taken –" not in one.text
    assert "Expected 128 MB, found 256 MB." in page(paths[2]).text
    assert "You have no grade yet" in page(paths[3]).text


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_pages_are_readable_by_their_owner_only(batched: Path) -> None:
    for path in every_page(batched / "results"):
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_regrading_changes_the_pages_it_concerns(folder: Path) -> None:
    before = {path: path.read_bytes() for path in every_page(folder / "results")}
    rubric = folder / "new.yaml"
    text = default_rubric_path().read_text()
    rubric.write_text(text.replace("expect: 128 ", "expect: 256 "))
    done = grader_here("regrade", "results", "--rubric", rubric, cwd=folder)
    assert done.returncode == 3, done.stderr
    assert "Score: 20 / 20" in page(folder / "results/students/s2/index.html").text
    assert "Expected 256 MB" in page(folder / "results/students/s1/index.html").text
    changed = {path.parent.name for path, was in before.items() if path.read_bytes() != was}
    assert changed == {"results", "s1", "s2"}


def test_starting_over_leaves_no_page_of_an_earlier_batch(tmp_path: Path) -> None:
    root = written(tmp_path / "results", [report(1)])
    results = Results(root)
    aside = results.prepare_backup_folder()
    results.start_over(aside)
    assert not list(root.rglob(PAGE))
    assert aside is not None
    assert len(list(aside.rglob(PAGE))) == 2


def test_a_page_that_is_right_already_is_left_alone(tmp_path: Path) -> None:
    def stamps() -> dict[Path, tuple[int, int]]:
        return {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in every_page(root)}

    root = written(tmp_path / "results", [report(1), report(2)], failing())
    before = stamps()
    written(root, [report(1), report(2)], failing())
    assert stamps() == before


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_observation_costs_its_part_of_the_page_only(tmp_path: Path, data: bytes) -> None:
    root = written(tmp_path / "results", [report(1, ("failed",))])
    (root / "students/s0001/observation.json").write_bytes(data)
    from grader.pages.writing import write_pages
    from grader.scoring.summary import summarise
    from tests.observations import lab_rubric

    summary = summarise([report(1, ("failed",))], lab_rubric(), "en")
    write_pages(Results(root), [report(1, ("failed",))], summary, lang="en")
    text = page(root / "students/s0001/index.html").text
    assert "Look at function." in text
    assert "was not kept" in text


def test_export_makes_the_pages_of_what_there_is(tmp_path: Path) -> None:
    root = tmp_path / "results"
    shutil.copytree(DEMO, root)
    assert run(["export", str(root), "--to", "html", "--quiet"]) == 0
    assert len(every_page(root)) == 14
    first = (root / PAGE).read_bytes()
    assert run(["export", str(root), "--to", "html", "--lang", "fr", "--quiet"]) == 0
    assert page(root / PAGE).one("html").attributes["lang"] == "fr"
    assert (root / PAGE).read_bytes() != first


def test_export_makes_pages_elsewhere_that_need_nothing_of_the_results(tmp_path: Path) -> None:
    assert (
        run(["export", str(DEMO), "--to", "html", "--out", str(tmp_path / "web"), "--quiet"]) == 0
    )
    assert {path.name for path in (tmp_path / "web").rglob("*") if path.is_file()} == {PAGE}
    assert len(every_page(tmp_path / "web")) == 14


def test_export_of_a_damaged_folder_makes_the_pages_of_the_rest(tmp_path: Path) -> None:
    root = tmp_path / "results"
    shutil.copytree(DEMO, root)
    (root / "batch.json").write_text("{}")
    (root / "rubric.yaml").write_text("no rubric")
    (root / "students/reference/report.json").write_text("[")
    assert run(["export", str(root), "--to", "html", "--quiet"]) == 3
    assert len(every_page(root)) == 13
    text = page(root / PAGE).text
    assert "12 students" in text
    assert "How this was graded" not in text


def test_pages_have_no_other_scale(tmp_path: Path) -> None:
    made = ["--to", "html", "--scale", "100", "--out", str(tmp_path / "web"), "--quiet"]
    assert run(["export", str(DEMO), *made]) == 2
    assert not (tmp_path / "web").exists()
