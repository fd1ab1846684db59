"""A judge's worker process: what it does before its first task, and its two tasks.

Imported by the parent too, to name the tasks: pytest is imported only where they run.
"""

from __future__ import annotations

import gc
import io
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import warnings
from contextlib import contextmanager, nullcontext
from threading import Thread
from typing import TYPE_CHECKING

import msgspec
from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_fixed

from grader import signals as interrupts
from grader.i18n.language import speak
from grader.judging.note import Note
from grader.model.observation import Observation  # noqa: TC001 - msgspec reads it
from grader.model.outcome import Outcome
from grader.rubric.load import Rubric  # noqa: TC001 - msgspec reads it
from grader.safety.printable import printable_lines
from grader.safety.start_environment import erase_from_start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.model.outcome import Collected

_TRIES = 20
_TRY_AGAIN_S = 0.1


class _PrintableStream(io.TextIOWrapper):
    """Standard error for checks: what they print of a student does nothing to a terminal."""

    def write(self, text: str, /) -> int:
        """Write ``text``, with what could act made visible."""
        super().write(printable_lines(text))
        return len(text)


class Task(msgspec.Struct, frozen=True):
    """What a worker is asked to judge. ``without`` are (criterion, observation) to leave out.

    ``hushed``: what checks print goes nowhere, and why one failed itself: it is judged again.
    """

    rubric: Rubric
    observations: list[Observation]
    without: list[tuple[int, int]]
    hushed: bool = False


_tasks = msgspec.msgpack.Decoder(Task)
_outcomes = msgspec.msgpack.Decoder(list[list[Outcome]])
_note: Note | None = None


def prepare(folder: Path, lang: str) -> None:
    """Make this process fit to run anybody's checks. ``folder`` is its own, in the judge's; what is
    wrong with check files is said in the language ``lang``.

    The parent ends this process and removes the folder; where it died before it could, the process
    does both itself.

    It ignores Ctrl-C (the parent ends it), holds no credentials and none of the user's pytest
    options, reads nothing from the terminal, and whatever is printed goes to standard error, where it
    cannot act on the terminal.
    """
    global _note  # noqa: PLW0603 - a worker process has one
    interrupts.ignore([signal.SIGINT])
    speak(lang)
    Thread(target=_outlive_no_parent, args=(folder.parent,), name="parent", daemon=True).start()
    erase_from_start("AWS_")
    for name in [name for name in os.environ if name.startswith(("PYTEST_", "AWS_"))]:
        del os.environ[name]
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    for name in ("stdout", "stderr", "__stdout__", "__stderr__"):
        setattr(sys, name, _printable_stream())
    sys.dont_write_bytecode = True  # an author's folder stays as it is
    gc.set_threshold(50_000)  # a session makes many objects, hardly any in cycles
    _note = Note(folder / "note")
    tempfile.tempdir = str(folder)  # what is left there goes with it

    import pytest

    # `return a == b` would pass whatever it says.
    warnings.filterwarnings("error", category=pytest.PytestReturnNotNoneWarning)


def _printable_stream() -> _PrintableStream:
    raw = open(2, "wb", closefd=False)  # noqa: SIM115 - for as long as the process lives
    return _PrintableStream(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)


def collect(files: list[Path], limit_s: float) -> Collected:
    """The checks in ``files``, and what is wrong with them."""
    from grader.judging import collection

    return collection.collect(files, _prepared(), limit_s)


def judge(files: list[Path], task: bytes, limit_s: float) -> bytes:
    """Do a :class:`Task`. Both ways it is msgpack, so that no check's objects reach the parent."""
    from grader.judging import judge_session as session

    asked = _tasks.decode(task)
    with _hushed() if asked.hushed else nullcontext():
        outcomes = session.judge(
            files,
            asked.rubric,
            asked.observations,
            without=asked.without,
            note=_prepared(),
            limit_s=limit_s,
        )
    return msgspec.msgpack.encode(outcomes)


@contextmanager
def _hushed() -> Iterator[None]:
    """Standard output and standard error, of programs that are started too, go nowhere."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, descriptor in enumerate(kept, 1):
            os.dup2(descriptor, number)
        for descriptor in (*kept, nothing):
            os.close(descriptor)


def decode(outcomes: bytes) -> list[list[Outcome]]:
    """What :func:`judge` returned."""
    return _outcomes.decode(outcomes)


def _outlive_no_parent(folder: Path) -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()

    def left() -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        return folder.exists()

    # Other workers, or a check, may still be writing there.
    Retrying(
        retry=retry_if_result(bool),
        stop=stop_after_attempt(_TRIES),
        wait=wait_fixed(_TRY_AGAIN_S),
        retry_error_callback=lambda _: None,
    )(left)
    os._exit(1)


def _prepared() -> Note:
    if _note is None:
        raise RuntimeError("the worker was not prepared")
    return _note
