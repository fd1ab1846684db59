"""A desk that is started again, or beside another: what it prints to go on with, and what it keeps."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from grader.model.report import read_report
from tests.class_rosters import read_json
from tests.desk.desks import desk, roster
from tests.desk.test_desk import ROWS, end
from tests.programs import grader_here, read_to

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.parametrize("is_opened_again", [False, True])
def test_the_command_to_go_on_has_what_no_file_keeps(tmp_path: Path, is_opened_again: bool) -> None:
    later = datetime.now(UTC) + timedelta(days=2)
    soon = later.astimezone().isoformat(timespec="seconds")
    endpoint = "http://127.0.0.1:9"
    given = ["--endpoint-url", endpoint, "--keep", "last", "--until", soon]
    with desk(roster(tmp_path, ROWS), None, *given) as opened:
        if is_opened_again:  # for as long as the instructor likes
            assert opened.instructor().post("/board/open").status == 303
        status, said = end(opened)
    assert status == 0
    out = str(tmp_path / "results")
    line = ["grader", "desk", str(tmp_path / "class.csv"), "--out", out]
    line += ["--endpoint-url", endpoint, "--port", "0", "--keep", "last"]
    line += [] if is_opened_again else ["--until", soon]
    line += ["--confirm-silence", "0"]
    assert said.splitlines()[-1] == f"Go on with: {shlex.join(line)}"
    again = grader_here(*line[1:], "--release", "s99", cwd=tmp_path).stderr
    assert "There is no student 's99'" in again


def test_a_roster_whose_blocks_are_gone_is_a_class_all_the_same(tmp_path: Path) -> None:
    rows = [{**row, "credentials_file": f"blocks/{row['student_id']}.txt"} for row in ROWS]
    with desk(roster(tmp_path, rows), None) as opened:
        assert opened.student("s02").state()["state"] == "idle"
        assert end(opened)[0] == 0
    summary = read_json(tmp_path / "results" / "summary.json")
    assert (summary["students"], summary.get("absent")) == (0, None)
    batch = grader_here("batch", "class.csv", "--resume", cwd=tmp_path)
    assert batch.returncode == 2
    assert "There is no such file." in batch.stderr


@pytest.mark.slow
def test_a_mark_written_while_a_desk_is_at_work_counts_from_the_next_start(tmp_path: Path) -> None:
    class_csv, results = roster(tmp_path, ROWS), tmp_path / "results"
    mark = ["s01", "total", "12", "--why", "Oral."]
    with desk(class_csv, None) as opened:
        refused = grader_here("override", results, *mark, cwd=tmp_path)
        assert refused.returncode == 2
        told = (
            "a desk is ended with Ctrl-C. Or write the line into overrides.csv: it counts from the"
        )
        assert told in refused.stderr
        assert "--out" not in refused.stderr
        lines = "student_id,criterion,points,why\ns01,total,12,Oral.\n"
        (results / "overrides.csv").write_text(lines)
        assert end(opened)[0] == 0
    with desk(class_csv, None) as opened:
        assert end(opened)[0] == 0
    assert read_report(results / "students/s01/report.json").score == 12
    assert (results / "overrides.csv").read_text() == lines


@pytest.mark.slow
def test_another_desk_of_the_class_keeps_the_links_of_the_first(tmp_path: Path) -> None:
    class_csv = roster(tmp_path, ROWS)
    with desk(class_csv, None) as opened:
        first = opened.links["s01"]
    with desk(class_csv, None, "--out", tmp_path / "other") as opened:
        told = read_to(opened.process.stderr, "What was there before is kept in ")
        kept = tmp_path / told.rpartition("kept in ")[2].strip().rstrip(".")
        assert opened.links["s01"] != first
        assert first in kept.read_text()
    with desk(class_csv, None) as opened:
        assert opened.links["s01"].rpartition("/")[2] == first.rpartition("/")[2]
