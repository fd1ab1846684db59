"""A machine that has no more files, threads or memory: one sentence, an end, and nothing left behind."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.own_checks import HANG, write_checks
from tests.polling import wait_for
from tests.programs import LIMIT_S, background, command, run

resource = pytest.importorskip("resource")

STORED = Path(__file__).parent / "results" / "stored-0.1.0"
NOWHERE = "http://127.0.0.1:9"
LIMITED = """
import resource, sys
from grader.cli import main
resource.setrlimit(getattr(resource, sys.argv[1]), (int(sys.argv[2]), int(sys.argv[3])))
sys.argv[1:] = sys.argv[4:]
main()
"""
NO_THREAD = """
import sys, threading
start = threading.Thread.start
def refuse(thread):
    if thread.name.startswith("{name}"):
        raise RuntimeError("can't start new thread")
    start(thread)
threading.Thread.start = refuse
from grader.cli import main
main()
"""


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STORED, tmp_path / "stored"))


def limited(name: str, soft: int, hard: int, *arguments: str | Path) -> tuple[int, str, str]:
    words = [name, str(soft), str(hard), *map(str, arguments)]
    done = run([sys.executable, "-c", LIMITED, *words], limit_s=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("name", "most", "sentence"),
    [("RLIMIT_NOFILE", 10, "No more files may be open"), ("RLIMIT_AS", 110_000 * 1024, "emory is")],
)
def test_a_limit_of_the_machine_is_one_sentence(
    stored: Path, name: str, most: int, sentence: str
) -> None:
    status, _, told = limited(name, most, most, "regrade", stored)
    assert (status, told.count("\n")) == (3, 1), told
    assert sentence in told
    assert "give the command again" in told


@pytest.mark.slow
def test_the_soft_limit_of_files_is_raised_for_judging_too(stored: Path) -> None:
    status, shown, told = limited("RLIMIT_NOFILE", 10, 256, "regrade", stored)
    assert (status, "13 reports" in told) == (3, True), told
    assert shown


def test_regrading_ends_where_a_thread_on_which_it_waits_cannot_start(stored: Path) -> None:
    line = [sys.executable, "-c", NO_THREAD.format(name="judge"), "regrade", str(stored)]
    done = run(line, limit_s=60)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1), done.stderr
    assert "No more processes or threads" in done.stderr


def test_a_batch_ends_there_too_and_says_how_to_go_on(tmp_path: Path) -> None:
    roster = "student_id,aws_access_key_id,aws_secret_access_key\ns1,AKIAIOSFODNN7EXAMPLE,secret\n"
    (tmp_path / "class.csv").write_text(roster)
    no_visit = NO_THREAD.format(name="observe")
    line = [sys.executable, "-c", no_visit, "batch", "class.csv", "--endpoint-url", NOWHERE]
    done = run(line, cwd=tmp_path, limit_s=60)
    assert done.returncode == 3
    assert "No more processes or threads" in done.stderr
    assert "--resume" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_regrading_heeds_what_asks_it_to_end(stored: Path, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    own = f"""
@check("own", on="function")
def test_own(function):
    open({str(begun)!r}, "w").close()
    {HANG}
"""
    checks = write_checks(tmp_path / "checks", own)
    rubric = tmp_path / "rubric.yaml"
    last = "  - {id: own, title: Own, check: own, on: sum, points: 1}\n"
    rubric.write_text((stored / "rubric.yaml").read_text().rstrip() + "\n" + last)
    line = command("regrade", stored, "--rubric", rubric, "--checks", checks)
    with background(line) as process:
        wait_for(begun.exists)
        process.terminate()
        _, told = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, "Interrupted." in told) == (130, True), told
