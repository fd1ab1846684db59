"""A judge's worker process: what it does before its first task, and its two tasks.

pytest is imported only where it runs.
"""

from __future__ import annotations

import gc
import io
import os
import shutil
import signal
import sys
import tempfile
import warnings
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, TYPE_CHECKING, NoReturn

import msgspec

from grader import signals as interrupts
from grader.i18n.language import speak
from grader.judging.frames import read_frame, write_frame
from grader.judging.note import Note
from grader.judging.worker_tasks import (
    Collecting,
    Failed,
    FoundChecks,
    FoundOutcomes,
    Judging,
)
from grader.model.machine_limit import limit_reached
from grader.safety.printable import printable, printable_lines
from grader.safety.redact import redact
from grader.safety.trace import trace_of, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRIES = 20
_TRY_AGAIN_S = 0.1
_SAID = 500
"""Characters of what an error of ours says."""


class _PrintableStream(io.TextIOWrapper):
    """Standard error for checks: what they print of a student does nothing to a terminal."""

    def write(self, text: str, /) -> int:
        """Write ``text``, with what could act made visible."""
        super().write(printable_lines(text))
        return len(text)


_tasks = msgspec.msgpack.Decoder(Collecting | Judging)
_note: Note | None = None


def main() -> None:
    """Answer what is asked at standard input, at standard output, until it ends.

    Arguments: a folder of its own, and the language in which is said what is wrong with check files.
    Both ways it is msgpack, so that no check's objects reach the parent.
    """
    folder, lang = Path(sys.argv[1]), sys.argv[2]
    del sys.argv[1:]
    # Copies that nothing which a check starts inherits: the parent sees the end of them when this ends.
    asked, answers = os.fdopen(_own_copy(0), "rb"), os.fdopen(_own_copy(1), "wb")
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _close_all(asked.fileno(), answers.fileno()))
    prepare(folder, lang)
    tasks = SimpleQueue[bytes]()
    Thread(target=_listen, args=(asked, tasks, folder.parent), name="parent", daemon=True).start()
    while True:
        answer = _answer(tasks.get())
        _flush()  # what checks printed is there before what they say
        _take_the_streams()  # a check may have closed one, and the next session writes there
        write_frame(answers, answer)
        _collect_garbage()


def _collect_garbage() -> None:
    """Free what a session left. Its objects are in circles, and would be found after hundreds of them.

    What is there when the first task is done stays for good, and is not looked at again.
    """
    gc.collect()
    if not gc.get_freeze_count():
        gc.freeze()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with suppress(
            OSError, ValueError, AttributeError
        ):  # a check may have closed or replaced it
            stream.flush()  # type: ignore[union-attr]


def _own_copy(descriptor: int) -> int:
    copy = os.dup(descriptor)
    os.set_inheritable(copy, False)
    return copy


def _close_all(*descriptors: int) -> None:
    for descriptor in descriptors:
        with suppress(OSError):
            os.close(descriptor)


def _answer(asked: bytes) -> bytes:
    try:
        task = _tasks.decode(asked)
        answer = _collect(task) if isinstance(task, Collecting) else _judge(task)
        return msgspec.msgpack.encode(answer)
    except Exception as error:  # noqa: BLE001 - the parent raises it
        said = printable(redact(f"{type(error).__name__}: {words_of(error)}", _SAID))
        return msgspec.msgpack.encode(Failed(said, trace_of(error), limit_reached(error)))


def prepare(folder: Path, lang: str) -> None:
    """Make this process fit to run anybody's checks. ``folder`` is its own, in the judge's; what is
    wrong with check files is said in the language ``lang``.

    It ignores Ctrl-C (the parent ends it), reads nothing from the terminal, and whatever is printed goes
    to standard error, where it cannot act on the terminal.
    """
    global _note  # noqa: PLW0603 - a worker process has one
    interrupts.ignore([signal.SIGINT])
    speak(lang)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    _take_the_streams()
    sys.dont_write_bytecode = True  # an author's folder stays as it is
    gc.set_threshold(50_000)  # a session makes many objects, hardly any in cycles
    _note = Note(folder / "note")
    tempfile.tempdir = str(folder)  # what is left there goes with it

    import pytest

    # `return a == b` would pass whatever it says.
    warnings.filterwarnings("error", category=pytest.PytestReturnNotNoneWarning)


def _take_the_streams() -> None:
    for name in ("stdout", "stderr", "__stdout__", "__stderr__"):
        setattr(sys, name, _printable_stream())


def _printable_stream() -> _PrintableStream:
    raw = open(2, "wb", closefd=False)  # noqa: SIM115 - for as long as the process lives
    return _PrintableStream(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)


def _collect(task: Collecting) -> FoundChecks:
    from grader.judging import collection

    found = collection.collect(_paths(task.files), _prepared(), task.limit_s)
    checks = {
        _text(name): replace(info, name=_text(info.name), file=_text(info.file))
        for name, info in found.checks.items()
    }
    problems = [
        replace(each, file=_text(each.file), message=_text(each.message)) for each in found.problems
    ]
    return FoundChecks(checks, problems)


def _judge(task: Judging) -> FoundOutcomes:
    from grader.judging import judge_session as session

    with _quiet() if task.quiet else nullcontext():
        outcomes = session.judge(
            _paths(task.files),
            task.rubric,
            task.observations,
            without=task.without,
            note=_prepared(),
            limit_s=task.limit_s,
        )
    return FoundOutcomes(outcomes)


def _paths(files: list[bytes]) -> list[Path]:
    return [Path(os.fsdecode(file)) for file in files]


def _text(words: str) -> str:
    """``words`` with what is no character written out: halves of pairs, bytes of a file's name."""
    return words.encode("utf-8", "backslashreplace").decode()


@contextmanager
def _quiet() -> Iterator[None]:
    """Standard output and standard error, of programs that are started too, go nowhere."""
    _flush()
    kept = [os.dup(1), os.dup(2)]
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        yield
    finally:
        _flush()
        for number, descriptor in enumerate(kept, 1):
            os.dup2(descriptor, number)
        for descriptor in (*kept, nothing):
            os.close(descriptor)


def _listen(asked: IO[bytes], tasks: SimpleQueue[bytes], folder: Path) -> NoReturn:
    """Pass on each task; once the parent is gone, end the process, whatever runs, and remove ``folder``.

    That the parent's end of the pipe was closed may be the last that it did: ``folder`` goes too.
    """
    try:
        while (task := read_frame(asked)) is not None:
            tasks.put(task)
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            _remove_at_last(folder)
    finally:
        os._exit(0)  # without it, whoever asks would wait for ever


def _remove_at_last(folder: Path) -> None:
    """Remove the folder, and try again while other workers or a check still write into it."""
    from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_fixed

    def left() -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        return folder.exists()

    Retrying(
        retry=retry_if_result(bool),
        stop=stop_after_attempt(_TRIES),
        wait=wait_fixed(_TRY_AGAIN_S),
        retry_error_callback=lambda _: None,
    )(left)


def _prepared() -> Note:
    if _note is None:
        raise RuntimeError("the worker was not prepared")
    return _note
