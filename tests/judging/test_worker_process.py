"""A judge's worker process, asked by pipes: what ends it, and what it leaves."""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from grader.judging import pool
from grader.judging.frames import LONGEST_MESSAGE, read_frame, write_frame
from grader.judging.worker_process import WorkerProcess
from grader.judging.worker_tasks import Collecting, FoundChecks
from grader.model.machine_limit import WorkerDied, WorkerFailed
from grader.safety.trace import trace_of
from tests.alike import alike
from tests.judges import Judge
from tests.judging.test_pool import rubric_for
from tests.observations import reference
from tests.own_checks import GENEROUS_S, HANG
from tests.polling import until
from tests.programs import run

if TYPE_CHECKING:
    from tests.own_checks import Write

PIPES = Path("/proc/self/fd")
GOOD = """
@check("good", on="function")
def test_good(function):
    assert function
"""


def open_files() -> Counter[str]:
    found = Counter[str]()
    for each in PIPES.iterdir():
        with suppress(FileNotFoundError):  # that of the folder itself
            found[str(each.readlink())] += 1
    return found


def asked(folder: Path) -> bytes:
    files = [os.fsencode(file) for file in sorted(folder.glob("check_*.py"))]
    assert files
    return msgspec.msgpack.encode(Collecting(files, GENEROUS_S))


def test_a_message_is_read_whole_or_not_at_all() -> None:
    stream = io.BytesIO()
    write_frame(stream, b"abc")
    write_frame(stream, b"")
    whole = stream.getvalue()
    stream.seek(0)
    assert [read_frame(stream) for _ in range(3)] == [b"abc", b"", None]
    for length in (*range(11), *range(12, len(whole))):
        cut = io.BytesIO(whole[:length])
        assert [read_frame(cut), read_frame(cut)] == [b"abc" if length > 10 else None, None]


def test_what_is_no_message_fills_no_memory() -> None:
    said = b"warning: something else printed here"
    assert int.from_bytes(said[:8], "little") > LONGEST_MESSAGE
    assert read_frame(io.BytesIO(said)) is None


def test_what_dies_of_a_task_is_started_again_for_the_next(write: Write, tmp_path: Path) -> None:
    process = WorkerProcess(tmp_path / "0")
    try:
        # What is no task is answered too, and kills nobody.
        assert b"Failed" in process.call(b"no task of ours" * 100_000)
        deadly = asked(write("import os\nos._exit(3)\n"))
        with pytest.raises(WorkerDied):
            process.call(deadly)
        assert b"FoundChecks" in process.call(asked(write(GOOD)))
    finally:
        process.end()
        process.wait()
    with pytest.raises(CancelledError):
        process.call(b"")


@pytest.mark.skipif(not PIPES.exists(), reason="the system shows no open files")
def test_it_leaves_no_process_and_no_pipe(write: Write, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    before = open_files()
    resting, busy = WorkerProcess(tmp_path / "0"), WorkerProcess(tmp_path / "1")
    with ThreadPoolExecutor(1) as threads:
        resting.call(asked(write(GOOD)))
        hangs = write(f"open({str(begun)!r}, 'w').close()\n{HANG}\n")
        waits = threads.submit(busy.call, asked(hangs))
        until(begun.exists)
        started = [each._process for each in (resting, busy)]
        for each in (resting, busy):
            each.end()
        with pytest.raises(WorkerDied):
            waits.result(timeout=120)
        for each in (resting, busy):
            each.wait()
    assert all(process is not None and process.returncode is not None for process in started)
    assert open_files() <= before  # others of this process may be closed meanwhile


@pytest.mark.parametrize(
    "closes",
    alike(
        [
            "sys.stdout.close()",
            "sys.stderr = None",
            "sys.__stdout__ = object()",
            "os.dup2(os.open(os.devnull, os.O_RDONLY), 1)",
        ]
    ),
)
def test_a_check_that_closes_what_it_prints_to_is_alone_with_it(write: Write, closes: str) -> None:
    folder = write(f"""
@check("closing", on="function")
def test_closing(function):
    {closes}

@check("good", on="function")
def test_good(function):
    assert function
""")
    rubric = rubric_for("closing", "good")
    with Judge([folder], workers=1, limit_s=GENEROUS_S) as judge:
        # Quiet, as the first partial report of a check is.
        first = judge.submit(rubric, [reference()] * 3, quiet=True).result()
        again = judge.judge(rubric, [reference()] * 3)
    assert {one.outcome for found in (*first, *again) for one in found[:1]} == {"passed"}
    assert {one.outcome for found in (*first, *again) for one in found[2:]} == {"passed"}


def test_words_that_nobody_can_write_are_told_all_the_same(write: Write) -> None:
    folder = write("raise ValueError('half of a pair: \\ud800')\n")
    with Judge([folder], workers=1, limit_s=GENEROUS_S) as judge:
        (problem,) = judge.survey().problems
    assert "half of a pair: \\ud800" in problem.message


def test_what_a_check_says_of_itself_is_text(write: Write) -> None:
    folder = write("""
@check("bad", on="function", explains=["functions"])
def test_bad(function):
    pass
""")
    with Judge([folder], workers=1, limit_s=GENEROUS_S) as judge:
        (problem,) = judge.survey().problems
    assert "name the family as text" in problem.message


DEAF = """
import sys, threading
from pathlib import Path
from queue import SimpleQueue
from grader.judging import worker
class NoRoom:
    def read(self, _length):
        raise MemoryError
threading.Thread(target=worker._listen, args=(NoRoom(), SimpleQueue(), Path(sys.argv[1]))).start()
threading.Event().wait()
"""


def test_a_worker_that_cannot_listen_any_more_ends(tmp_path: Path) -> None:
    """Whoever asked would wait for ever otherwise."""
    done = run([sys.executable, "-c", DEAF, str(tmp_path / "folder")], limit_s=120)
    assert done.returncode == 0


def test_why_a_worker_failed_is_legible_where_its_parent_says_so(tmp_path: Path) -> None:
    process = WorkerProcess(tmp_path / "worker")
    try:
        with pytest.raises(WorkerFailed) as failed:
            pool._answered(process, "no task" * 100, FoundChecks)  # type: ignore[arg-type]
    finally:
        process.end()
        process.wait()
    reason = "ValidationError: Expected `object`, got `str`"
    assert str(failed.value) == reason
    shown = trace_of(failed.value).splitlines()
    assert shown[-1] == reason
    assert any("judging/worker.py" in line and line.endswith("in _answer") for line in shown)
